// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fees} from "contracts/courts/Fees.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {Matter, State} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "./base/DescentFixture.sol";
import {Grove} from "./base/Grove.sol";
import {Refuser} from "./mocks/Refuser.sol";

/// @notice Who gets the reporter's share, and who does not.
contract CourtRewardsTest is DescentFixture {
    uint256 private constant SHARE = BOND / 5;

    /// op-succinct#354, keep-core#1405, zkopru#174: the sender of a proof is nobody.
    function test_copiedProofEarnsNothing() external {
        _pay(1_000);
        vm.prank(stranger);
        _equivocate(graphOrder(1));
        vm.warp(block.timestamp + 5 days);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, channel), SHARE, "share");
        vm.assertEq(usd.balanceOf(holder), SHARE, "the holder's");
        vm.assertEq(usd.balanceOf(stranger), 0, "not the sender's");
        vm.expectRevert(ICourt.NothingToCollect.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
    }

    /// rainbow-bridge#208.
    function test_selfSlashLosesFourFifths() external {
        _pay(1_000);
        _equivocate(graphOrder(1));
        vm.warp(block.timestamp + 5 days);
        theCourt.collectShare(node, address(usd), 0, channel);
        vm.assertEq(providers.burned(address(usd)), BOND - SHARE, "burned");
    }

    /// R4: a puppet channel convicts first; it paid a tenth of what the victim paid.
    function test_selfSlashCannotOutrunOpenDispute() external {
        _pay(9_000);
        bytes32 root = Grove.list(tensorsOf(WRONG));
        (uint256 id, Matter memory m) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), root), holder);
        bytes32 victim = channel;
        address puppet = makeAddr("puppet");
        _become(puppet);
        _pay(1_000);
        _equivocate(graphOrder(1));
        vm.assertEq(bondOf(), 0, "slashed");
        // The weights are bound for five days, the pot for as long as the dispute is open.
        vm.warp(NOW + 6 days);
        vm.expectRevert(ICourt.SharesNotFinal.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
        disputes.timeout(id, m);
        vm.warp(block.timestamp + 5 days);
        uint256 weight = paidFor(class, 0, 1_000);
        uint256 all = weight + paidFor(class, 0, 9_000);
        vm.assertEq(
            theCourt.collectShare(node, address(usd), 0, channel),
            SHARE * weight / all,
            "the puppet's tenth"
        );
        // By silence at most twice the price of the order.
        uint256 price = 2 * (uint256(1_000) * providerRate(class) / SCALE);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, victim), price, "the victim");
    }

    function test_unpaidPuppetChannelEarnsNothing() external {
        _become(makeAddr("puppet"));
        _equivocate(graphOrder(1));
        vm.expectRevert(ICourt.NothingToCollect.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
    }

    function test_share_isAThousandTimesWhatWasPaid() external {
        _pay(100);
        _equivocate(graphOrder(1));
        uint256 cap = 1_000 * paidFor(class, 0, 100);
        vm.assertLt(cap, SHARE, "it binds");
        vm.warp(block.timestamp + 5 days);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, channel), cap, "cap");
    }

    /// A dispute opened after the verdict holds nothing up.
    function test_share_waitsForEarlierDisputesOnly() external {
        _pay(1_000);
        _equivocate(graphOrder(1));
        openTrace(graphOrder(2), receiptOf(graphOrder(2), 0), holder);
        vm.warp(block.timestamp + 5 days);
        theCourt.collectShare(node, address(usd), 0, channel);
    }

    function test_share_severalDisputesHaveToEnd() external {
        _pay(1_000);
        bytes32 root = Grove.list(tensorsOf(RIGHT));
        (uint256 a, Matter memory ma) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), root), holder);
        (uint256 b, Matter memory mb) =
            openTrace(graphOrder(2), receiptOf(graphOrder(2), root), holder);
        _equivocate(graphOrder(3));
        disputes.answer(a, ma, answerData(a, RIGHT));
        disputes.answer(b, mb, answerData(b, RIGHT));
        vm.warp(NOW + 6 days);
        disputes.timeout(a, ma);
        vm.expectRevert(ICourt.SharesNotFinal.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
        disputes.timeout(b, mb);
        vm.warp(block.timestamp + 5 days);
        theCourt.collectShare(node, address(usd), 0, channel);
    }

    /// optimism#19743: nobody is paid at address zero, nothing is stranded for others.
    function test_verdictWithoutShareStrandsNothing() external {
        Order memory o = graphOrder(1);
        _equivocate(o);
        vm.assertEq(providers.burned(address(usd)), BOND - SHARE, "burned");
        vm.assertEq(providers.earned(address(0), address(usd)), 0, "zero");
        vm.expectRevert(ICourt.NothingToCollect.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
        vm.expectRevert(ICourt.SharesNotFinal.selector);
        theCourt.collectShare(node, address(usd), 1, channel);
    }

    /// cartesi/dave#273: parties that revert, burn gas or return a megabyte. The verdict lands.
    function test_hostileReceiversHoldUpNoVerdict() external {
        Refuser refuser = new Refuser();
        vm.deal(address(refuser), 10 ether);
        vm.prank(holder);
        theCourt.appoint(terms, address(refuser), true);
        for (uint256 mood = 1; mood < 4; ++mood) {
            refuser.become(mood);
            Order memory o = graphOrder(uint64(mood));
            Statement memory s = receiptOf(o, 0);
            Matter memory m = matterOf(o, s, TRACE, address(refuser));
            bytes memory data = abi.encodeCall(
                challenges.open, (brief(o), s, TRACE, noRecord(), noLeaf())
            );
            uint256 id = abi.decode(
                refuser.act(address(challenges), feeOf(150_000), data), (uint256)
            );
            vm.warp(NOW + mood * 4 days);
            disputes.timeout(id, m);
            vm.assertTrue(disputes.disputeOf(id).state == State.Convicted, "lands");
        }
        refuser.become(1);
        bytes memory collect = abi.encodeCall(Fees.collect, (address(refuser)));
        vm.expectRevert(
            abi.encodeWithSelector(Fees.PaymentRefused.selector, address(refuser))
        );
        refuser.act(address(disputes), 0, collect);
        // Its own money goes where it says.
        refuser.act(address(disputes), 0, abi.encodeCall(Fees.collect, (stranger)));
        vm.assertEq(address(disputes).balance, 0, "nothing stuck");
    }

    /// plasma-cash#103: opened in the last second, and the challenger's fee is not stuck.
    function test_challengeInTheLastSecondReturnsItsFee() external {
        vm.warp(DEADLINE + 14 days);
        (uint256 id, Matter memory m) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        vm.warp(DEADLINE + 18 days);
        disputes.timeout(id, m);
        vm.prank(holder);
        vm.assertEq(disputes.collect(holder), feeOf(150_000), "back");
        vm.assertEq(address(disputes).balance, 0, "nothing stuck");
    }

    // Helpers

    function _pay(uint128 units) private {
        vouchers.redeemBatch(class, node, rowOf(terms, units));
    }

    function _become(address who) private {
        terms.holder = who;
        channel = openChannel(class, terms, LOCKED);
    }

    function _equivocate(Order memory o) private {
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
    }
}
