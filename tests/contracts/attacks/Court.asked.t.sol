// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "contracts/interfaces/ICourt.sol";
import {Delivery, Start} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";

/// @notice What is claimed and what is asked for: of one order, in one order's time, and in the
/// name of nobody else.
contract CourtAskedTest is DescentFixture {
    uint256 private constant LATE = uint256(DEADLINE) + 1;

    // Claims

    /// A claim of acks alone would fill the node's weeks with what no bond has to stand for.
    function test_claim_acksFillNoWeek() external {
        Start memory start = _ack(900_000, 900);
        Delivery[] memory d = new Delivery[](0);
        vm.expectRevert(ICourt.WrongStage.selector);
        vm.prank(stranger);
        claims.claim(class, terms, start, d);
        d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(900));
        vm.prank(stranger);
        claims.claim(class, terms, start, d);
        uint256 own = paidFor(class, 900_000, 901_000);
        vm.assertEq(redeemedOf(channel), 901_000, "both are paid");
        bytes32 bond = keccak256(abi.encode(node, address(usd)));
        vm.assertEq(claims.claimedIn(bond, NOW / 7 days), own, "its own part counts");
    }

    /// What begins at zero or at a checkpoint stands on the bond, all of it.
    function test_claim_withoutAnAckAllCounts() external {
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(1));
        claims.claim(class, terms, zeroStart(), d);
        Start memory start;
        (start.cumUnits, start.nextSeq) = (1_000, 2);
        d[0] = deliveryOf(graphOrder(2));
        claims.claim(class, terms, start, d);
        bytes32 bond = keccak256(abi.encode(node, address(usd)));
        vm.assertEq(
            claims.claimedIn(bond, NOW / 7 days), paidFor(class, 0, 2_000), "both"
        );
    }

    /// R22, in another order of claims: what the cancelled order charged is booked to the next.
    function test_smallerReceipt_whicheverOrderWasPaid() external {
        Order memory a = graphOrder(1);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(2));
        claims.claim(class, terms, zeroStart(), d);
        d = new Delivery[](2);
        d[0] = deliveryOf(a);
        d[1] = deliveryOf(graphOrder(2));
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(theCourt.caseOf(channel, 1).value, 0, "nothing in its name");
        Statement memory nil = receiptOf(a, 0);
        (nil.steps, nil.units, nil.outputRoot) = (0, 0, NOTHING);
        nil = signed(nil);
        Brief memory b = brief(a);
        vm.prank(holder);
        theCourt.showSmaller(b, nil);
        uint256 value = paidFor(class, 0, 1_000);
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, value, "all the same");
        theCourt.refund(
            class, terms, 1, 2, 0, uint128(value), recordOf(channel, 1_000, 2_000, 0)
        );
    }

    /// All that was charged comes back once, in whichever order's name.
    function test_smallerReceipt_givesBackNoMoreThanClaimsTook() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        Delivery[] memory d = new Delivery[](2);
        d[0] = deliveryOf(graphOrder(1));
        d[1] = deliveryOf(graphOrder(2));
        claims.claim(class, terms, zeroStart(), d);
        for (uint64 seq = 1; seq < 3; ++seq) {
            Statement memory nil = receiptOf(graphOrder(seq), 0);
            (nil.steps, nil.units, nil.outputRoot) = (0, 0, NOTHING);
            nil = signed(nil);
            Brief memory b = brief(graphOrder(seq));
            vm.prank(holder);
            theCourt.showSmaller(b, nil);
        }
        uint256 sum = uint256(theCourt.caseOf(channel, 1).refundable)
            + theCourt.caseOf(channel, 2).refundable;
        vm.assertEq(sum, paidFor(class, 1_000, 2_000), "what the claim paid");
    }

    // Demands

    /// Another order of the same sequence ends no demand, and its input is no input.
    function test_demand_isOfItsOrder() external {
        vm.warp(LATE);
        (Order memory a, Order memory b) = (graphOrder(1), graphOrder(1));
        b.maxUnits = 999;
        _ask(a, holder);
        Delivery memory d = deliveryOf(b);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.answer(class, terms, d);
        Brief memory other = brief(b);
        vm.expectRevert(ICourt.WrongStage.selector);
        vm.prank(provider);
        claims.wantInput(other);
        Delivery[] memory all = new Delivery[](1);
        all[0] = d;
        claims.claim(class, terms, zeroStart(), all);
        vm.assertTrue(!claims.demandOf(channel, 1).ended, "claiming b answers nothing");
        Brief memory own = brief(a);
        vm.prank(provider);
        claims.wantInput(own);
        bytes memory input = bytesOf(0, RIGHT);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.showInput(other, input);
        claims.showInput(own, input);
        d = deliveryOf(a);
        claims.answer(class, terms, d);
        vm.assertTrue(claims.demandOf(channel, 1).ended, "its own does");
    }

    /// Out of time an answer says so, and ends nothing.
    function test_demand_noAnswerAfterItsTime() external {
        Order memory o = graphOrder(1);
        o.deadline = DEADLINE + 1 days;
        vm.warp(uint256(o.deadline) - 1 days);
        CompactSignature memory sig = acceptOf(o, uint64(block.timestamp - 1));
        Brief memory b = brief(o);
        vm.prank(holder);
        claims.ask{value: 1 ether}(b, uint64(block.timestamp - 1), sig, noLeaf());
        vm.warp(block.timestamp + 3 days + 1);
        Delivery memory d = deliveryOf(o);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.answer(class, terms, d);
        claims.timeout(class, terms, 1);
        vm.assertTrue(theCourt.caseOf(channel, 1).late, "late");
    }

    /// Garbage in the last second of the last demand is disputed all the same, while the bond of
    /// a node that has left lives.
    function test_lateAnswer_canBeDisputed() external {
        Order memory o = graphOrder(1);
        vm.warp(uint256(DEADLINE) + 6 days);
        Brief memory b = brief(o);
        _ask(o, holder);
        vm.warp(block.timestamp + 3 days);
        vm.prank(provider);
        claims.wantInput(b);
        vm.warp(block.timestamp + 3 days);
        claims.showInput(b, bytesOf(0, RIGHT));
        vm.warp(block.timestamp + 3 days);
        claims.answer(class, terms, deliveryOf(o));
        vm.warp(block.timestamp + 3 days);
        uint256 before = vm.snapshotState();
        vm.warp(block.timestamp + 1);
        Statement memory s = receiptOf(o, 0);
        vm.expectRevert();
        vm.prank(holder);
        challenges.open{value: 1 ether}(b, s, TRACE, noRecord(), noLeaf());
        vm.revertToState(before);
        (uint256 id,) = openTrace(o, s, holder);
        vm.assertTrue(disputes.disputeOf(id).state == State.WantRoot, "opened");
        vm.assertLe(block.timestamp + 12 days, uint256(DEADLINE) + 30 days, "the bond lives");
    }

    /// An answer on the day of the deadline leaves the usual fourteen days.
    function test_earlyAnswer_shortensNothing() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, holder);
        claims.answer(class, terms, deliveryOf(o));
        vm.warp(uint256(DEADLINE) + 14 days);
        openTrace(o, receiptOf(o, 0), holder);
    }

    /// A stranger that asks and shows no input burns nobody's demand.
    function test_demandThatLapsed_mayBeAskedAgain() external {
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, stranger);
        Brief memory b = brief(o);
        vm.prank(provider);
        claims.wantInput(b);
        vm.warp(block.timestamp + 3 days + 1);
        uint256 credit = claims.credit(stranger);
        claims.timeout(class, terms, 1);
        vm.assertEq(claims.demanded(channel), 0, "nothing is held back");
        vm.assertGt(claims.credit(stranger), credit, "its deposit");
        vm.assertTrue(!theCourt.caseOf(channel, 1).late, "not late");
        _ask(o, holder);
        vm.warp(block.timestamp + 3 days + 1);
        claims.timeout(class, terms, 1);
        vm.assertTrue(theCourt.caseOf(channel, 1).late, "late");
    }

    /// Units stay reserved for as long as an answer may come.
    function test_reserve_lastsAsLongAsTheDemand() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, holder);
        Brief memory b = brief(o);
        vm.warp(LATE + 2 days);
        vm.prank(provider);
        claims.wantInput(b);
        (, uint128 units, uint40 until) = vouchers.aux(channel);
        vm.assertEq(until, LATE + 5 days, "for the input");
        vm.warp(LATE + 4 days);
        claims.showInput(b, bytesOf(0, RIGHT));
        (, units, until) = vouchers.aux(channel);
        vm.assertEq(until, LATE + 7 days, "for the answer");
        vm.assertEq(units, 1_000, "of the order");
    }

    // Helpers

    function _ack(uint128 cum, uint64 next) private view returns (Start memory start) {
        (start.cumUnits, start.nextSeq) = (cum, next);
        start.signature = sign(SPEND_KEY, ackDigest(channel, cum, next));
    }

    function _ask(Order memory o, address who) private {
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        Brief memory b = brief(o);
        vm.prank(who);
        claims.ask{value: 1 ether}(b, DEADLINE, sig, noLeaf());
    }
}
