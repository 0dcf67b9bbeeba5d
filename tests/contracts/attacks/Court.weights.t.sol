// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "contracts/interfaces/ICourt.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {Ground, Verdict} from "contracts/types/Verdict.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice What counts as paid where a reporter's share is divided: what stays paid, for days. And
/// for how long a cheater's own disputes hold it up.
contract CourtWeightsTest is DescentFixture {
    uint256 private constant SHARE = BOND / 5;
    uint128 private constant LOAN = 500_000;

    /// Mint, redeem, convict oneself, refund, collect: in one transaction nothing is earned.
    function test_loanedWeight_isNoneAfterTheRefund() external {
        (bytes32 victim, Channel memory honest) = (channel, terms);
        _pay(9_000);
        (, bytes memory records) = _becomePuppet(LOAN);
        Order memory o = _dear(1);
        contradictions.equivocation(
            brief(o), _receipt(o, LOAN, "a"), _receipt(o, LOAN, "b"), noRecord()
        );
        theCourt.refund(class, terms, 1, 2, 0, uint128(paidFor(class, 0, LOAN)), records);
        _refuse(channel, 0, ICourt.NothingToCollect.selector);
        // Nor does it take anything from what the others get.
        bytes32 puppet = channel;
        (channel, terms) = (victim, honest);
        _equivocate(2);
        vm.warp(NOW + 5 days);
        (,, bool condemned) = theCourt.pot(_bond(), 0);
        vm.assertTrue(condemned, "condemned");
        _refuse(puppet, 0, ICourt.NothingToCollect.selector);
    }

    /// The loan joins a pot that waits for a dispute: its weight leaves it with the refund.
    function test_loanedWeight_dilutesNobody() external {
        _pay(9_000);
        bytes32 victim = channel;
        Order memory wrong = graphOrder(1);
        Statement memory s = receiptOf(wrong, Grove.list(tensorsOf(WRONG)));
        (uint256 id, Matter memory m) = openTrace(wrong, s, holder);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        (, bytes memory records) = _becomePuppet(LOAN);
        Order memory o = _dear(1);
        contradictions.equivocation(
            brief(o), _receipt(o, LOAN, "a"), _receipt(o, LOAN, "b"), noRecord()
        );
        (, uint256 weight,) = theCourt.pot(_bond(), 0);
        vm.assertEq(weight, paidFor(class, 0, LOAN), "weighs");
        theCourt.refund(class, terms, 1, 2, 0, uint128(paidFor(class, 0, LOAN)), records);
        (, weight,) = theCourt.pot(_bond(), 0);
        vm.assertEq(weight, 0, "no more");
        disputes.prove(id, m, proofOf(id, WRONG, WRONG));
        vm.warp(NOW + 5 days);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, victim), SHARE, "whole");
    }

    /// Convicted of nothing, the dear receipt shown later: the money is bound for days meanwhile.
    function test_loanedWeight_isBoundAsLongAsAnEscrow() external {
        (, bytes memory records) = _becomePuppet(LOAN);
        Order memory o = _dear(1);
        Statement memory nil = _receipt(o, 0, "a");
        (nil.steps, nil.outputRoot) = (0, NOTHING);
        contradictions.nothing(brief(o), signed(nil));
        _refuse(channel, 0, ICourt.SharesNotFinal.selector);
        vm.warp(NOW + 5 days - 1);
        _refuse(channel, 0, ICourt.SharesNotFinal.selector);
        theCourt.showReceipt(brief(o), _receipt(o, LOAN, "b"));
        theCourt.refund(class, terms, 1, 1, 0, uint128(paidFor(class, 0, LOAN)), records);
        vm.warp(NOW + 9 days);
        _refuse(channel, 0, ICourt.NothingToCollect.selector);
    }

    /// Three generations in one transaction: the refund reaches every share, the middle one too.
    function test_loanedWeight_leavesEveryGeneration() external {
        (, bytes memory records) = _becomePuppet(LOAN);
        Verdict memory v = Verdict({
            channel: channel,
            seq: 1,
            node: node,
            token: address(usd),
            rate: uint96(providerRate(class)),
            units: LOAN,
            reporter: holder,
            ground: Ground.Late
        });
        for (v.seq = 3; v.seq < 5; ++v.seq) {
            vm.prank(address(claims));
            theCourt.convict(v);
        }
        v.seq = 2;
        v.ground = Ground.Proof;
        vm.prank(address(claims));
        theCourt.convict(v);
        vm.assertEq(theCourt.generationOf(node), 3, "three pots");
        theCourt.refund(class, terms, 2, 1, 0, uint128(paidFor(class, 0, LOAN)), records);
        vm.warp(NOW + 9 days);
        for (uint24 g = 0; g < 3; ++g) _refuse(channel, g, ICourt.NothingToCollect.selector);
    }

    /// What was refunded before the verdict was not paid either.
    function test_weight_isLessWhatWentBackBefore() external {
        _pay(9_000);
        bytes memory records = recordOf(channel, 0, 9_000, uint64(9_000 % 1_000));
        _equivocate(1);
        uint128 back = uint128(paidFor(class, 0, 1_000));
        theCourt.refund(class, terms, 1, 1, 0, back, records);
        (, uint96 weight,,,) = theCourt.share(_bond(), 0, channel);
        vm.assertEq(weight, paidFor(class, 0, 9_000) - back, "after");
    }

    /// By silence first, then proven: the same weight, and no cap any more.
    function test_proofLiftsTheCapOfSilence() external {
        _pay(9_000);
        Order memory o = graphOrder(2);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(WRONG)));
        (uint256 a, Matter memory ma) = openTrace(o, s, spend);
        descend(a, ma, toy.BIG(), WRONG / 128, WRONG);
        (uint256 b, Matter memory mb) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        vm.warp(NOW + 3 days);
        bytes memory request = requestOf(toy.BIG(), WRONG);
        vm.prank(spend);
        disputes.askOperands{value: feeOf(180_000)}(a, ma, request);
        vm.warp(NOW + 3.5 days + 1);
        disputes.timeout(b, mb);
        contradictions.equivocation(
            brief(o), s, receiptOf(o, "other"), noRecord()
        );
        vm.warp(NOW + 7 days);
        disputes.timeout(a, ma);
        vm.warp(NOW + 12 days);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, channel), SHARE, "whole");
    }

    // For how long

    /// A pot waits for disputes as long as one can last, not for a cheater's that nobody answers.
    function test_pot_isFinalAfterTheLongestDispute() external {
        _pay(9_000);
        bytes32 victim = channel;
        _becomePuppet(10);
        bytes32 root = Grove.list(tensorsOf(RIGHT));
        openTrace(graphOrder(1), receiptOf(graphOrder(1), root), holder);
        terms = channelOf(class);
        channel = victim;
        _equivocate(1);
        vm.warp(NOW + 26 days);
        _refuse(victim, 0, ICourt.SharesNotFinal.selector);
        vm.warp(NOW + 26 days + 1);
        vm.assertEq(theCourt.collectShare(node, address(usd), 0, victim), SHARE, "whole");
    }

    /// An empty bond begins nothing: no pot, and no chain of them.
    function test_pot_beginsWithAShareOnly() external {
        _pay(9_000);
        _equivocate(1);
        vm.assertEq(theCourt.generationOf(node), 1, "one");
        for (uint64 i = 2; i < 5; ++i) _equivocate(i);
        vm.assertEq(theCourt.generationOf(node), 1, "still one");
        vm.assertTrue(theCourt.condemned(node) && theCourt.fallen(node), "convicted");
    }

    /// Nobody is credited where nobody has joined.
    function test_nodeThatNeverJoined_strandsNoEther() external {
        (uint256 key, address ghost) = (0xdead, vm.addr(0xdead));
        _nodeKey = key;
        terms.node = ghost;
        terms.salt = "ghost";
        channel = vouchers.channelIdOf(terms);
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(RIGHT)));
        Matter memory m = matterOf(o, s, TRACE, holder);
        m.node = ghost;
        vm.prank(holder);
        uint256 id = challenges.open{value: feeOf(150_000)}(
            brief(o), s, TRACE, noRecord(), noLeaf()
        );
        disputes.answer(id, m, answerData(id, RIGHT));
        vm.warp(NOW + 4 days);
        disputes.timeout(id, m);
        vm.assertEq(disputes.credit(address(0)), 0, "nobody");
        vm.assertEq(disputes.credit(holder), feeOf(150_000), "back");
    }

    // Helpers

    function _becomePuppet(uint128 units)
        private
        returns (uint256 batchId, bytes memory records)
    {
        terms.salt = "puppet";
        channel = openChannel(class, terms, LOCKED);
        _pay(units);
        batchId = vouchers.batchCount();
        records = recordOf(channel, 0, units, uint64(units % 1_000));
    }

    function _dear(uint64 seq) private view returns (Order memory o) {
        o = graphOrder(seq);
        o.maxUnits = LOAN;
    }

    function _receipt(Order memory o, uint128 units, bytes32 root)
        private
        view
        returns (Statement memory s)
    {
        s = receiptOf(o, root);
        s.units = units;
        return signed(s);
    }

    function _pay(uint128 units) private {
        vouchers.redeemBatch(class, node, rowOf(terms, units));
    }

    function _equivocate(uint64 seq) private {
        Order memory o = graphOrder(seq);
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
    }

    function _bond() private view returns (bytes32) {
        return keccak256(abi.encode(node, address(usd)));
    }

    function _refuse(bytes32 whose, uint24 generation, bytes4 why) private {
        vm.expectRevert(why);
        theCourt.collectShare(node, address(usd), generation, whose);
    }
}
