// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Committee} from "contracts/courts/Committee.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {IClaims} from "contracts/interfaces/IClaims.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {IEvidence} from "contracts/interfaces/IEvidence.sol";
import {Delivery, Start} from "contracts/types/Claim.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "./base/DescentFixture.sol";

contract CourtClaimsTest is DescentFixture {
    // Sums

    function test_claim_paysWithoutAnAck() external {
        uint256 batchId = _claim(zeroStart(), 3, 5);
        vm.assertEq(redeemedOf(channel), 3_000, "redeemed");
        vm.assertEq(escrowOf(batchId), paidFor(class, 0, 3_000), "escrow");
        vm.assertEq(theCourt.caseOf(channel, 4).batchId, batchId, "batch");
        vm.assertEq(
            theCourt.caseOf(channel, 4).value, paidFor(class, 1_000, 2_000), "its part"
        );
    }

    function test_claim_twiceIsOnce() external {
        _claim(zeroStart(), 3, 5);
        vm.assertEq(_claim(zeroStart(), 3, 5), 0, "no batch");
        vm.assertEq(redeemedOf(channel), 3_000, "once");
        vm.assertEq(theCourt.caseOf(channel, 4).batchId, 1, "stays");
    }

    /// R12: a stranger's partial claim stands in nobody's way, not even of a claim in parts.
    function test_strangersPartialClaim() external {
        vm.prank(stranger);
        _claim(zeroStart(), 4, 9);
        _claim(zeroStart(), 0, 2);
        Start memory next;
        (next.cumUnits, next.nextSeq) = (3_000, 3);
        _claim(next, 3, 9);
        vm.assertEq(redeemedOf(channel), 10_000, "all ten");
    }

    function test_claim_beginsAtAnAckAndNowhereElse() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 5_004));
        Start memory start;
        (start.cumUnits, start.nextSeq) = (5_004, 4);
        start.signature = sign(SPEND_KEY, ackDigest(channel, 5_004, 4));
        _claim(start, 4, 5);
        vm.assertEq(redeemedOf(channel), 7_004, "after the ack");
        start.nextSeq = 3;
        Delivery[] memory d = _deliveries(4, 5);
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        claims.claim(class, terms, start, d);
        (start.cumUnits, start.nextSeq) = (7_004, 3);
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        claims.claim(class, terms, start, d);
    }

    function test_claim_failsUnlessSequencesAscend() external {
        Delivery[] memory d = _deliveries(3, 4);
        (d[0], d[1]) = (d[1], d[0]);
        vm.expectRevert(abi.encodeWithSelector(IClaims.NotAscending.selector, 3));
        claims.claim(class, terms, zeroStart(), d);
        d[1] = d[0];
        vm.expectRevert(abi.encodeWithSelector(IClaims.NotAscending.selector, 4));
        claims.claim(class, terms, zeroStart(), d);
    }

    function testFuzz_claimsAndAcksEndTheSame(uint256 seed) external {
        uint256 split = 1 + seed % 4;
        for (uint256 k = 0; k < 3; ++k) {
            uint256 which = (seed >> (8 * k)) % 3;
            if (which == 0) _claim(zeroStart(), 0, split - 1);
            if (which == 1) _claim(zeroStart(), 0, 4);
            if (which == 2) vouchers.redeemBatch(class, node, rowOf(terms, 2_000));
        }
        _claim(zeroStart(), 0, 4);
        vm.assertEq(redeemedOf(channel), 5_000, "the maximum");
    }

    // What a claim has to show

    function test_claim_untilThreeDaysAfterTheDeadline() external {
        Delivery[] memory d = _deliveries(1, 1);
        vm.warp(DEADLINE + 3 days + 1);
        vm.expectRevert(ICourt.OutOfTime.selector);
        claims.claim(class, terms, zeroStart(), d);
        vm.warp(DEADLINE + 3 days);
        claims.claim(class, terms, zeroStart(), d);
    }

    function test_claim_failsWithoutOrderReceiptOrOutput() external {
        Delivery[] memory d = _deliveries(1, 1);
        bytes memory output = d[0].output;
        d[0].output[3] ^= 0x01;
        _refuse(d, IClaims.InvalidOutput.selector);
        d[0].output = "";
        _refuse(d, IClaims.InvalidOutput.selector);
        d[0].output = output;
        d[0].output[3] ^= 0x01;
        d[0].receipt.signature.r = 0;
        _refuse(d, Provers.NotStated.selector);
        d = _deliveries(1, 1);
        d[0].signature.r = 0;
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        claims.claim(class, terms, zeroStart(), d);
        d = _deliveries(1, 1);
        d[0].order.modelRoot = "unknown";
        d[0].signature = brief(d[0].order).signature;
        d[0].receipt = receiptOf(d[0].order, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ICourt.ModelNotAdmitted.selector, bytes32("unknown"))
        );
        claims.claim(class, terms, zeroStart(), d);
    }

    /// R2, R13: what was signed, what the graph costs, what was allowed: the least of them.
    function test_claimWithoutProofPaysExecutionOnly() external {
        Delivery[] memory d = _deliveries(1, 1);
        d[0].order.flags = 12;
        d[0].order.maxUnits = 8_500;
        d[0].signature = brief(d[0].order).signature;
        d[0].receipt = receiptOf(d[0].order, 0);
        d[0].receipt.units = 8_500;
        d[0].receipt = signed(d[0].receipt);
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 1_000, "execution only");
    }

    // The bond

    function test_sumOfClaimsBoundedByBond() external {
        uint256 paid = paidFor(class, 0, 2_000);
        _rebond(uint128(paid) + 5);
        _claim(zeroStart(), 0, 1);
        Delivery[] memory d = _deliveries(0, 2);
        vm.expectRevert();
        claims.claim(class, terms, zeroStart(), d);
        // Buckets are weeks; five of them count.
        vm.warp(NOW + 35 days);
        for (uint256 i = 0; i < 3; ++i) {
            d[i].order.deadline = uint64(NOW + 35 days);
            d[i].signature = brief(d[i].order).signature;
            d[i].receipt = receiptOf(d[i].order, 0);
        }
        claims.claim(class, terms, zeroStart(), d);
    }

    /// Exit, then a late claim: refund at worst and nobody to slash, so no.
    function test_exitThenLateClaim() external {
        Delivery[] memory d = _deliveries(1, 1);
        vm.prank(provider);
        providers.exit(node, address(usd), address(theCourt));
        vm.warp(NOW + 3 days);
        claims.claim(class, terms, zeroStart(), d);
        vm.warp(NOW + 3 days + 1);
        vm.expectRevert(ICourt.OutOfTime.selector);
        claims.claim(class, terms, zeroStart(), d);
    }

    function test_claim_failsAfterAConviction() external {
        Order memory o = graphOrder(9);
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
        Delivery[] memory d = _deliveries(1, 1);
        vm.expectRevert(abi.encodeWithSelector(IClaims.NodeCondemned.selector, node));
        claims.claim(class, terms, zeroStart(), d);
    }

    // A smaller receipt (R22)

    function test_smallerReceiptWins() external {
        _claim(zeroStart(), 1, 1);
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, 0);
        (s.steps, s.units, s.outputRoot) = (0, 0, NOTHING);
        s = signed(s);
        vm.prank(holder);
        theCourt.showSmaller(brief(o), s);
        uint256 value = paidFor(class, 0, 1_000);
        bytes memory records = recordOf(channel, 0, 1_000, 0);
        theCourt.refund(class, terms, 1, 1, 0, uint128(value), records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "difference");
        vm.assertEq(bondOf(), BOND, "no slash");
    }

    // Deferral (R15)

    function test_deferralBoundedByCase() external {
        _claim(zeroStart(), 1, 5);
        (uint256 id, Matter memory m) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        bytes memory records = recordOf(channel, 0, 5_000, 0);
        uint128 value = uint128(paidFor(class, 0, 1_000));
        vm.startPrank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(ICourt.AmountTooLarge.selector, value + 1, value)
        );
        _defer(id, m, value + 1, records);
        uint256 part = _defer(id, m, value, records);
        vm.expectRevert(abi.encodeWithSelector(ICourt.AmountTooLarge.selector, 1, 0));
        _defer(id, m, 1, records);
        vm.stopPrank();
        vm.assertEq(escrowOf(part), value, "its own batch");
        vm.warp(NOW + 12 days - 1);
        uint256[] memory ids = new uint256[](1);
        ids[0] = part;
        vm.expectRevert();
        vouchers.release(ids);
    }

    /// nitro#1343: everybody plays to the last second, and the refund is still in time.
    function test_refundStillInTimeAfterTheLongestDispute() external {
        _claim(zeroStart(), 1, 1);
        (uint256 id, Matter memory m) =
            openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        bytes memory records = recordOf(channel, 0, 1_000, 0);
        uint128 paid = uint128(paidFor(class, 0, 1_000));
        vm.prank(holder);
        uint256 part = _defer(id, m, paid, records);
        vm.warp(NOW + 12 days - 1);
        disputes.timeout(id, m);
        uint128 value = theCourt.caseOf(channel, 1).refundable;
        theCourt.refund(class, terms, 1, part, 0, value, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "refunded");
    }

    function _defer(uint256 id, Matter memory m, uint128 amount, bytes memory records)
        private
        returns (uint256)
    {
        return disputes.defer(id, m, class, terms, 1, 0, amount, records);
    }

    // Evidence (R1)

    function test_evidence_paysEarlyAndTheBondStaysLiable() external {
        (Committee committee, bytes memory evidence) = _committee(1);
        _claim(zeroStart(), 1, 2);
        uint256 batchId = _finalise(1, committee, evidence);
        uint256[] memory ids = new uint256[](1);
        ids[0] = batchId;
        vouchers.release(ids);
        vm.assertEq(
            vouchers.earned(provider, address(usd)), paidFor(class, 0, 1_000), "paid"
        );
        Order memory o = graphOrder(1);
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
        vm.assertEq(bondOf(), 0, "slashed all the same");
    }

    function test_evidenceOfOneOrderNeverReleasesAnother() external {
        (Committee committee, bytes memory evidence) = _committee(1);
        vouchers.redeemBatch(class, node, rowOf(terms, 50_001));
        vm.expectRevert(ICourt.WrongStage.selector);
        this.finalise(1, committee, evidence);
        Start memory start;
        (start.cumUnits, start.nextSeq) = (50_001, 1);
        start.signature = sign(SPEND_KEY, ackDigest(channel, 50_001, 1));
        _claim(start, 1, 1);
        uint256 batchId = _finalise(1, committee, evidence);
        vm.assertEq(escrowOf(batchId), paidFor(class, 50_001, 51_001), "its part");
        vm.expectRevert(ICourt.WrongStage.selector);
        this.finalise(1, committee, evidence);
    }

    function test_evidence_neverWhileADisputeIsOpen() external {
        (Committee committee, bytes memory evidence) = _committee(1);
        _claim(zeroStart(), 1, 1);
        openTrace(graphOrder(1), receiptOf(graphOrder(1), 0), holder);
        vm.expectRevert(ICourt.WrongStage.selector);
        this.finalise(1, committee, evidence);
    }

    function test_evidence_failsUnlessTrustedAndWhole() external {
        (Committee committee, bytes memory evidence) = _committee(1);
        _claim(zeroStart(), 1, 2);
        vm.expectRevert(IClaims.NoEvidence.selector);
        this.finalise(2, committee, evidence);
        evidence[0] ^= 0x01;
        vm.expectRevert(IClaims.NoEvidence.selector);
        this.finalise(1, committee, evidence);
        evidence[0] ^= 0x01;
        vm.prank(holder);
        claims.trust(terms, address(committee), false);
        vm.expectRevert(IClaims.NoEvidence.selector);
        this.finalise(1, committee, evidence);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotAuthorised.selector, stranger));
        vm.prank(stranger);
        claims.trust(terms, address(committee), true);
    }

    function finalise(uint64 seq, Committee committee, bytes calldata evidence)
        external
        returns (uint256)
    {
        return _finalise(seq, committee, evidence);
    }

    function _finalise(uint64 seq, Committee committee, bytes memory evidence)
        private
        returns (uint256)
    {
        Order memory o = graphOrder(seq);
        (uint256 from, uint256 to) = redeemedOf(channel) > 50_000
            ? (uint256(50_001), uint256(redeemedOf(channel)))
            : (uint256(0), uint256(redeemedOf(channel)));
        bytes memory records = recordOf(channel, uint128(from), uint128(to), 0);
        return claims.finalise(
            brief(o), receiptOf(o, 0), noLeaf(), address(committee), evidence, records
        );
    }

    /// @dev Two of three sign the claim of an order.
    function _committee(uint64 seq) private returns (Committee committee, bytes memory evidence) {
        address[] memory members = new address[](3);
        for (uint256 i = 0; i < 3; ++i) members[i] = vm.addr(100 + i);
        committee = new Committee(members, 2);
        vm.prank(holder);
        claims.trust(terms, address(committee), true);
        Order memory o = graphOrder(seq);
        Statement memory s = receiptOf(o, 0);
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "Claim(bytes32 orderHash,bytes32 modelRoot,bytes32 inputRoot,"
                    "bytes32 outputRoot,bytes32 traceRoot,uint128 units,uint32 steps,"
                    "address node)"
                ),
                IEvidence.Claim({
                    orderHash: orderHash(o),
                    modelRoot: o.modelRoot,
                    inputRoot: o.inputRoot,
                    outputRoot: s.outputRoot,
                    traceRoot: s.traceRoot,
                    units: s.units,
                    steps: s.steps,
                    node: node
                })
            )
        );
        bytes32 digest = digestOf(separatorOf(address(committee)), hash);
        (uint256 a, uint256 b) =
            vm.addr(100) < vm.addr(101) ? (100, 101) : (uint256(101), uint256(100));
        (bytes32 r, bytes32 vs) = vm.signCompact(a, digest);
        evidence = abi.encodePacked(r, vs);
        (r, vs) = vm.signCompact(b, digest);
        evidence = abi.encodePacked(evidence, r, vs);
    }

    // Helpers

    function _deliveries(uint256 first, uint256 last)
        private
        view
        returns (Delivery[] memory d)
    {
        d = new Delivery[](last - first + 1);
        for (uint256 i = 0; i < d.length; ++i) d[i] = deliveryOf(graphOrder(uint64(first + i)));
    }

    function _claim(Start memory start, uint256 first, uint256 last)
        private
        returns (uint256)
    {
        Delivery[] memory d = _deliveries(first, last);
        return claims.claim(class, terms, start, d);
    }

    function _refuse(Delivery[] memory d, bytes4 why) private {
        vm.expectRevert(why);
        claims.claim(class, terms, zeroStart(), d);
    }

    /// @dev A node of another size of bond.
    function _rebond(uint128 amount) private {
        terms.node = node2;
        channel = openChannel(class, terms, LOCKED);
        stakeAs(provider2, node2, address(theCourt), amount);
        node = node2;
        _nodeKey = NODE2_KEY;
    }
}
