// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter, State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice The queue protects a node that has much to run again. It is no hiding place of one that
/// was convicted, and no means of one's own strangers to keep others waiting.
contract CourtFallenTest is DescentFixture {
    /// A hundred wrong orders, all disputed on one day: after the first verdict none waits.
    function test_fallen_noneWaitsForItAnyMore() external {
        uint256 count = 20;
        Matter[] memory all = new Matter[](count);
        for (uint64 i = 0; i < count; ++i) (, all[i]) = _open(i + 1, holder);
        vm.assertTrue(_state(2) == State.Queued && _state(20) == State.Queued, "19 wait");
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.WrongMove.selector, State.WantRoot)
        );
        disputes.start(1, all[0]);
        disputes.start(5, all[4]);
        vm.assertTrue(_state(5) == State.Queued, "not its turn");
        vm.warp(NOW + 4 days);
        disputes.timeout(1, all[0]);
        for (uint256 i = 2; i < count; ++i) {
            vm.prank(stranger);
            disputes.start(i + 1, all[i]);
        }
        vm.warp(NOW + 8 days);
        for (uint256 i = 1; i < count; ++i) disputes.timeout(i + 1, all[i]);
        for (uint64 i = 0; i < count; ++i) {
            vm.assertTrue(theCourt.caseOf(channel, i + 1).convicted, "all of them");
        }
        (uint256 id,) = _open(99, holder);
        vm.assertTrue(_state(id) == State.WantRoot, "nor does a new one");
        vm.warp(NOW + 9 days);
        (id,) = _open(98, spend);
        vm.assertTrue(_state(id) == State.WantRoot, "nor the next");
    }

    /// Of a late node the others are not proven wrong: it may need its time.
    function test_fallen_lateIsNot() external {
        vm.warp(uint256(DEADLINE) + 1);
        Order memory o = graphOrder(7);
        _ask(o);
        vm.warp(block.timestamp + 3 days + 1);
        claims.timeout(class, terms, 7);
        vm.assertTrue(theCourt.condemned(node) && !theCourt.fallen(node), "late only");
        _open(1, holder);
        (uint256 id, Matter memory m) = _open(2, holder);
        vm.assertTrue(_state(id) == State.Queued, "waits");
        disputes.start(id, m);
        vm.assertTrue(_state(id) == State.Queued, "still");
    }

    /// Any number of a cheater's strangers on one order: one re-execution answers them all.
    function test_queue_openingsOfOneOrderBeginTogether() external {
        _toEverybody();
        for (uint160 i = 1; i < 6; ++i) {
            address who = address(0xbeef00 + i);
            vm.deal(who, 1 ether);
            (uint256 id,) = _open(1, who);
            vm.assertTrue(_state(id) == State.WantRoot, "begins");
        }
        (uint256 honest, Matter memory m) = _open(2, stranger);
        vm.assertTrue(_state(honest) == State.Queued, "another order waits");
        Matter memory first = matterOf(
            graphOrder(1), receiptOf(graphOrder(1), 0), TRACE, address(0xbeef01)
        );
        disputes.answerRoot(1, first, traceOf(graphOrder(1), "root"));
        vm.assertTrue(_state(honest) == State.WantRoot, "for one answer only");
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.WrongMove.selector, State.WantRoot)
        );
        disputes.start(honest, m);
    }

    /// Those that waited behind their order begin with it; the others' places stay.
    function test_queue_whoWaitsWithAnotherBeginsWithIt() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        (uint256 b,) = _open(2, holder);
        (uint256 also, Matter memory mAlso) = _open(2, spend);
        (uint256 c, Matter memory mc) = _open(3, holder);
        disputes.start(also, mAlso);
        vm.assertTrue(_state(also) == State.Queued, "not yet");
        disputes.answerRoot(a, ma, traceOf(graphOrder(1), "root"));
        vm.assertTrue(_state(b) == State.WantRoot, "the first of the order");
        disputes.start(also, mAlso);
        vm.assertTrue(_state(also) == State.WantRoot, "and the second");
        vm.warp(NOW + 1 days);
        disputes.start(c, mc);
        vm.assertTrue(_state(c) == State.Queued, "one order at a time");
    }

    /// Whoever comes back to an order that was answered takes a place again: nobody has a node run
    /// many orders at once by that.
    function test_queue_afterItsTurnAnOrderWaitsAgain() external {
        (uint256 a, Matter memory ma) = _open(1, holder);
        (uint256 b, Matter memory mb) = _open(2, holder);
        (uint256 also, Matter memory mAlso) = _open(2, spend);
        _open(3, holder);
        disputes.answerRoot(a, ma, traceOf(graphOrder(1), "root"));
        disputes.answerRoot(b, mb, traceOf(graphOrder(2), "root"));
        disputes.start(also, mAlso);
        vm.assertTrue(_state(also) == State.Queued, "order 3 has its turn");
        (uint256 again,) = _open(1, spend);
        vm.assertTrue(_state(again) == State.Queued, "also order 1");
        Statement memory s = receiptOf(graphOrder(3), 0);
        Matter memory m = matterOf(graphOrder(3), s, TRACE, holder);
        disputes.answerRoot(4, m, traceOf(graphOrder(3), "root"));
        vm.assertTrue(_state(also) == State.WantRoot, "now order 2, again");
        vm.assertTrue(_state(again) == State.Queued, "then order 1");
    }

    /// A Cancel takes no re-execution: it neither waits nor holds anybody up.
    function test_queue_cancelsHoldNoPlace() external {
        _open(1, holder);
        Order memory o = graphOrder(2);
        Statement memory s = receiptOf(o, 0);
        (s.steps, s.outputRoot, s.units) = (0, NOTHING, 0);
        s = signed(s);
        vm.prank(holder);
        uint256 id = challenges.open{value: feeOf(150_000)}(
            brief(o), s, CANCEL, noRecord(), noLeaf()
        );
        vm.assertTrue(_state(id) == State.WantCancel, "at once");
        (uint256 next,) = _open(3, holder);
        vm.assertTrue(_state(next) == State.Queued, "behind order 1");
        disputes.answerCancel(id, matterOf(o, s, CANCEL, holder), cancelOf(o));
        vm.assertTrue(_state(next) == State.Queued, "which has its turn still");
    }

    /// A proof by another way ends what the dispute earns a provider.
    function test_fees_noneWhereTheOrderWasJudged() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(RIGHT)));
        (uint256 id, Matter memory m) = openTrace(o, s, holder);
        disputes.answer(id, m, answerData(id, RIGHT));
        contradictions.equivocation(brief(o), receiptOf(o, "a"), s, noRecord());
        vm.warp(NOW + 4 days);
        disputes.timeout(id, m);
        vm.assertTrue(_state(id) == State.Lapsed, "lapsed");
        vm.assertEq(disputes.credit(provider), 0, "no fee");
        vm.assertEq(disputes.credit(holder), feeOf(150_000), "all back");
    }

    function _toEverybody() private {
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
    }

    function _open(uint64 seq, address who) private returns (uint256 id, Matter memory m) {
        Order memory o = graphOrder(seq);
        return openTrace(o, receiptOf(o, 0), who);
    }

    function _ask(Order memory o) private {
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        Brief memory b = brief(o);
        vm.prank(holder);
        claims.ask{value: 1 ether}(b, DEADLINE, sig, noLeaf());
    }

    function _state(uint256 id) private view returns (State) {
        return disputes.disputeOf(id).state;
    }
}
