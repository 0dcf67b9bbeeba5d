// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CaseState} from "contracts/types/Verdict.sol";
import {Test} from "./base/Test.sol";
import {CourtHandler} from "./handlers/CourtHandler.sol";

/// @notice What no sequence of claims, demands, disputes, proofs, exits and refunds can break.
contract CourtInvariantTest is Test {
    /// @dev Of the handler's `did`.
    uint256 private constant ACTIONS = 22;

    CourtHandler private _handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() external {
        _handler = new CourtHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: _handler.actions()});
    }

    /// How often each action did something, for test.mjs to add up.
    function afterInvariant() external {
        string[ACTIONS] memory names = _actions();
        string memory line = "";
        for (uint256 i = 0; i < ACTIONS; ++i) {
            string memory times = vm.toString(_handler.did(bytes32(bytes(names[i]))));
            line = string.concat(line, names[i], "=", times, " ");
        }
        vm.writeLine("src/contracts/cache/did-court.txt", line);
    }

    /// One campaign for all of them: a run is worth more than the look at it.
    function invariant_court() external view {
        _verdicts();
        _courtMoney();
        _claimPartition();
    }

    /// One verdict by proof or silence and one for being late per (channel, seq); no slash without
    /// one, none of more than it takes.
    function _verdicts() private view {
        for (uint64 i = 0; i < _handler.ORDERS(); ++i) {
            vm.assertTrue(_handler.isTold(i), "told");
        }
        vm.assertEq(_handler.again(), 0, "one verdict");
        vm.assertEq(_handler.slashes(), 0, "no slash without a verdict");
    }

    /// Whatever is split, refunded, slashed or prepaid is somewhere, once.
    function _courtMoney() private view {
        // Fees sum to zero: what came in was collected, is credited, or waits for its answer.
        uint256 ether_ = _handler.etherIn() - _handler.etherOut();
        vm.assertEq(_handler.etherHeld(), ether_, "ether");
        vm.assertEq(_handler.etherOwed(), ether_, "fees");
        // What a channel has paid is in batches or earned.
        (uint256 sum, uint256 paid) = _handler.escrowed();
        vm.assertEq(sum, paid, "escrow");
        // A bond moves to its provider, to burning or to shares.
        (sum, paid) = _handler.tokenBalances();
        vm.assertEq(sum, paid, "bond");
        for (uint64 i = 0; i < _handler.ORDERS(); ++i) {
            CaseState memory c = _handler.caseAt(i);
            vm.assertLe(_handler.refunds(i), c.refundable, "refunds");
            vm.assertLe(c.refundable, _handler.caseLimit(), "refundable");
            // The value of a part of a claim is a difference of floors.
            vm.assertLe(c.moved, _handler.caseLimit() + 1, "moved");
        }
    }

    /// R12: acks and claims, whole, in parts and again, redeem the most of them; and what claims
    /// paid is never more than what was redeemed.
    function _claimPartition() private view {
        vm.assertEq(_handler.redeemed(), _handler.most(), "the maximum");
        (uint256 sum, uint256 paid) = _handler.claimedSum();
        vm.assertLe(sum, paid, "parts");
    }

    /// The handler's own check: what is meant to happen does. Here is each action that can do
    /// something, and what it takes.
    function test_handlerReachesEveryMove() external {
        _handler.claim(0, 6);
        _handler.redeem(7_500);
        _handler.finalise(1);
        _handler.openDispute(2, true);
        _handler.openDispute(2, false);
        _handler.openDispute(1, true);
        _handler.wantInput(1);
        _handler.showInput(1);
        _handler.answerRoot(0);
        _handler.defer(0, 0, 500);
        _handler.showSmaller(5, 10);
        _handler.pass(uint256(2 hours + 1));
        _handler.ask(7);
        for (uint256 i = 0; i < 4; ++i) _handler.pass(uint256(1 days - 1));
        _handler.exitOrWithdraw(true);
        _handler.timeoutDemand(7);
        _handler.equivocate(3);
        _handler.showReceipt(3, 900);
        _handler.refund(3, 0, 400);
        _handler.timeoutDispute(0);
        _handler.collectFees(0);
        for (uint256 i = 0; i < 4; ++i) _handler.pass(6);
        _handler.release(1);
        _handler.collect(0);
        string[ACTIONS] memory names = _actions();
        // A bond that verdicts have taken is not withdrawn.
        for (uint256 i = 0; i + 1 < ACTIONS; ++i) {
            vm.assertGt(_handler.did(bytes32(bytes(names[i]))), 0, names[i]);
        }
        this.invariant_court();
    }

    function test_handlerReachesTheWithdrawal() external {
        _handler.exitOrWithdraw(true);
        for (uint256 i = 0; i < 3; ++i) _handler.pass(6);
        _handler.exitOrWithdraw(false);
        vm.assertEq(_handler.did("withdraw"), 1, "withdraw");
        this.invariant_court();
    }

    function _actions() private pure returns (string[ACTIONS] memory) {
        return [
            "claim", "redeem", "equivocate", "open", "answerRoot", "wantInput", "showInput",
            "timeoutDispute", "ask", "timeoutDemand", "showReceipt", "showSmaller", "refund",
            "defer", "finalise", "release", "collect", "collectFees", "exit", "late", "proven",
            "withdraw"
        ];
    }
}
