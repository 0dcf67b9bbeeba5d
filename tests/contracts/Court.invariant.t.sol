// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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
        bytes4[15] memory all = [
            CourtHandler.claim.selector,
            CourtHandler.redeem.selector,
            CourtHandler.equivocate.selector,
            CourtHandler.openDispute.selector,
            CourtHandler.answerRoot.selector,
            CourtHandler.timeoutDispute.selector,
            CourtHandler.ask.selector,
            CourtHandler.timeoutDemand.selector,
            CourtHandler.refund.selector,
            CourtHandler.defer.selector,
            CourtHandler.finalise.selector,
            CourtHandler.release.selector,
            CourtHandler.collect.selector,
            CourtHandler.exitOrWithdraw.selector,
            CourtHandler.pass.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = new bytes4[](15);
        for (uint256 i = 0; i < 15; ++i) targets[0].selectors[i] = all[i];
    }

    /// One verdict per (channel, seq), and no slash without one.
    function invariant_oneVerdictAndNoSlashWithout() external view {
        for (uint64 i = 0; i < 8; ++i) {
            vm.assertLe(_handler.verdicts(i), 1, "one verdict");
        }
        vm.assertEq(_handler.slashes(), 0, "no slash without a verdict");
    }

    /// Fees sum to zero: what came in is held until somebody collects it.
    function invariant_etherIsConserved() external view {
        vm.assertEq(_handler.etherHeld(), _handler.etherIn(), "ether");
    }

    /// Whatever is split, refunded or slashed: what a channel has paid is in batches or earned.
    function invariant_escrowIsConserved() external view {
        (uint256 sum, uint256 paid) = _handler.escrowed();
        vm.assertEq(sum, paid, "escrow");
    }

    /// A bond moves to its provider, to burning or to shares; nothing appears.
    function invariant_bondIsConserved() external view {
        (uint256 held, uint256 known) = _handler.tokenBalances();
        vm.assertEq(held, known, "bond");
    }

    /// The handler's own check: what is meant to happen does.
    function test_handlerReachesEveryMove() external {
        _handler.claim(0, 7);
        _handler.finalise(1);
        _handler.openDispute(2);
        _handler.defer(0, 0, 500);
        _handler.equivocate(3);
        _handler.refund(3, 0, 400);
        for (uint256 i = 0; i < 3; ++i) vm.assertEq(_handler.moved(i), 1, "moved");
        _handler.release(1);
        (uint256 sum, uint256 paid) = _handler.escrowed();
        vm.assertEq(sum, paid, "escrow");
        vm.assertEq(_handler.verdictCount(), 1, "verdict");
    }

    function invariant_refundsNeverExceedTheCase() external view {
        for (uint64 i = 0; i < 8; ++i) {
            vm.assertLe(
                _handler.caseAt(i).refunded, _handler.caseAt(i).refundable, "refunds"
            );
        }
    }
}
