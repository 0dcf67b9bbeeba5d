// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";
import {MockCourt} from "./mocks/MockCourt.sol";

contract VouchersCourtTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;
    uint256 private constant MATURES_AFTER = 3 days + 7 days;
    Class private _class;

    function setUp() public override {
        super.setUp();
        _class = courtClass();
    }

    // Escrow

    function test_redeem_escrowsUntilTheWindowEnds() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint256 paid = paidFor(_class, 0, 1_000);
        bytes memory records = recordOf(id, 0, 1_000, 0);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchEscrowed(1, uint40(NOW + MATURES_AFTER), records);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchRedeemed(provider, idOf(_class), 1, 1, 1_000, paid);
        vouchers.redeemBatch(_class, node, rowOf(terms, 1_000));
        vm.assertEq(vouchers.earned(provider, address(usd)), 0, "not earned yet");
        _checkBatch(1, uint128(paid), records);
        vm.assertEq(vouchers.batchCount(), 1, "count");
    }

    function _checkBatch(uint256 batchId, uint128 paid, bytes memory records) private view {
        (
            uint128 amount,
            uint40 maturesAt,
            uint40 latest,
            address to,
            address token,
            bytes32 rowsHash
        ) = vouchers.batch(batchId);
        vm.assertEq(amount, paid, "escrow");
        vm.assertEq(maturesAt, NOW + MATURES_AFTER, "matures");
        vm.assertEq(latest, NOW + MATURES_AFTER + DEFERRAL_MAX, "latest");
        vm.assertEq(to, provider, "provider");
        vm.assertEq(token, address(usd), "token");
        vm.assertEq(rowsHash, keccak256(records), "rowsHash");
    }

    /// Records cover all rows, so that a row's number is its place, and hold what was signed alone
    /// (attack a08): of useless rows, zeros.
    function testFuzz_redeem_recordsWhatWasSigned(
        uint64 nextSeq,
        uint128 cum,
        bytes32[5] memory junk
    ) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        cum = uint128(bound(cum, 1, UNITS));
        CompactSignature memory sig = sign(SPEND_KEY, ackDigest(id, cum, nextSeq));
        bytes memory row = rowOf(terms, cum, nextSeq, sig);
        CompactSignature memory none;
        bytes memory forged = rowOf(terms, cum, ~nextSeq, none);
        vouchers.redeemBatch(
            _class, node, bytes.concat(abi.encodePacked(junk), forged, row, row)
        );
        bytes memory records =
            bytes.concat(new bytes(144), recordOf(id, 0, cum, nextSeq), new bytes(72));
        (,,,,, bytes32 rowsHash) = vouchers.batch(1);
        vm.assertEq(rowsHash, keccak256(records), "rowsHash");
    }

    function test_redeem_leavesNoBatchIfNothingMoved() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 0));
        vm.assertEq(vouchers.batchCount(), 0, "none");
    }

    function test_release_failsBeforeMaturity() external {
        _redeem(1_000);
        vm.warp(NOW + MATURES_AFTER - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.BatchNotMatured.selector, 1, uint40(NOW + MATURES_AFTER)
            )
        );
        vouchers.release(_one(1));
    }

    function test_release_paysOnce() external {
        _redeem(1_000);
        uint256 paid = paidFor(_class, 0, 1_000);
        vm.warp(NOW + MATURES_AFTER);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.Released(1, provider, paid);
        vm.prank(stranger);
        vouchers.release(_one(1));
        vm.assertEq(vouchers.release(_one(1)), 0, "again");
        vm.assertEq(vouchers.release(_one(77)), 0, "unknown");
        vm.assertEq(vouchers.earned(provider, address(usd)), paid, "earned");
        vm.assertEq(escrowOf(1), 0, "escrow");
    }

    function test_close_escrowsToo() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory ack = sign(SPEND_KEY, ackDigest(id, 20, 9));
        CompactSignature memory release = sign(NODE_KEY, releaseDigest(id, 20));
        vm.prank(holder);
        vouchers.close(_class, terms, 20, 9, ack, release);
        vm.assertEq(escrowOf(1), paidFor(_class, 0, 20), "escrow");
        _checkBatch(1, uint128(paidFor(_class, 0, 20)), recordOf(id, 0, 20, 9));
    }

    // refund

    function testFuzz_refund_movesEscrowToTheHolder(uint128 cum, uint128 amount) external {
        cum = uint128(bound(cum, 1, UNITS));
        uint256 paid = paidFor(_class, 0, cum);
        amount = uint128(bound(amount, 0, paid));
        (Channel memory terms, bytes memory records) = _redeem(cum);
        court.refund(_class, terms, 1, 0, amount, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), amount, "holder");
        vm.assertEq(escrowOf(1), paid - amount, "escrow");
        vm.assertEq(vouchers.refunded(1, 0), amount, "refunded");
        vm.warp(NOW + MATURES_AFTER);
        vouchers.release(_one(1));
        vm.assertEq(vouchers.earned(provider, address(usd)), paid - amount, "provider");
    }

    function test_refund_announces() external {
        (Channel memory terms, bytes memory records) = _redeem(1e9);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.Refunded(1, 0, holder, 5);
        court.refund(_class, terms, 1, 0, 5, records);
    }

    /// Invariant 8: never more than the row paid, not even in pieces, nor from other rows' escrow.
    function testFuzz_refund_failsAboveWhatTheRowPaid(uint128 first, uint128 more) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        Channel memory other = channelOf(_class);
        other.salt = keccak256("other salt");
        bytes32 otherId = openChannel(_class, other, UNITS);
        vouchers.redeemBatch(
            _class, node, bytes.concat(rowOf(terms, 1e9), rowOf(other, 1e9))
        );
        bytes memory records =
            bytes.concat(recordOf(id, 0, 1e9, 0), recordOf(otherId, 0, 1e9, 0));
        uint128 paid = uint128(paidFor(_class, 0, 1e9));
        first = uint128(bound(first, 0, paid));
        more = uint128(bound(more, paid - first + 1, type(uint128).max));
        court.refund(_class, terms, 1, 0, first, records);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.RefundTooLarge.selector, more, paid - first)
        );
        court.refund(_class, terms, 1, 0, more, records);
        vm.assertEq(escrowOf(1), 2 * paid - first, "the other row's money is still there");
    }

    function test_refund_failsAfterMaturity() external {
        (Channel memory terms, bytes memory records) = _redeem(1e9);
        vm.warp(NOW + MATURES_AFTER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.BatchMatured.selector, 1, uint40(NOW + MATURES_AFTER)
            )
        );
        court.refund(_class, terms, 1, 0, 1, records);
    }

    function test_refund_failsIfNotCourt() external {
        (Channel memory terms, bytes memory records) = _redeem(1e9);
        _expectNotCourt();
        vouchers.refund(_class, terms, 1, 0, 1, records);
    }

    function test_refund_failsWithOtherRecords() external {
        (Channel memory terms,) = _redeem(1e9);
        bytes memory wrong = recordOf(idOf(terms), 0, UNITS, 0);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRecords.selector, 1));
        court.refund(_class, terms, 1, 0, 1, wrong);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRecords.selector, 2));
        court.refund(_class, terms, 2, 0, 1, wrong);
    }

    function test_refund_failsForAnotherRowOrChannel() external {
        (Channel memory terms, bytes memory records) = _redeem(1e9);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, 1));
        court.refund(_class, terms, 1, 1, 1, records);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, type(uint256).max)
        );
        court.refund(_class, terms, 1, type(uint256).max, 1, records);
        terms.holder = stranger;
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, 0));
        court.refund(_class, terms, 1, 0, 1, records);
    }

    /// A class names its own court, so another court's batches are out of reach.
    function test_refund_failsForAnotherCourtsBatch() external {
        (Channel memory terms, bytes memory records) = _redeem(1e9);
        MockCourt other = new MockCourt(vouchers, providers);
        Class memory otherClass = courtClass();
        otherClass.court = address(other);
        fund(holder, otherClass, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.ClassMismatch.selector, idOf(otherClass), idOf(_class)
            )
        );
        other.refund(otherClass, terms, 1, 0, 1, records);
        terms.classId = idOf(otherClass);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, 0));
        other.refund(otherClass, terms, 1, 0, 1, records);
    }

    // reserve

    function test_reserve_holdsUnitsBackFromWithdrawal() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + _class.thaw);
        uint40 until = uint40(block.timestamp + MATURES_AFTER);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.Reserved(id, 300, until);
        court.reserve(_class, terms, 300, until);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.Withdrawn(id, node, UNITS - 300, 300);
        vm.prank(holder);
        vouchers.withdraw(_class, terms);
        vm.assertEq(lockedOf(id), 300, "held back");
        court.advance(_class, terms, 120);
        vm.warp(until);
        vm.prank(holder);
        vouchers.withdraw(_class, terms);
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS - 120, "the rest later");
        vm.assertEq(thawAtOf(id), CLOSED, "closed");
    }

    function test_reserve_failsIfNotCourt() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        _expectNotCourt();
        vouchers.reserve(_class, terms, 1, uint40(NOW + 1));
    }

    /// Class court zero is nobody, whoever calls.
    function test_reserve_failsWithoutCourt() external {
        Class memory plain = plainClass();
        (Channel memory terms,) = openChannel(plain, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotCourt.selector, address(0), address(court))
        );
        court.reserve(plain, terms, 1, uint40(NOW + 1));
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotCourt.selector, address(0), address(court))
        );
        court.advance(plain, terms, 1);
    }

    function test_reserve_failsAboveTheRest() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 7));
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.ReserveTooLarge.selector, UNITS - 6, UNITS - 7
            )
        );
        court.reserve(_class, terms, UNITS - 6, uint40(NOW + 1));
    }

    function test_reserve_failsIfTooLong() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        uint40 until = uint40(NOW + MATURES_AFTER + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.ReserveTooLong.selector, until, until - 1)
        );
        court.reserve(_class, terms, 1, until);
    }

    /// Attack a06: a court that reserves again and again holds units until its time is over, and
    /// no longer.
    function test_a06_courtReservesUntilItsTimeIsOver() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        uint256 end = uint256(_class.expiry) + GRACE + COURT_GRACE;
        while (block.timestamp < end) {
            uint256 most = block.timestamp + MATURES_AFTER;
            uint40 until = uint40(most < end ? most : end);
            vm.expectRevert(
                abi.encodeWithSelector(IVouchers.ReserveTooLong.selector, until + 1, until)
            );
            court.reserve(_class, terms, UNITS, until + 1);
            court.reserve(_class, terms, UNITS, until);
            vm.warp(until);
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.ReserveTooLong.selector, uint40(end + 1), uint40(end)
            )
        );
        court.reserve(_class, terms, UNITS, uint40(end + 1));
        court.reserve(_class, terms, UNITS, uint40(end));
        vm.prank(holder);
        vm.assertEq(vouchers.withdraw(_class, terms), UNITS, "free");
    }

    function test_reserve_failsIfNotOpen() external {
        fund(holder, _class, 1);
        Channel memory terms = channelOf(_class);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, idOf(terms))
        );
        court.reserve(_class, terms, 0, uint40(NOW + 1));
    }

    /// Acks may use what is reserved: the node asked for both and knows its channel.
    function test_reserve_doesNotHinderAcks() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        court.reserve(_class, terms, UNITS, uint40(NOW + 1));
        vouchers.redeemBatch(_class, node, rowOf(terms, UNITS));
        vm.assertEq(redeemedOf(id), UNITS, "redeemed");
    }

    function test_close_waivesReserve() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        court.reserve(_class, terms, UNITS, uint40(NOW + 1));
        CompactSignature memory none;
        CompactSignature memory release = sign(NODE_KEY, releaseDigest(id, 0));
        vm.prank(holder);
        vouchers.close(_class, terms, 0, 0, none, release);
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS, "all of it");
    }

    // advance

    function testFuzz_advance_isCumulativeLikeAnAck(uint128 claim, uint128 cum, bool claimFirst)
        external
    {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        claim = uint128(bound(claim, 0, UNITS_MAX));
        cum = uint128(bound(cum, 0, UNITS_MAX));
        bytes memory row = rowOf(terms, cum);
        if (claimFirst) court.advance(_class, terms, claim);
        vouchers.redeemBatch(_class, node, row);
        if (!claimFirst) court.advance(_class, terms, claim);
        uint128 most = claim > cum ? claim : cum;
        if (most > UNITS) most = UNITS;
        vm.assertEq(redeemedOf(id), most, "invariant 3: any order ends the same");
        vm.assertEq(
            uint256(escrowOf(1)) + escrowOf(2), paidFor(_class, 0, most), "nothing paid twice"
        );
    }

    function test_advance_recordsItself() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        court.advance(_class, terms, 50);
        _checkBatch(1, uint128(paidFor(_class, 0, 50)), recordOf(id, 0, 50, 0));
    }

    function test_advance_failsIfNotCourt() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        _expectNotCourt();
        vouchers.advance(_class, terms, 1);
    }

    function test_advance_failsIfNotOpen() external {
        fund(holder, _class, 1);
        Channel memory terms = channelOf(_class);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, idOf(terms))
        );
        court.advance(_class, terms, 1);
    }

    /// Attack a07: what a late holder has left is not the node's. Until the grace ends, a claim of
    /// the last orders still counts.
    function test_a07_courtAdvancesNothingAfterTheGrace() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint256 end = uint256(_class.expiry) + GRACE + COURT_GRACE;
        vm.warp(end - 1);
        court.advance(_class, terms, 7);
        vm.assertEq(redeemedOf(id), 7, "in time");
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.RedemptionEnded.selector, end));
        court.advance(_class, terms, UNITS);
    }

    function test_advance_failsAboveTheUnitsOfAChannel() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.TooManyUnits.selector, UNITS_MAX + 1, UNITS_MAX)
        );
        court.advance(_class, terms, uint128(UNITS_MAX + 1));
    }

    /// Invariant 7: a hostile court empties its own channels at worst; other classes are safe.
    function test_hostileCourt_changesNothingOutsideItsClass() external {
        Class memory plain = plainClass();
        (Channel memory safe, bytes32 safeId) = openChannel(plain, UNITS);
        (Channel memory terms,) = openChannel(_class, UNITS);
        court.advance(_class, terms, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotCourt.selector, address(0), address(court))
        );
        court.advance(plain, safe, UNITS);
        vm.assertEq(redeemedOf(safeId), 0, "untouched");
        vm.assertEq(vouchers.balanceOf(address(vouchers), idOf(plain)), UNITS, "backed");
    }

    // Helpers

    function _redeem(uint128 cum)
        private
        returns (Channel memory terms, bytes memory records)
    {
        bytes32 id;
        (terms, id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, cum));
        records = recordOf(id, 0, cum, uint64(cum % 1_000));
    }

    function _one(uint256 id) private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = id;
    }

    function _expectNotCourt() private {
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotCourt.selector, address(court), stranger)
        );
        vm.prank(stranger);
    }
}
