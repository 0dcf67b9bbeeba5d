// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {IInputs} from "contracts/interfaces/IInputs.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {Matter, State} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice Who waits for whom: nobody's opening holds up, shortens or prolongs another's, but
/// within one line, up to the first answer.
contract CourtQueueTest is DescentFixture {
    bytes32 private _root;

    function setUp() public override {
        super.setUp();
        _root = Grove.list(tensorsOf(RIGHT));
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
    }

    function test_strangersHoldUpOnlyStrangers() external {
        for (uint64 i = 1; i < 4; ++i) _open(i, stranger);
        vm.assertTrue(_state(1) == State.WantNodes && _state(3) == State.Queued, "strangers");
        (uint256 own, Matter memory m) = _open(1, holder);
        vm.assertTrue(_state(own) == State.WantNodes, "the holder's runs at once");
        (uint256 second,) = _open(2, spend);
        vm.assertTrue(_state(second) == State.Queued, "behind the holder's");
        disputes.answer(own, m, answerData(own, RIGHT));
        vm.assertTrue(_state(second) == State.WantNodes, "the next of its own line");
        vm.assertTrue(_state(2) == State.Queued, "not the strangers'");
    }

    /// Appointed by name, a watcher is of the holder's side.
    function test_watcherByNameIsNoStranger() external {
        _open(1, stranger);
        address watcher = makeAddr("watcher");
        vm.deal(watcher, 1 ether);
        vm.prank(holder);
        theCourt.appoint(terms, watcher, true);
        (uint256 id,) = _open(2, watcher);
        vm.assertTrue(_state(id) == State.WantNodes, "runs");
        (id,) = _open(3, holder);
        vm.assertTrue(_state(id) == State.Queued, "one line");
    }

    /// A provider that asks for the input does not hold up the line with it.
    function test_askingForTheInputLetsTheNextBegin() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        (uint256 b, Matter memory mb) = _open(2, holder);
        (uint256 c,) = _open(3, holder);
        vm.prank(provider);
        disputes.wantInput(a, ma);
        vm.assertTrue(_state(b) == State.WantNodes, "b runs");
        disputes.showInput(a, ma, bytesOf(0, RIGHT));
        disputes.answer(a, ma, answerData(a, RIGHT));
        vm.assertTrue(_state(c) == State.Queued, "a has left the line before");
        disputes.answer(b, mb, answerData(b, RIGHT));
        vm.assertTrue(_state(c) == State.WantNodes, "c runs");
    }

    function test_openingThatLapsedWithoutInputHasLeftTheLine() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        (uint256 b,) = _open(2, holder);
        (uint256 c,) = _open(3, holder);
        vm.prank(provider);
        disputes.wantInput(a, ma);
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(a, ma);
        vm.assertTrue(_state(b) == State.WantNodes && _state(c) == State.Queued, "b's turn");
    }

    /// Once for an order: what one dispute's opener has shown, no other's has to show again.
    function test_inputIsShownOnceForAnOrder() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        (uint256 b, Matter memory mb) = _open(1, stranger);
        vm.startPrank(provider);
        disputes.wantInput(a, ma);
        disputes.wantInput(b, mb);
        vm.stopPrank();
        vm.expectRevert(IInputs.InvalidInput.selector);
        disputes.showInput(b, mb, "");
        disputes.showInput(a, ma, bytesOf(0, RIGHT));
        disputes.showInput(b, mb, "");
        vm.assertTrue(_state(b) == State.WantNodes, "nothing more to show");
        vm.warp(NOW + 1 days);
        disputes.answer(a, ma, answerData(a, RIGHT));
        (uint256 c, Matter memory mc) = _open(1, spend);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.WrongMove.selector, State.WantNodes)
        );
        vm.prank(provider);
        disputes.wantInput(c, mc);
    }

    /// An opener that shows nothing takes the question from nobody: a disk may really be lost.
    function test_inputNotShownMayBeAskedForAgain() external {
        (uint256 a, Matter memory ma) = _open(1, stranger);
        vm.prank(provider);
        disputes.wantInput(a, ma);
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(a, ma);
        (uint256 b, Matter memory mb) = _open(1, holder);
        vm.prank(provider);
        disputes.wantInput(b, mb);
        vm.assertTrue(_state(b) == State.WantInput, "asked");
    }

    /// bold#562: a second opener neither shortens nor lengthens the first one's clock.
    function test_secondOpenerMovesNoClock() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        vm.warp(NOW + 1 days);
        (uint256 b, Matter memory mb) = _open(2, spend);
        (uint256 c, Matter memory mc) = _open(1, stranger);
        _endsAt(a, NOW + 3.5 days);
        _endsAt(c, NOW + 4.5 days);
        vm.warp(NOW + 2 days);
        vm.prank(provider);
        disputes.wantInput(c, mc);
        _endsAt(a, NOW + 3.5 days);
        disputes.answer(a, ma, answerData(a, RIGHT));
        _endsAt(a, NOW + 5.5 days);
        vm.warp(NOW + 3 days);
        disputes.answer(b, mb, answerData(b, RIGHT));
        pick(b, mb, toy.BIG(), 0, RIGHT);
        _endsAt(a, NOW + 5.5 days);
        _endsAt(c, NOW + 5.5 days);
        // One day of its own, none of the others'.
        vm.assertEq(disputes.disputeOf(b).spentProvider, 1 days, "its own");
    }

    function _endsAt(uint256 id, uint256 time) private view {
        (, uint256 endsAt,) = disputes.turnOf(id);
        vm.assertEq(endsAt, time, "ends at");
    }

    function _open(uint64 seq, address opener)
        private
        returns (uint256 id, Matter memory m)
    {
        Order memory o = graphOrder(seq);
        return openTrace(o, receiptOf(o, _root), opener);
    }

    function _state(uint256 id) private view returns (State) {
        return disputes.disputeOf(id).state;
    }
}
