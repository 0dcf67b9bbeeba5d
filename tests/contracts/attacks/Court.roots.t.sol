// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Contradictions} from "contracts/courts/Contradictions.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {Dispute, Matter, State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Tree} from "contracts/types/Run.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice A receipt that names no trace, and a trace that is named later: the honest trace of the
/// order hides no output but its own.
contract CourtRootsTest is DescentFixture {
    /// Paid for garbage, asked for the root in the last second, honest only then.
    function test_rootStatedLater_wrongOutputIsConvicted() external {
        (Order memory o, Statement memory s) = _garbage();
        vm.warp(DEADLINE + 14 days);
        (uint256 id, Matter memory m) = openTrace(o, s, holder);
        vm.warp(DEADLINE + 17 days);
        Statement memory stated = traceOf(o, Grove.list(tensorsOf(RIGHT)));
        disputes.answerRoot(id, m, stated);
        contradictions.output(brief(o), s, stated, _members());
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
        vm.assertEq(bondOf(), 0, "slashed");
        // The dispute that brought the root to light is over when its opener's time is.
        m.run.traceRoot = stated.traceRoot;
        vm.warp(DEADLINE + 21 days);
        disputes.timeout(id, m);
        vm.assertEq(disputes.credit(holder), feeOf(150_000), "its fee comes back");
        vm.assertEq(disputes.credit(provider), 0, "a convicted provider keeps none");
    }

    /// Without a dispute that is open, the statute holds.
    function test_rootStatedLater_notAfterTheStatute() external {
        (Order memory o, Statement memory s) = _garbage();
        Statement memory stated = traceOf(o, Grove.list(tensorsOf(RIGHT)));
        Brief memory b = brief(o);
        Contradictions.Member[] memory members = _members();
        vm.warp(DEADLINE + 14 days + 1);
        vm.expectRevert(Provers.CaseOver.selector);
        contradictions.output(b, s, stated, members);
        vm.warp(DEADLINE + 14 days);
        contradictions.output(b, s, stated, members);
    }

    function test_rootStatedLater_isOfTheSameRun() external {
        (Order memory o, Statement memory s) = _garbage();
        Brief memory b = brief(o);
        Statement memory right = traceOf(o, Grove.list(tensorsOf(RIGHT)));
        Contradictions.Member[] memory members = _members();
        Statement memory bad = traceOf(graphOrder(2), right.traceRoot);
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.output(b, s, bad, members);
        bad = traceOf(o, right.traceRoot);
        bad.signature.r = 0;
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.output(b, s, bad, members);
        Statement memory other = s;
        other = receiptOf(graphOrder(2), 0);
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.output(b, other, right, members);
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.output(b, right, right, members);
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.output(b, s, s, members);
        other = receiptOf(o, 0);
        other.steps = 0;
        other = signed(other);
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.output(b, other, right, members);
        // And an honest output is its trace's.
        other = receiptOf(o, 0);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.output(b, other, right, members);
    }

    /// The same for elements of an output, which only a receipt has.
    function test_element_rootIsOfTheSameRun() external {
        (Order memory o, Statement memory s) = _garbage();
        Brief memory b = brief(o);
        Statement memory stated = traceOf(o, "root");
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.element(b, stated, stated, noRecord(), Tree.Output, "");
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.element(b, s, s, noRecord(), Tree.Output, "");
        Statement memory short = traceOf(o, "root");
        short.steps = 7;
        short = signed(short);
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.element(b, s, short, noRecord(), Tree.Output, "");
        short = traceOf(graphOrder(2), "root");
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.element(b, s, short, noRecord(), Tree.Output, "");
    }

    /// Into an output nobody descends without the trace that it has to agree with.
    function test_outputDispute_asksForTheRootFirst() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, 0);
        Matter memory m = matterOf(o, s, OUTPUT, holder);
        vm.prank(holder);
        uint256 id = challenges.open{value: feeOf(150_000)}(
            brief(o), s, OUTPUT, noRecord(), noLeaf()
        );
        vm.assertTrue(disputes.disputeOf(id).state == State.WantRoot, "the root");
        disputes.answerRoot(id, m, traceOf(o, "root"));
        m.run.traceRoot = "root";
        Dispute memory d = disputes.disputeOf(id);
        vm.assertTrue(d.state == State.WantPick && d.commit == s.outputRoot, "the output");
        vm.prank(holder);
        disputes.pick{value: feeOf(150_000)}(id, m, 0, d.commit, new bytes32[](0));
        vm.assertTrue(disputes.disputeOf(id).state == State.WantNodes, "opened");
    }

    /// One opener may ask for trace and output of an order at once.
    function test_open_onceForEachPurpose() external {
        (Order memory o, Statement memory s) = _garbage();
        Brief memory b = brief(o);
        openTrace(o, s, holder);
        vm.startPrank(holder);
        challenges.open{value: feeOf(150_000)}(b, s, OUTPUT, noRecord(), noLeaf());
        vm.expectRevert();
        challenges.open{value: feeOf(150_000)}(b, s, OUTPUT, noRecord(), noLeaf());
        vm.stopPrank();
    }

    function _garbage() private view returns (Order memory o, Statement memory s) {
        o = graphOrder(1);
        s = receiptOf(o, 0);
        s.outputRoot = keccak256("garbage");
        s = signed(s);
    }

    function _members() private view returns (Contradictions.Member[] memory m) {
        bytes32[] memory tensors = tensorsOf(RIGHT);
        uint256 last = toy.TENSORS() - 1;
        m = new Contradictions.Member[](1);
        m[0].hash = tensors[last];
        m[0].siblings = Grove.path(tensors, last, 4);
    }
}
