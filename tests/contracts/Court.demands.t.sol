// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Provers} from "contracts/courts/Provers.sol";
import {Fees} from "contracts/courts/Fees.sol";
import {IClaims} from "contracts/interfaces/IClaims.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {IInputs} from "contracts/interfaces/IInputs.sol";
import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Demand} from "contracts/types/Verdict.sol";
import {CourtFixture} from "./base/CourtFixture.sol";

contract CourtDemandsTest is CourtFixture {
    uint256 private constant FEE = 4 * (150_000 + 45 * 40) * 1 gwei;
    uint256 private constant LATE = uint256(DEADLINE) + 1;

    function test_ask_onlyWhenThePromiseIsOver() external {
        Order memory o = graphOrder(1);
        uint64 dueAt = DEADLINE - 100;
        vm.warp(dueAt);
        _refuse(o, dueAt, ICourt.OutOfTime.selector);
        vm.warp(dueAt + 1);
        _ask(o, dueAt);
        vm.assertEq(claims.demandOf(channel, 1).respondBy, dueAt + 1 + 3 days, "respond by");
    }

    function test_ask_untilSixDaysAfterTheDeadline() external {
        Order memory o = graphOrder(1);
        vm.warp(DEADLINE + 6 days + 1);
        _refuse(o, DEADLINE, ICourt.OutOfTime.selector);
        vm.warp(DEADLINE + 6 days);
        _ask(o, DEADLINE);
    }

    /// Framing an honest node as late: there has to be an Accept, of the node, of this order.
    function test_ask_failsWithoutAnAccept() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(graphOrder(2), DEADLINE);
        vm.expectRevert(Provers.NotStated.selector);
        vm.prank(holder);
        claims.ask{value: FEE}(b, DEADLINE, sig, noLeaf());
        sig = acceptOf(o, DEADLINE);
        vm.expectRevert(Provers.NotStated.selector);
        vm.prank(holder);
        claims.ask{value: FEE}(b, DEADLINE - 1, sig, noLeaf());
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        claims.ask{value: FEE}(b, DEADLINE, sig, noLeaf());
    }

    /// R14: the fee counts the largest output.
    function test_maxOutputDemandPrepaid() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IClaims.FeeTooLow.selector, FEE - 1, FEE));
        vm.prank(holder);
        claims.ask{value: FEE - 1}(b, DEADLINE, sig, noLeaf());
        vm.fee(3 gwei);
        vm.expectRevert(abi.encodeWithSelector(IClaims.FeeTooLow.selector, FEE, 3 * FEE));
        vm.prank(holder);
        claims.ask{value: FEE}(b, DEADLINE, sig, noLeaf());
    }

    function test_answer_endsTheDemand() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE + 5 days);
        _ask(o, DEADLINE);
        Delivery memory d = deliveryOf(o);
        vm.prank(stranger);
        claims.answer(class, terms, d);
        vm.assertTrue(claims.credit(provider) > 150_000 * 1 gwei * 5 / 4, "the provider");
        vm.assertEq(claims.credit(provider) + claims.credit(holder), FEE, "fees sum to zero");
        vm.assertEq(claims.credit(stranger), 0, "not the sender");
        vm.warp(LATE + 30 days);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.timeout(class, terms, 1);
    }

    /// R6, R9: a claim that lists the order answers, late as it is, and pays by its own rule.
    function test_claimAnswersDemand() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE + 5 days);
        _ask(o, DEADLINE);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        claims.claim(class, terms, zeroStart(), d);
        vm.assertTrue(claims.demandOf(channel, 1).ended, "answered");
        vm.assertEq(redeemedOf(channel), 1_000, "paid");
        _refuseAsk(o, ICourt.WrongStage.selector);
    }

    function test_answerAfterAckPaysNothingMore() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, DEADLINE);
        vouchers.redeemBatch(class, node, rowOf(terms, 5_002));
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 5_002, "not redeemed + units");
    }

    function test_ask_failsForAClaimedOrder() external {
        Order memory o = graphOrder(1);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        claims.claim(class, terms, zeroStart(), d);
        vm.warp(LATE);
        _refuse(o, DEADLINE, ICourt.WrongStage.selector);
    }

    function test_silence_costsAFifth() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, DEADLINE);
        vm.warp(LATE + 3 days);
        vm.expectRevert(ICourt.OutOfTime.selector);
        claims.timeout(class, terms, 1);
        vm.warp(LATE + 3 days + 1);
        Delivery memory d = deliveryOf(o);
        vm.expectRevert(ICourt.OutOfTime.selector);
        claims.answer(class, terms, d);
        claims.timeout(class, terms, 1);
        vm.assertEq(bondOf(), BOND - BOND / 5, "a fifth");
        vm.assertEq(claims.credit(holder), FEE, "fee back");
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.timeout(class, terms, 1);
    }

    /// R10: maxUnits is the holder's word, and nobody's money.
    function test_lateWithHugeMaxUnitsRefundsNothing() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 700_000));
        Order memory o = graphOrder(1);
        o.maxUnits = 2 ** 62;
        vm.warp(LATE);
        _ask(o, DEADLINE);
        vm.warp(LATE + 4 days);
        claims.timeout(class, terms, 1);
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, 0, "nothing");
    }

    /// R16: a fifth of four base units is one.
    function test_lateWithBondOfFour() external {
        terms.node = node2;
        channel = openChannel(class, terms, LOCKED);
        _nodeKey = NODE2_KEY;
        for (uint128 bond = 4; bond != 0; bond -= 4) {
            stakeAs(provider2, node2, address(theCourt), bond);
            Order memory o = graphOrder(1);
            vm.warp(LATE);
            _ask(o, DEADLINE);
            vm.warp(LATE + 4 days);
            claims.timeout(class, terms, 1);
            (uint128 left,) = providers.bond(node2, address(usd), address(theCourt));
            vm.assertEq(left, bond - 1, "one");
        }
    }

    function test_late_withoutAnyBond() external {
        terms.node = node2;
        channel = openChannel(class, terms, LOCKED);
        _nodeKey = NODE2_KEY;
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, DEADLINE);
        vm.warp(LATE + 4 days);
        claims.timeout(class, terms, 1);
        vm.assertTrue(theCourt.condemned(node2), "condemned");
    }

    // Reservations (R9)

    function test_reserve_holdsBackOpenDemandsOrTheRest() external {
        vm.warp(LATE);
        for (uint64 i = 1; i < 3; ++i) _ask(graphOrder(i), DEADLINE);
        (, uint128 reserved,) = vouchers.aux(channel);
        vm.assertEq(reserved, 2_000, "the sum");
        Order memory o = graphOrder(3);
        o.maxUnits = 2 ** 62;
        _ask(o, DEADLINE);
        (, reserved,) = vouchers.aux(channel);
        vm.assertEq(reserved, LOCKED, "the rest");
    }

    /// A closed channel reserves nothing, and is asked all the same.
    function test_ask_ofAClosedChannel() external {
        vm.startPrank(holder);
        vouchers.thaw(class, terms);
        vm.warp(NOW + 3 days);
        vouchers.withdraw(class, terms);
        vm.stopPrank();
        _ask(graphOrder(1), DEADLINE);
        Delivery memory d = deliveryOf(graphOrder(1));
        claims.answer(class, terms, d);
    }

    /// Thaw race: what a demand reserves outlasts the thaw.
    function test_thawRaceAtTheLastBlock() external {
        vm.startPrank(holder);
        vouchers.thaw(class, terms);
        vm.stopPrank();
        vm.warp(NOW + 3 days);
        _ask(graphOrder(1), DEADLINE);
        vm.prank(holder);
        vouchers.withdraw(class, terms);
        vm.warp(NOW + 3 days + 3 days);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(1));
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 1_000, "paid");
    }

    // The input (R24)

    function test_input_isShownByTheAsker() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, DEADLINE);
        Brief memory b = brief(o);
        vm.prank(provider);
        claims.wantInput(b);
        bytes memory input = bytesOf(0, RIGHT);
        vm.expectRevert(IInputs.InvalidInput.selector);
        claims.showInput(b, "");
        claims.showInput(b, input);
        vm.expectRevert(ICourt.WrongStage.selector);
        vm.prank(provider);
        claims.wantInput(b);
        vm.warp(LATE + 4 days);
        claims.timeout(class, terms, 1);
        vm.assertEq(bondOf(), BOND - BOND / 5, "late all the same");
    }

    function test_input_notShownLapses() external {
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        _ask(o, DEADLINE);
        Brief memory b = brief(o);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        claims.wantInput(b);
        vm.prank(provider);
        claims.wantInput(b);
        vm.warp(LATE + 3 days + 1);
        bytes memory input = bytesOf(0, RIGHT);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.showInput(b, input);
        claims.timeout(class, terms, 1);
        vm.assertEq(bondOf(), BOND, "bond");
        vm.assertEq(claims.credit(holder), FEE, "fee back");
    }

    // Pull payments

    function test_collect_once() external {
        vm.warp(LATE);
        _ask(graphOrder(1), DEADLINE);
        vm.warp(LATE + 4 days);
        claims.timeout(class, terms, 1);
        vm.prank(holder);
        claims.collect(stranger);
        vm.assertEq(stranger.balance, 100 ether + FEE, "paid");
        vm.expectRevert(Fees.NothingCredited.selector);
        vm.prank(holder);
        claims.collect(stranger);
    }

    function _ask(Order memory o, uint64 dueAt) private {
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(o, dueAt);
        vm.prank(holder);
        claims.ask{value: FEE}(b, dueAt, sig, noLeaf());
    }

    function _refuseAsk(Order memory o, bytes4 why) private {
        _refuse(o, DEADLINE, why);
    }

    function _refuse(Order memory o, uint64 dueAt, bytes4 why) private {
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(o, dueAt);
        vm.expectRevert(why);
        vm.prank(holder);
        claims.ask{value: FEE}(b, dueAt, sig, noLeaf());
    }
}
