// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "contracts/interfaces/ICourt.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter, State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {Ground, Verdict} from "contracts/types/Verdict.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice The first verdict of an order is not the last word: a cheater gains nothing by being
/// convicted of less than it did, or earlier.
contract CourtConvictionsTest is DescentFixture {
    uint256 private constant LATE = uint256(DEADLINE) + 1;

    // Convicted of its cheapest statement

    function test_selfConvictionWithoutUnitsKeepsNoEscrow() external {
        Order memory o = graphOrder(1);
        (uint256 batchId, bytes memory records) = _redeem(1_000);
        _convictOfNothing(o);
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, 0, "of no units");
        vm.assertEq(bondOf(), 0, "the whole bond");
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, 0);
        vm.prank(stranger);
        theCourt.showReceipt(b, s);
        uint128 value = uint128(paidFor(class, 0, 1_000));
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, value, "what it charged");
        theCourt.refund(class, terms, 1, batchId, 0, value, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "back with the holder");
        vm.assertEq(providers.burned(address(usd)), BOND - BOND / 5, "slashed once");
    }

    function test_receiptsOfAConvictedOrder_theDearestCounts() external {
        Order memory o = graphOrder(1);
        _convictOfNothing(o);
        uint128[3] memory units = [uint128(700), 300, type(uint128).max];
        uint128[3] memory counts = [uint128(700), 700, 1_000];
        for (uint256 i = 0; i < 3; ++i) {
            Statement memory s = receiptOf(o, 0);
            s.units = units[i];
            theCourt.showReceipt(brief(o), signed(s));
            vm.assertEq(
                theCourt.caseOf(channel, 1).refundable,
                _value(counts[i]),
                "the maximum, within maxUnits"
            );
        }
    }

    /// A conviction in the last second leaves the holder time all the same.
    function test_receiptsOfAConvictedOrder_longAfterTheStatute() external {
        Order memory o = graphOrder(1);
        vm.warp(DEADLINE + 14 days);
        _convictOfNothing(o);
        vm.warp(DEADLINE + 40 days);
        theCourt.showReceipt(brief(o), receiptOf(o, 0));
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, _value(1_000), "raised");
    }

    function test_showReceipt_onlyTheNodesOwnOfAConvictedOrder() external {
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, 0);
        vm.expectRevert(ICourt.WrongStage.selector);
        theCourt.showReceipt(b, s);
        _convictOfNothing(o);
        Statement[3] memory bad;
        bad[0] = receiptOf(graphOrder(2), 0);
        bad[1] = traceOf(o, "root");
        bad[2] = receiptOf(o, 0);
        bad[2].units = 999;
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, node));
            theCourt.showReceipt(b, bad[i]);
        }
        b.signature.r = 0;
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        theCourt.showReceipt(b, s);
    }

    function test_equivocationIsPricedByTheDearerReceipt() external {
        Order memory o = graphOrder(1);
        Statement memory dear = receiptOf(o, 0);
        Statement memory cheap = receiptOf(o, 0);
        cheap.units = 0;
        cheap = signed(cheap);
        uint256 before = vm.snapshotState();
        contradictions.equivocation(brief(o), dear, cheap, noRecord());
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, _value(1_000), "dear first");
        vm.revertToState(before);
        contradictions.equivocation(brief(o), cheap, dear, noRecord());
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, _value(1_000), "cheap first");
    }

    /// What no channel can hold is nobody's cost, and overflows nothing.
    function test_unitsBeyondAChannelAreNobodysCost() external {
        Order memory o = graphOrder(1);
        o.maxUnits = type(uint128).max;
        Statement memory s = receiptOf(o, 0);
        s.units = type(uint128).max;
        contradictions.units(brief(o), signed(s), noRecord());
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, _value(2 ** 63 - 1), "the most");
    }

    // Late, and wrong

    function test_lateBarsNoProof() external {
        Order memory o = graphOrder(1);
        (uint256 batchId, bytes memory records) = _redeem(1_000);
        _late(o);
        vm.assertEq(bondOf(), BOND - BOND / 5, "a fifth");
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, 0, "nothing was claimed");
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
        vm.assertEq(bondOf(), 0, "the rest");
        uint128 value = uint128(_value(1_000));
        theCourt.refund(class, terms, 1, batchId, 0, value, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "refunded");
    }

    function test_lateBarsNoDispute() external {
        Order memory o = graphOrder(1);
        _late(o);
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, 0), holder);
        vm.warp(block.timestamp + 4 days);
        disputes.timeout(id, m);
        vm.assertTrue(disputes.disputeOf(id).state == State.Convicted, "by silence");
        vm.assertEq(bondOf(), 0, "the rest");
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, _value(1_000), "refundable");
    }

    /// Once for being late, once for being wrong, and nothing after that.
    function test_convict_onceOnEachGround() external {
        Verdict memory v = Verdict({
            channel: channel,
            seq: 1,
            node: node,
            token: address(usd),
            rate: uint96(providerRate(class)),
            units: 1_000,
            reporter: holder,
            ground: Ground.Late
        });
        vm.startPrank(address(claims));
        theCourt.convict(v);
        vm.assertEq(bondOf(), BOND - BOND / 5, "a fifth");
        vm.expectRevert(ICourt.AlreadyConvicted.selector);
        theCourt.convict(v);
        v.ground = Ground.Silence;
        theCourt.convict(v);
        vm.assertEq(bondOf(), 0, "all");
        for (uint256 i = 0; i < 3; ++i) {
            v.ground = Ground(i);
            vm.expectRevert(ICourt.AlreadyConvicted.selector);
            theCourt.convict(v);
        }
        vm.stopPrank();
    }

    /// What a verdict for being late may pay is no bound for the proof that follows.
    function test_lateCapsNoLaterProofsShare() external {
        _redeem(100_000);
        Order memory o = graphOrder(1);
        vm.warp(LATE);
        bytes32 root = Grove.list(tensorsOf(WRONG));
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, root), holder);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        _late(graphOrder(2));
        disputes.prove(id, m, proofOf(id, WRONG, WRONG));
        vm.assertEq(bondOf(), 0, "slashed twice, in all once");
        vm.warp(block.timestamp + 5 days);
        uint256 share = theCourt.collectShare(node, address(usd), 0, channel);
        vm.assertEq(share, BOND / 5, "the whole share, not twice a price");
        vm.assertEq(usd.balanceOf(holder), share, "of him who proved");
        vm.assertEq(usd.balanceOf(spend), 0, "not of him who asked");
    }

    // By token

    /// A bond that no verdict touched stands behind what its node is still owed.
    function test_condemnedInOneTokenOnly() external {
        vm.assertTrue(!theCourt.condemned(node), "not yet");
        _convictOfNothing(graphOrder(1));
        vm.assertTrue(theCourt.condemned(node), "seen by clients");
        vm.assertTrue(theCourt.condemnedIn(node, address(usd)), "in this token");
        vm.assertTrue(!theCourt.condemnedIn(node, address(this)), "in no other");
        vm.assertTrue(!theCourt.condemnedIn(node2, address(usd)), "nobody else");
    }

    // Helpers

    function _convictOfNothing(Order memory o) private {
        Statement memory s = receiptOf(o, "root");
        (s.steps, s.units, s.outputRoot) = (0, 0, NOTHING);
        contradictions.nothing(brief(o), signed(s));
    }

    function _late(Order memory o) private {
        if (block.timestamp < LATE) vm.warp(LATE);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        Brief memory b = brief(o);
        vm.prank(spend);
        claims.ask{value: 1 ether}(b, DEADLINE, sig, noLeaf());
        vm.warp(block.timestamp + 3 days + 1);
        claims.timeout(class, terms, o.seq);
    }

    function _redeem(uint128 cum) private returns (uint256 batchId, bytes memory records) {
        (batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, cum));
        records = recordOf(channel, 0, cum, uint64(cum % 1_000));
    }

    function _value(uint128 units) private view returns (uint256) {
        return uint256(units) * providerRate(class) / SCALE;
    }
}
