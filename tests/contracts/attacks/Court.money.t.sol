// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevStablecoin} from "contracts/DevStablecoin.sol";
import {Records} from "contracts/courts/Records.sol";
import {IClaims} from "contracts/interfaces/IClaims.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {Delivery} from "contracts/types/Claim.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {CaseState} from "contracts/types/Verdict.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";
import {WillingVerifier} from "../mocks/WillingVerifier.sol";

/// @notice What is put off, claimed again, proven early and shown smaller: nobody moves another's
/// money, and nobody loses his own by somebody else's small move.
contract CourtMoneyTest is DescentFixture {
    WillingVerifier private _willing;

    function setUp() public override {
        super.setUp();
        _willing = new WillingVerifier();
        vm.prank(holder);
        claims.trust(terms, address(_willing), true);
    }

    // Deferral

    /// A stranger, where everybody may act, puts off one base unit; the holder the rest.
    function test_tinyDeferralLocksNobodyOut() external {
        bytes memory records = _claimOne(graphOrder(1));
        uint128 value = uint128(paidFor(class, 0, 1_000));
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
        (uint256 a, Matter memory ma) = _open(1, stranger);
        (uint256 b, Matter memory mb) = _open(1, holder);
        uint256 part = _defer(a, ma, 1, 1, records);
        vm.expectRevert(
            abi.encodeWithSelector(ICourt.AmountTooLarge.selector, value, value - 1)
        );
        this.defer(b, mb, 1, value, records);
        uint256 rest = _defer(b, mb, 1, value - 1, records);
        vm.assertEq(escrowOf(part) + escrowOf(rest), value, "the case's value, in all");
        vm.expectRevert(abi.encodeWithSelector(ICourt.AmountTooLarge.selector, 1, 0));
        this.defer(a, ma, 1, 1, records);
    }

    function test_deferralIsNeverDueEarlier() external {
        class.window = 30 days;
        (terms, channel) = openChannel(class, LOCKED);
        bytes memory records = _claimOne(graphOrder(1));
        (uint256 id, Matter memory m) = _open(1, holder);
        uint256 part = _defer(id, m, 1, 700, records);
        vm.assertEq(maturesAtOf(part), maturesAtOf(1), "with the rest");
    }

    /// The queue is nobody's time, so a dispute may be longer than one deferral.
    function test_partsArePutOffAgain() external {
        bytes memory records = _claimOne(graphOrder(1));
        uint128 value = uint128(paidFor(class, 0, 1_000));
        (uint256 id, Matter memory m) = _open(1, holder);
        uint256 part = _defer(id, m, 1, value, records);
        vm.assertEq(maturesAtOf(part), NOW + 12 days, "as long as a dispute");
        vm.warp(NOW + 11 days);
        uint256 again = _defer(id, m, part, value, records);
        vm.assertEq(maturesAtOf(again), NOW + 23 days, "once more");
        vm.assertEq(theCourt.caseOf(channel, 1).moved, value, "counted once");
        vm.warp(NOW + 22 days);
        again = _defer(id, m, again, value, records);
        vm.assertEq(maturesAtOf(again), NOW + 34 days, "of 35 at most");
        vm.warp(NOW + 33 days);
        again = _defer(id, m, again, value, records);
        vm.assertEq(maturesAtOf(again), latestOf(1), "the end of putting off");
    }

    /// What ends before the dispute is no place to put money off from.
    function test_partOfAnotherCaseIsNoPlaceToDefer() external {
        Delivery[] memory d = new Delivery[](2);
        for (uint64 i = 0; i < 2; ++i) d[i] = deliveryOf(graphOrder(i + 1));
        claims.claim(class, terms, zeroStart(), d);
        bytes memory records = recordOf(channel, 0, 2_000, 0);
        (uint256 one, Matter memory m) = _open(1, holder);
        (uint256 two, Matter memory n) = _open(2, spend);
        uint256 part = _defer(one, m, 1, 900, records);
        vm.warp(NOW + 11 days);
        part = _defer(one, m, part, 900, records);
        vm.warp(NOW + 22 days);
        part = _defer(one, m, part, 900, records);
        vm.warp(NOW + 24 days);
        vm.expectRevert(ICourt.OutOfTime.selector);
        this.defer(two, n, part, 900, records);
    }

    /// A base unit put off, and the rest is freed by evidence all the same; also the other way.
    function test_deferralBlocksNoEvidence() external {
        bytes memory records = _claimOne(graphOrder(1));
        uint128 value = uint128(paidFor(class, 0, 1_000));
        (uint256 id, Matter memory m) = _open(1, holder);
        _defer(id, m, 1, 1, records);
        disputes.answerRoot(id, m, traceOf(graphOrder(1), "root"));
        m.run.traceRoot = "root";
        vm.warp(NOW + 4 days);
        disputes.timeout(id, m);
        uint256 early = _finalise(graphOrder(1), receiptOf(graphOrder(1), 0), noLeaf(), records);
        vm.assertEq(escrowOf(early), value - 1, "the rest");
        (id, m) = _open(1, holder);
        vm.expectRevert(abi.encodeWithSelector(ICourt.AmountTooLarge.selector, 1, 0));
        this.defer(id, m, 1, 1, records);
    }

    // Claims, again and again

    /// A second claim, however small, takes nothing from what a smaller receipt gives back (R22).
    function test_secondClaimTakesNothingFromTheRefund() external {
        _claimOne(graphOrder(1));
        Delivery[] memory d = new Delivery[](2);
        d[0] = deliveryOf(graphOrder(0));
        d[0].receipt.units = 1;
        d[0].receipt = signed(d[0].receipt);
        d[1] = deliveryOf(graphOrder(1));
        claims.claim(class, terms, zeroStart(), d);
        CaseState memory c = theCourt.caseOf(channel, 1);
        vm.assertEq(c.batchId, 1, "the larger part's");
        vm.assertEq(uint256(c.value) + c.more, paidFor(class, 0, 1_001), "the sum");
        vm.assertEq(c.charged, 1_000, "the most");
        vm.assertEq(_showNothing(1), _value(1_000), "all that was charged too much");
    }

    function test_paidInPartsIsRefundedInAll() external {
        uint128[5] memory units = [uint128(10), 400, 401, 1_000, 10];
        for (uint256 i = 0; i < 5; ++i) {
            Delivery[] memory d = new Delivery[](1);
            d[0] = deliveryOf(graphOrder(1));
            d[0].receipt.units = units[i];
            d[0].receipt = signed(d[0].receipt);
            claims.claim(class, terms, zeroStart(), d);
        }
        CaseState memory c = theCourt.caseOf(channel, 1);
        vm.assertEq(c.batchId, 4, "of 599 units");
        vm.assertEq(uint256(c.value) + c.more, paidFor(class, 0, 1_000), "the sum");
        vm.assertEq(_showNothing(1), _value(1_000), "in all");
    }

    /// An ack had paid for it: the claim added nothing, and there is nothing to give back.
    function test_smallerReceiptGivesBackWhatAClaimPaid() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 999));
        _claimOne(graphOrder(1));
        vm.assertEq(_showNothing(1), paidFor(class, 999, 1_000), "one unit");
    }

    // Evidence

    /// R1: what was proven is freed, not what was claimed with another receipt.
    function test_evidenceFreesWhatWasProven() external {
        (Order memory o, bytes memory record) = _taleOrder();
        Delivery[] memory d = new Delivery[](1);
        d[0] = Delivery({
            order: o,
            signature: brief(o).signature,
            receipt: _taleReceipt(o, 9),
            output: _words(9)
        });
        claims.claim(class, terms, zeroStart(), d);
        uint256 claimed = theCourt.caseOf(channel, 1).value;
        vm.assertEq(claimed, paidFor(class, 0, 970), "nine tokens");
        bytes memory records = recordOf(channel, 0, 970, 0);
        uint256 part =
            _finalise(o, _taleReceipt(o, 5), openingOf(record, 0), records);
        vm.assertEq(escrowOf(part), _value(850), "five were proven");
        vm.assertEq(escrowOf(1), claimed - _value(850), "the rest waits");
    }

    /// R2: the price of bit 3 with evidence only, the price of bit 2 by no claim at all.
    function test_proofIsPaidByAClaimOnlyWithEvidence() external {
        Order memory o = graphOrder(1);
        (o.flags, o.maxUnits) = (12, 9_000);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        d[0].receipt.units = 8_500;
        d[0].receipt = signed(d[0].receipt);
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 1_000, "execution");
        Brief memory b = brief(o);
        vm.expectRevert(IClaims.NoEvidence.selector);
        claims.attest(b, d[0].receipt, noLeaf(), address(this), "");
        claims.attest(b, d[0].receipt, noLeaf(), address(_willing), "");
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 8_000, "and the proof that was shown");
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 8_000, "once");
    }

    // Fees

    /// Not the length of the whole transaction: an answer among many earns what one earns.
    function test_demandFeeGoesByTheOutput() external {
        _ask(graphOrder(2), 0);
        Delivery[] memory d = new Delivery[](5);
        for (uint64 i = 0; i < 5; ++i) d[i] = deliveryOf(graphOrder(i));
        claims.claim(class, terms, zeroStart(), d);
        uint256 fee = (150_000 + 45 * 40) * 1 gwei * 5 / 4;
        vm.assertEq(claims.credit(provider), fee, "one answer of 40 bytes");
    }

    function test_overpaidDemandIsCreditedBack() external {
        uint256 needed = 4 * (150_000 + 45 * 40) * 1 gwei;
        _ask(graphOrder(1), 1 ether);
        vm.assertEq(claims.credit(holder), 1 ether, "at once");
        vm.assertEq(claims.demandOf(channel, 1).deposit, needed, "what may be earned");
        vm.warp(block.timestamp + 4 days);
        claims.timeout(class, terms, 1);
        vm.assertEq(claims.credit(holder), 1 ether + needed, "and the rest at the end");
    }

    // Other tokens

    /// A verdict in one token leaves what the node is owed in another, and its bond there.
    function test_convictedInOneTokenClaimsInAnother() external {
        (DevStablecoin coin, Class memory other) = _stakeElsewhere();
        contradictions.equivocation(
            brief(graphOrder(1)),
            receiptOf(graphOrder(1), "a"),
            receiptOf(graphOrder(1), "b"),
            noRecord()
        );
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(2));
        vm.expectRevert(abi.encodeWithSelector(IClaims.NodeCondemned.selector, node));
        claims.claim(class, terms, zeroStart(), d);
        class = other;
        terms = channelOf(class);
        channel = idOf(terms);
        d[0] = deliveryOf(graphOrder(2));
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 1_000, "paid");
        vm.assertEq(coin.balanceOf(address(providers)), BOND, "its own bond behind it");
    }

    /// R11: the bond outlives every verdict on an order of the last moment.
    function test_exitRightAfterAccept() external {
        Order memory o = graphOrder(1);
        o.deadline = uint64(NOW + 3 days);
        vm.warp(NOW + 1);
        vm.prank(provider);
        providers.exit(node, address(usd), address(theCourt));
        vm.warp(NOW + 9 days);
        CompactSignature memory sig = acceptOf(o, o.deadline);
        Brief memory b = brief(o);
        vm.prank(holder);
        claims.ask{value: 1 ether}(b, o.deadline, sig, noLeaf());
        vm.warp(NOW + 12 days + 1);
        claims.timeout(class, terms, 1);
        vm.assertEq(bondOf(), BOND - BOND / 5, "late");
        vm.warp(NOW + 17 days);
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, 0), holder);
        vm.warp(NOW + 17 days + 12 days);
        vm.prank(provider);
        vm.expectRevert();
        providers.withdraw(node, address(usd), address(theCourt), provider);
        disputes.timeout(id, m);
        vm.assertEq(bondOf(), 0, "wrong");
    }

    // Helpers

    function defer(
        uint256 id,
        Matter calldata m,
        uint256 batchId,
        uint128 amount,
        bytes calldata records
    ) external {
        _defer(id, m, batchId, amount, records);
    }

    function _defer(
        uint256 id,
        Matter memory m,
        uint256 batchId,
        uint128 amount,
        bytes memory records
    ) private returns (uint256) {
        vm.prank(m.opener);
        return disputes.defer(id, m, class, terms, batchId, 0, amount, records);
    }

    function _open(uint64 seq, address opener)
        private
        returns (uint256 id, Matter memory m)
    {
        return openTrace(graphOrder(seq), receiptOf(graphOrder(seq), 0), opener);
    }

    function _claimOne(Order memory o) private returns (bytes memory records) {
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        uint128 from = redeemedOf(channel);
        claims.claim(class, terms, zeroStart(), d);
        return recordOf(channel, from, redeemedOf(channel), 0);
    }

    function _finalise(
        Order memory o,
        Statement memory s,
        Records.Opening memory first,
        bytes memory records
    ) private returns (uint256) {
        return claims.finalise(brief(o), s, first, address(_willing), "", records);
    }

    /// @dev Shows a receipt of nothing; returns what became refundable.
    function _showNothing(uint64 seq) private returns (uint256) {
        Order memory o = graphOrder(seq);
        Statement memory s = receiptOf(o, 0);
        (s.steps, s.units, s.outputRoot) = (0, 0, NOTHING);
        Brief memory b = brief(o);
        s = signed(s);
        vm.prank(holder);
        theCourt.showSmaller(b, s);
        return theCourt.caseOf(channel, seq).refundable;
    }

    function _ask(Order memory o, uint256 extra) private {
        vm.warp(uint256(DEADLINE) + 1);
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        vm.prank(holder);
        claims.ask{value: 4 * (150_000 + 45 * 40) * 1 gwei + extra}(b, DEADLINE, sig, noLeaf());
    }

    function _value(uint128 units) private view returns (uint256) {
        return uint256(units) * providerRate(class) / SCALE;
    }

    /// @dev A class of another token, with a channel and a bond: a revoked node gets neither.
    function _stakeElsewhere() private returns (DevStablecoin coin, Class memory other) {
        DevStablecoin first = usd;
        usd = coin = new DevStablecoin();
        other = class;
        other.token = address(coin);
        openChannel(other, LOCKED);
        stakeAs(provider, node, address(theCourt), BOND);
        usd = first;
    }

    function _taleOrder() private view returns (Order memory o, bytes memory record) {
        o = graphOrder(1);
        uint32[] memory ends = new uint32[](1);
        ends[0] = 77;
        record = recordOf(7, 20, ends);
        o.modelRoot = toy.TALES();
        o.inputRoot = listOf(3, record.length, record);
    }

    function _taleReceipt(Order memory o, uint32 steps)
        private
        view
        returns (Statement memory s)
    {
        s = receiptOf(o, 0);
        (s.steps, s.units) = (steps, 700 + 30 * steps);
        s.outputRoot = listOf(2, steps, _words(steps));
        return signed(s);
    }

    function _words(uint32 steps) private pure returns (bytes memory data) {
        for (uint256 i = 0; i < steps; ++i) data = abi.encodePacked(data, Grove.little(i));
    }
}
