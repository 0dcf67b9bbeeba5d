// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CaseState} from "contracts/types/Verdict.sol";
import {Test} from "./base/Test.sol";
import {CourtHandler} from "./handlers/CourtHandler.sol";

/// @notice What no sequence of claims, demands, disputes, proofs, exits and refunds can break.
contract CourtInvariantTest is Test {
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
        bytes4[20] memory all = [
            CourtHandler.claim.selector,
            CourtHandler.redeem.selector,
            CourtHandler.equivocate.selector,
            CourtHandler.openDispute.selector,
            CourtHandler.answerRoot.selector,
            CourtHandler.wantInput.selector,
            CourtHandler.showInput.selector,
            CourtHandler.timeoutDispute.selector,
            CourtHandler.ask.selector,
            CourtHandler.timeoutDemand.selector,
            CourtHandler.showReceipt.selector,
            CourtHandler.showSmaller.selector,
            CourtHandler.refund.selector,
            CourtHandler.defer.selector,
            CourtHandler.finalise.selector,
            CourtHandler.release.selector,
            CourtHandler.collect.selector,
            CourtHandler.collectFees.selector,
            CourtHandler.exitOrWithdraw.selector,
            CourtHandler.pass.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) targets[0].selectors[i] = all[i];
    }

    /// One verdict by proof or silence and one for being late per (channel, seq); no slash without
    /// one, none of more than it takes.
    function invariant_verdicts() external view {
        for (uint64 i = 0; i < 8; ++i) {
            vm.assertLe(_handler.verdicts(i), 1, "one verdict");
            vm.assertLe(_handler.lates(i), 1, "late once");
        }
        vm.assertEq(_handler.slashes(), 0, "no slash without a verdict");
    }

    /// Whatever is split, refunded, slashed or prepaid is somewhere, once.
    function invariant_courtMoney() external view {
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
        for (uint64 i = 0; i < 8; ++i) {
            CaseState memory c = _handler.caseAt(i);
            vm.assertLe(_handler.refunds(i), c.refundable, "refunds");
            vm.assertLe(c.refundable, _handler.caseLimit(), "refundable");
            // The value of a part of a claim is a difference of floors.
            vm.assertLe(c.moved, _handler.caseLimit() + 1, "moved");
        }
    }

    /// R12: acks and claims, whole, in parts and again, redeem the most of them; and what claims
    /// paid is never more than what was redeemed.
    function invariant_claimPartition() external view {
        vm.assertEq(_handler.redeemed(), _handler.most(), "the maximum");
        (uint256 sum, uint256 paid) = _handler.claimedSum();
        vm.assertLe(sum, paid, "parts");
    }

    /// The handler's own check: what is meant to happen does.
    function test_handlerReachesEveryMove() external {
        _handler.claim(0, 7);
        _handler.finalise(1);
        _handler.openDispute(2, true);
        _handler.openDispute(2, false);
        _handler.wantInput(1);
        _handler.showInput(1);
        _handler.defer(0, 0, 500);
        _handler.equivocate(3);
        _handler.showReceipt(3, 900);
        _handler.refund(3, 0, 400);
        for (uint256 i = 0; i < 4; ++i) vm.assertEq(_handler.moved(i), 1, "moved");
        _handler.release(1);
        (uint256 sum, uint256 paid) = _handler.escrowed();
        vm.assertEq(sum, paid, "escrow");
        vm.assertEq(_handler.verdicts(3), 1, "verdict");
        _handler.pass(uint256(1 days));
        _handler.ask(9);
        _handler.pass(uint256(2 days));
        _handler.pass(uint256(2 days));
        _handler.timeoutDemand(9);
    }
}
