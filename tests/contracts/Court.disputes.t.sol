// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clocks} from "contracts/courts/Clocks.sol";
import {Descents} from "contracts/courts/Descents.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {IInputs} from "contracts/interfaces/IInputs.sol";
import {Dispute, Matter, State} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "./base/DescentFixture.sol";
import {Grove} from "./base/Grove.sol";

contract CourtDisputesTest is DescentFixture {
    // The normal case

    function test_descent_convictsAWrongByteDeepInTheTrace() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        uint256 answers = descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        vm.assertEq(answers, 4, "list 2, tensor 1, leaves 1");
        disputes.prove(id, m, proofOf(id, WRONG, WRONG));
        _checkConvicted(id, BOND);
        vm.assertEq(disputes.credit(holder), 4 * feeOf(150_000), "all fees back");
        vm.assertEq(disputes.credit(provider), 0, "test_convictedProviderKeepsNoFee");
    }

    /// R14.
    function test_convictedProviderKeepsNoFee() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        disputes.answer(id, m, answerData(id, WRONG));
        pick(id, m, toy.BIG(), WRONG / 128, WRONG);
        vm.warp(NOW + 8 days);
        disputes.timeout(id, m);
        vm.assertEq(disputes.credit(provider), 0, "nothing for answers before silence");
        vm.assertEq(disputes.credit(holder), 2 * feeOf(150_000), "all back");
    }

    function test_descent_rootIsAskedForFirstWhereTheReceiptHasNone() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        (uint256 id, Matter memory m) = openTrace(order, s, holder);
        vm.assertTrue(disputes.disputeOf(id).state == State.WantRoot, "root");
        bytes32 root = Grove.list(tensorsOf(WRONG));
        Statement memory stated = traceOf(order, root);
        stated.steps = 2;
        vm.expectRevert(Provers.NotStated.selector);
        disputes.answerRoot(id, m, signed(stated));
        disputes.answerRoot(id, m, traceOf(order, root));
        m.run.traceRoot = root;
        bytes32[] memory none;
        vm.prank(holder);
        disputes.pick{value: feeOf(150_000)}(id, m, 0, root, none);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        disputes.prove(id, m, proofOf(id, WRONG, WRONG));
        _checkConvicted(id, BOND);
    }

    function test_descent_intoTheOutput() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, "root");
        Matter memory m = matterOf(order, s, OUTPUT, holder);
        vm.prank(holder);
        uint256 id = challenges.open{value: feeOf(150_000)}(
            brief(order), s, OUTPUT, noRecord(), noLeaf()
        );
        // One list, one tensor, one leaf: both headers are folded into the answer.
        bytes memory leaf = Grove.leaf(bytesOf(toy.TENSORS() - 1, RIGHT), 0);
        leaf[40] = 0x01;
        vm.expectRevert(abi.encodeWithSignature("NotPadded()"));
        disputes.answer(id, m, leaf);
        leaf[40] = 0;
        disputes.answer(id, m, leaf);
        vm.assertTrue(disputes.disputeOf(id).state == State.WantProof, "leaves");
    }

    function test_operands_oneIsRefuted() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory request = requestOf(toy.BIG(), WRONG);
        vm.prank(holder);
        disputes.askOperands{value: feeOf(180_000)}(id, m, request);
        uint8 committed = uint8(7 * toy.BIG() + WRONG) ^ 0x40;
        uint8 first = uint8(7 * toy.BIG());
        bytes memory values = abi.encodePacked(first, uint8(1));
        bytes memory proof = proofOf(id, WRONG, WRONG);
        vm.prank(node);
        vm.expectRevert(IDisputes.NotExplained.selector);
        disputes.answerOperands(id, m, request, values, proof);
        unchecked {
            values = abi.encodePacked(first, committed - first);
        }
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, address(this)));
        disputes.answerOperands(id, m, request, values, proof);
        vm.prank(node);
        disputes.answerOperands(id, m, request, values, proof);
        vm.expectRevert(Provers.NoContradiction.selector);
        disputes.refute(id, m, request, values, abi.encode(uint256(0), first));
        disputes.refute(id, m, request, values, abi.encode(uint256(1), uint8(WRONG)));
        _checkConvicted(id, BOND);
    }

    /// @dev A valid choice of somebody else would lead the dispute away from what is wrong.
    function test_choices_areTheOpenersAlone() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory refusal =
            abi.encodeWithSelector(ICourt.NotAuthorised.selector, address(this));
        vm.expectRevert(refusal);
        disputes.pick{value: feeOf(150_000)}(id, m, 0, bytes32(0), new bytes32[](0));
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory request = requestOf(toy.BIG(), WRONG);
        vm.expectRevert(refusal);
        disputes.askOperands{value: feeOf(180_000)}(id, m, request);
    }

    function test_operands_failIfNobodyCouldAnswer() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes[6] memory requests = [
            bytes(""),
            requestOf(toy.BIG() - 1, WRONG),
            requestOf(toy.BIG(), WRONG + 16 * 128),
            requestOf(toy.BIG(), toy.BIG_BYTES()),
            abi.encodePacked(requestOf(toy.BIG(), WRONG), uint8(0)),
            abi.encodePacked(requestOf(toy.BIG(), WRONG), uint32(0))
        ];
        for (uint256 i = 0; i < 6; ++i) {
            vm.prank(holder);
            vm.expectRevert(IDisputes.WrongRequest.selector);
            disputes.askOperands{value: feeOf(180_000)}(id, m, requests[i]);
        }
    }

    // The honest node

    function test_honest_noProofConvicts() external {
        (uint256 id, Matter memory m) = _open(RIGHT);
        descend(id, m, toy.BIG(), WRONG / 128, RIGHT);
        uint256 first = (WRONG / 128 / 16) * 16 * 128;
        for (uint256 j = first; j < first + 16 * 128; j += 97) {
            bytes memory proof = proofOf(id, j, RIGHT);
            vm.expectRevert(Provers.NoContradiction.selector);
            disputes.prove(id, m, proof);
        }
        vm.warp(NOW + 7 days);
        disputes.timeout(id, m);
        vm.assertTrue(disputes.disputeOf(id).state == State.Lapsed, "lapsed");
        vm.assertEq(bondOf(), BOND, "bond");
        // Four answers at 5/4 of 1 gwei.
        uint256 due = 4 * 150_000 * 1 gwei * 5 / 4;
        vm.assertEq(disputes.credit(provider), due, "provider");
        vm.assertEq(disputes.credit(holder), 4 * feeOf(150_000) - due, "rest");
    }

    function testFuzz_honest_mutatedProofsNeverConvict(uint256 seed) external {
        (uint256 id, Matter memory m) = _open(RIGHT);
        descend(id, m, toy.BIG(), WRONG / 128, RIGHT);
        bytes memory proof = proofOf(id, WRONG, RIGHT);
        proof[seed % proof.length] ^= bytes1(uint8(1 + (seed >> 64) % 255));
        vm.expectRevert();
        disputes.prove(id, m, proof);
    }

    function test_cancel_isShown() external {
        (uint256 id, Matter memory m, Order memory order) = _openShort();
        disputes.answerCancel(id, m, cancelOf(order));
        vm.assertTrue(disputes.disputeOf(id).state == State.Lapsed, "lapsed");
        vm.assertEq(disputes.credit(provider), 150_000 * 1 gwei * 5 / 4, "paid");
    }

    function test_cancel_missing() external {
        (uint256 id, Matter memory m, Order memory order) = _openShort();
        order.seq = 99;
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        disputes.answerCancel(id, m, cancelOf(order));
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(id, m);
        _checkConvicted(id, BOND);
    }

    // Structure by silence

    function test_answer_isCanonicalOrNothing() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = answerData(id, WRONG);
        vm.assertEq(data.length, 18 * 32, "70 tensors, three levels below the fourth");
        bytes memory longer = abi.encodePacked(data, bytes32(0));
        vm.expectRevert(Descents.NotCanonical.selector);
        disputes.answer(id, m, longer);
        bytes memory flipped = answerData(id, WRONG);
        flipped[5] ^= 0x01;
        vm.expectRevert(Descents.NotCanonical.selector);
        disputes.answer(id, m, flipped);
        vm.expectRevert(Descents.NotCanonical.selector);
        disputes.answer(id, m, "");
        disputes.answer(id, m, data);
    }

    /// A list of another count, whatever it holds, has no answer.
    function test_answer_failsIfTheCountIsAnother() external {
        bytes32[] memory fewer = new bytes32[](69);
        Order memory order = graphOrder(3);
        bytes32 root = Grove.list(fewer);
        (uint256 id, Matter memory m) = openTrace(order, receiptOf(order, root), holder);
        bytes memory data = Grove.below(fewer, 4, 0, 3);
        vm.expectRevert(Descents.NotCanonical.selector);
        disputes.answer(id, m, data);
        vm.warp(NOW + 3.5 days);
        vm.expectRevert(IDisputes.NotOverdue.selector);
        disputes.timeout(id, m);
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(id, m);
        _checkConvicted(id, BOND);
    }

    function test_pick_failsBesideTheTree() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        disputes.answer(id, m, answerData(id, WRONG));
        (uint256 child, bytes32 hash, bytes32[] memory path) =
            pickTo(id, toy.BIG(), WRONG / 128, WRONG);
        uint256 fee = feeOf(150_000);
        vm.prank(holder);
        vm.expectRevert(IDisputes.WrongPick.selector);
        disputes.pick{value: fee}(id, m, child + 1, hash, path);
        vm.prank(holder);
        vm.expectRevert(IDisputes.WrongPick.selector);
        disputes.pick{value: fee}(id, m, child, keccak256("other"), path);
        vm.prank(holder);
        vm.expectRevert(IDisputes.WrongPick.selector);
        disputes.pick{value: fee}(id, m, child + 64, hash, path);
        vm.prank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.FeeTooLow.selector, fee - 1, fee)
        );
        disputes.pick{value: fee - 1}(id, m, child, hash, path);
    }

    /// The five missing children of the last node are nobody's to pick.
    function test_pick_failsForAMissingChild() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        disputes.answer(id, m, answerData(id, WRONG));
        bytes32[] memory row = Grove.above(tensorsOf(WRONG), 1);
        bytes32[] memory padded = new bytes32[](row.length + 1);
        for (uint256 i = 0; i < row.length; ++i) padded[i] = row[i];
        bytes32[] memory path = Grove.path(padded, row.length, 3);
        vm.prank(holder);
        vm.expectRevert(IDisputes.WrongPick.selector);
        disputes.pick{value: feeOf(150_000)}(id, m, row.length, 0, path);
    }

    // Who, when, once

    function test_open_failsForAStranger() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        challenges.open{value: feeOf(150_000)}(brief(order), s, TRACE, noRecord(), noLeaf());
        vm.prank(holder);
        theCourt.appoint(terms, stranger, true);
        openTrace(order, s, stranger);
    }

    /// R18: everybody, for public inputs; a channel that is a name only.
    function test_anyoneDisputesARequest() external {
        terms.salt = keccak256("a name only");
        channel = idOf(terms);
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
        Order memory order = graphOrder(3);
        bytes32 root = Grove.list(tensorsOf(WRONG));
        (uint256 id, Matter memory m) = openTrace(order, receiptOf(order, root), stranger);
        vm.warp(NOW + 4 days);
        disputes.timeout(id, m);
        _checkConvicted(id, BOND);
    }

    function test_open_untilTheStatute() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        vm.warp(DEADLINE + 14 days + 1);
        vm.expectRevert(Provers.CaseOver.selector);
        vm.prank(holder);
        challenges.open{value: feeOf(150_000)}(brief(order), s, TRACE, noRecord(), noLeaf());
        vm.warp(DEADLINE + 14 days);
        openTrace(order, s, holder);
    }

    function test_open_onceForEachOpener() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        openTrace(order, s, holder);
        vm.expectRevert(IDisputes.AlreadyOpen.selector);
        vm.prank(holder);
        challenges.open{value: feeOf(150_000)}(brief(order), s, TRACE, noRecord(), noLeaf());
        openTrace(order, s, spend);
    }

    function test_open_failsFromElsewhere() external {
        Matter memory m = matterOf(graphOrder(3), receiptOf(graphOrder(3), 0), TRACE, holder);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, holder));
        vm.prank(holder);
        disputes.open{value: 1 ether}(m, false);
    }

    function test_move_failsWithAnotherMatter() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = answerData(id, WRONG);
        m.run.steps = 2;
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongMatter.selector, id));
        disputes.answer(id, m, data);
    }

    /// Truxify#11811: useless answers do not move the clock.
    function test_uselessAnswersDoNotMoveTheClock() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        // As long as the answer: only the root tells them apart.
        bytes memory useless = answerData(id, RIGHT);
        for (uint256 i = 1; i < 4; ++i) {
            vm.warp(NOW + i * 1 days);
            vm.expectRevert(Descents.NotCanonical.selector);
            disputes.answer(id, m, useless);
        }
        (, uint256 endsAt,) = disputes.turnOf(id);
        vm.assertEq(endsAt, NOW + 3.5 days, "as at the beginning");
    }

    function test_move_inTheLastSecondAndNotAfter() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = answerData(id, WRONG);
        vm.warp(NOW + 3.5 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.Overdue.selector, NOW + 3.5 days)
        );
        disputes.answer(id, m, data);
        vm.warp(NOW + 3.5 days);
        disputes.answer(id, m, data);
        Dispute memory d = disputes.disputeOf(id);
        vm.assertEq(d.spentProvider, 3.5 days, "used up");
        vm.assertEq(d.spentOpener, 0, "the opener's is whole");
    }

    /// cartesi/dave#275: nobody calls for a month, and the verdict is the same.
    function test_timeout_afterAMonth() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        vm.warp(NOW + 40 days);
        disputes.timeout(id, m);
        _checkConvicted(id, BOND);
    }

    /// world-chain#876.
    function test_timeoutAndProveInOneBlockOneVerdict() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory proof = proofOf(id, WRONG, WRONG);
        disputes.prove(id, m, proof);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongMatter.selector, id));
        disputes.timeout(id, m);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongMatter.selector, id));
        disputes.prove(id, m, proof);
    }

    /// Two openers of one order: the second end is an end, and no second verdict.
    function test_secondDisputeOfAConvictedOrderSlashesNobody() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, Grove.list(tensorsOf(WRONG)));
        (uint256 one, Matter memory m) = openTrace(order, s, holder);
        disputes.answer(one, m, answerData(one, WRONG));
        (uint256 two, Matter memory n) = openTrace(order, s, spend);
        vm.warp(NOW + 3.6 days);
        disputes.timeout(two, n);
        vm.prank(provider);
        vm.expectRevert();
        providers.stake(node, address(usd), address(theCourt), 5);
        vm.warp(NOW + 7.2 days);
        disputes.timeout(one, m);
        vm.assertEq(disputes.credit(spend), feeOf(150_000), "fee back");
        vm.assertEq(bondOf(), 0, "once");
    }

    // The queue (R3)

    function test_queue_oneOpeningOfAChannelWaitsForItsFirstAnswer() external {
        bytes32 root = Grove.list(tensorsOf(RIGHT));
        (uint256 a, Matter memory ma) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), root), holder);
        (uint256 b, Matter memory mb) =
            openTrace(graphOrder(2), receiptOf(graphOrder(2), root), holder);
        (uint256 c,) = openTrace(graphOrder(3), receiptOf(graphOrder(3), root), holder);
        vm.assertTrue(disputes.disputeOf(b).state == State.Queued, "b waits");
        vm.warp(NOW + 3 days);
        disputes.answer(a, ma, answerData(a, RIGHT));
        vm.assertTrue(disputes.disputeOf(b).state == State.WantNodes, "b runs");
        vm.assertTrue(disputes.disputeOf(c).state == State.Queued, "c waits");
        (, uint256 endsAt,) = disputes.turnOf(b);
        vm.assertEq(endsAt, NOW + 6.5 days, "the queue was nobody's time");
        vm.warp(NOW + 6 days);
        disputes.answer(b, mb, answerData(b, RIGHT));
        vm.assertTrue(disputes.disputeOf(c).state == State.WantNodes, "c runs");
    }

    function test_queue_anEndFreesItToo() external {
        (uint256 a, Matter memory ma) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        (uint256 b, Matter memory mb) =
            openTrace(graphOrder(2), receiptOf(graphOrder(2), 0), holder);
        vm.warp(NOW + 9 days);
        vm.expectRevert(IDisputes.NotOverdue.selector);
        disputes.timeout(b, mb);
        disputes.timeout(a, ma);
        vm.assertTrue(disputes.disputeOf(b).state == State.WantRoot, "b runs");
    }

    function test_decidedOtherwise_endsAtOnce() external {
        Order memory o = graphOrder(1);
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, "root"), holder);
        (uint256 waits, Matter memory mw) =
            openTrace(graphOrder(2), receiptOf(graphOrder(2), "root"), holder);
        vm.expectRevert(IDisputes.NotOverdue.selector);
        disputes.timeout(id, m);
        uint256 deposit = disputes.disputeOf(id).deposit;
        contradictions.equivocation(
            brief(o), receiptOf(o, "root"), receiptOf(o, "other"), noRecord()
        );
        uint256 before = disputes.credit(holder);
        disputes.timeout(id, m);
        vm.assertTrue(disputes.disputeOf(id).state == State.Lapsed, "ended");
        vm.assertEq(disputes.credit(holder) - before, deposit, "nothing is owed");
        // The other order is not decided: it goes on.
        vm.expectRevert(IDisputes.NotOverdue.selector);
        disputes.timeout(waits, mw);
        vm.assertTrue(disputes.disputeOf(waits).state == State.WantNodes, "the next one runs");
    }

    // The input (R24)

    function test_lostInputIsServedByOpener() external {
        (uint256 id, Matter memory m) = _open(RIGHT);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        disputes.wantInput(id, m);
        vm.prank(provider);
        disputes.wantInput(id, m);
        bytes memory input = bytesOf(0, RIGHT);
        input[0] ^= 0x01;
        vm.expectRevert(IInputs.InvalidInput.selector);
        disputes.showInput(id, m, input);
        disputes.showInput(id, m, bytesOf(0, RIGHT));
        vm.assertTrue(disputes.disputeOf(id).state == State.WantNodes, "again");
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.WrongMove.selector, State.WantNodes)
        );
        vm.prank(provider);
        disputes.wantInput(id, m);
    }

    function test_openerWithoutInputLapses() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        vm.prank(provider);
        disputes.wantInput(id, m);
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(id, m);
        vm.assertTrue(disputes.disputeOf(id).state == State.Lapsed, "lapsed");
        vm.assertEq(bondOf(), BOND, "bond");
    }

    /// R6.
    function test_zeroStepsNoTraceDispute() external {
        Order memory order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        (s.steps, s.outputRoot, s.units) = (0, NOTHING, 0);
        s = signed(s);
        for (uint8 purpose = 0; purpose < 2; ++purpose) {
            vm.expectRevert(Provers.NotApplicable.selector);
            vm.prank(holder);
            challenges.open{value: 1 ether}(brief(order), s, purpose, noRecord(), noLeaf());
        }
    }

    function _open(uint256 wrong) private returns (uint256 id, Matter memory m) {
        Order memory order = graphOrder(3);
        return openTrace(order, receiptOf(order, Grove.list(tensorsOf(wrong))), holder);
    }

    function _openShort()
        private
        returns (uint256 id, Matter memory m, Order memory order)
    {
        order = graphOrder(3);
        Statement memory s = receiptOf(order, 0);
        (s.steps, s.outputRoot, s.units) = (0, NOTHING, 0);
        s = signed(s);
        m = matterOf(order, s, CANCEL, holder);
        vm.prank(holder);
        id = challenges.open{value: feeOf(150_000)}(
            brief(order), s, CANCEL, noRecord(), noLeaf()
        );
    }

    function _checkConvicted(uint256 id, uint128 taken) private view {
        vm.assertTrue(disputes.disputeOf(id).state == State.Convicted, "state");
        vm.assertEq(bondOf(), BOND - taken, "bond");
        vm.assertTrue(theCourt.condemned(node), "condemned");
        vm.assertTrue(providers.revokedAt(node) != 0, "revoked");
        (Clocks.Side side,,) = disputes.turnOf(id);
        vm.assertTrue(side == Clocks.Side.Nobody, "over");
    }
}
