// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {Fixture} from "./base/Fixture.sol";

/// @notice A court takes a part of a row out of its batch: to pay it early, or to hold it longer.
contract VouchersSplitTest is Fixture {
    uint128 private constant UNITS = 2_000_000_007;
    uint128 private constant CUM = 1e9;
    uint256 private constant MATURES_AFTER = 3 days + 7 days;
    Class private _class;
    Channel private _terms;
    bytes32 private _id;
    bytes private _records;
    uint128 private _paid;
    uint40 private _latest = uint40(NOW + MATURES_AFTER + DEFERRAL_MAX);

    /// @dev A batch of two rows of the same size; the second is another channel's.
    function setUp() public override {
        super.setUp();
        _class = courtClass();
        (_terms, _id) = openChannel(_class, UNITS);
        Channel memory other = channelOf(_class);
        other.salt = keccak256("other salt");
        bytes32 otherId = openChannel(_class, other, UNITS);
        vouchers.redeemBatch(_class, node, bytes.concat(rowOf(_terms, CUM), rowOf(other, CUM)));
        _records = bytes.concat(recordOf(_id, 0, CUM, 0), recordOf(otherId, 0, CUM, 0));
        _paid = uint128(paidFor(_class, 0, CUM));
    }

    /// What is proven right is paid in the same block; the rest waits as it would have.
    function testFuzz_split_paysEarly(uint128 amount) external {
        amount = uint128(bound(amount, 1, _paid));
        uint256 newId = _split(amount, uint40(NOW));
        vm.assertEq(vouchers.release(_one(newId)), amount, "at once");
        vm.assertEq(vouchers.earned(provider, address(usd)), amount, "earned");
        vm.warp(NOW + MATURES_AFTER);
        vm.assertEq(vouchers.release(_one(1)), 2 * _paid - amount, "the rest");
        vm.assertEq(vouchers.release(_one(newId)), 0, "once");
    }

    /// F4: a dispute that outlasts the maturity still finds the money there, and the holder gets
    /// it; all but the part in dispute is paid in time.
    function testFuzz_split_holdsBackWhatIsDisputed(uint128 amount, uint128 back) external {
        amount = uint128(bound(amount, 1, _paid));
        back = uint128(bound(back, 0, amount));
        uint256 newId = _split(amount, _latest);
        vm.warp(NOW + MATURES_AFTER);
        vm.assertEq(vouchers.release(_one(1)), 2 * _paid - amount, "not in dispute");
        vm.warp(_latest - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.BatchNotMatured.selector, newId, _latest)
        );
        vouchers.release(_one(newId));
        court.refund(_class, _terms, newId, 0, back, recordOf(_id, 0, CUM, 0));
        vm.assertEq(vouchers.earned(holder, address(usd)), back, "holder");
        vm.warp(_latest);
        vm.assertEq(vouchers.release(_one(newId)), amount - back, "provider");
    }

    /// The same without any window: the shortest class has room for the longest dispute.
    function test_split_worksWithoutAWindow() external {
        Class memory class = courtClass();
        class.window = 0;
        (Channel memory terms, bytes32 id) = openChannel(class, UNITS);
        (uint256 batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, CUM));
        bytes memory records = recordOf(id, 0, CUM, 0);
        vm.warp(NOW + 3 days - 1);
        uint40 until = uint40(block.timestamp + 12 days);
        uint256 newId = court.split(class, terms, batchId, 0, _paid, until, records);
        vm.warp(until - 1);
        court.refund(class, terms, newId, 0, _paid, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), _paid, "all of it");
    }

    function test_split_keepsRecordProviderTokenAndLatest() external {
        bytes memory record = recordOf(_id, 0, CUM, 0);
        uint40 maturesAt = uint40(NOW + 20 days);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchEscrowed(2, maturesAt, record);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchSplit(1, 0, 2, 77);
        vm.assertEq(_split(77, maturesAt), 2, "the next number");
        (
            uint128 amount,
            uint40 matures,
            uint40 latest,
            address to,
            address token,
            bytes32 hash
        ) = vouchers.batch(2);
        vm.assertEq(amount, 77, "amount");
        vm.assertEq(matures, maturesAt, "maturesAt");
        vm.assertEq(latest, _latest, "latest");
        vm.assertEq(to, provider, "provider");
        vm.assertEq(token, address(usd), "token");
        vm.assertEq(hash, keccak256(record), "rowsHash");
        vm.assertEq(escrowOf(1), 2 * _paid - 77, "taken");
        vm.assertEq(vouchers.refunded(1, 0), 77, "counts as refunded");
    }

    /// Refunds, and parts split off, are together at most what the row paid; the escrow of the
    /// other row covers nothing of it.
    function testFuzz_split_failsAboveWhatTheRowPaid(uint128 first, uint128 back, uint128 more)
        external
    {
        first = uint128(bound(first, 1, _paid));
        back = uint128(bound(back, 0, _paid - first));
        uint128 left = _paid - first - back;
        more = uint128(bound(more, left + 1, type(uint128).max));
        _split(first, _latest);
        court.refund(_class, _terms, 1, 0, back, _records);
        bytes memory why =
            abi.encodeWithSelector(IVouchers.RefundTooLarge.selector, more, left);
        vm.expectRevert(why);
        _split(more, _latest);
        vm.expectRevert(why);
        court.refund(_class, _terms, 1, 0, more, _records);
        vm.assertEq(escrowOf(1), 2 * _paid - first - back, "the other row's is there");
    }

    /// The new batch's record says what the row paid; what it can give back is its amount.
    function testFuzz_split_refundsAtMostItsAmount(uint128 amount) external {
        amount = uint128(bound(amount, 1, _paid - 1));
        uint256 newId = _split(amount, _latest);
        bytes memory record = recordOf(_id, 0, CUM, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.RefundTooLarge.selector, amount + 1, amount)
        );
        court.refund(_class, _terms, newId, 0, amount + 1, record);
        court.refund(_class, _terms, newId, 0, amount, record);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.RefundTooLarge.selector, 1, 0));
        court.refund(_class, _terms, newId, 0, 1, record);
    }

    /// Splitting what was split puts nothing off any further, and may still end early.
    function test_split_againKeepsLatest() external {
        bytes memory record = recordOf(_id, 0, CUM, 0);
        uint256 second = _split(100, _latest);
        vm.warp(_latest - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.MaturityOutOfBounds.selector, _latest + 1, _latest
            )
        );
        court.split(_class, _terms, second, 0, 50, _latest + 1, record);
        uint256 third = court.split(_class, _terms, second, 0, 50, _latest, record);
        vm.assertEq(latestOf(third), _latest, "latest");
        uint40 now_ = uint40(block.timestamp);
        uint256 fourth = court.split(_class, _terms, third, 0, 20, now_, record);
        vm.assertEq(vouchers.release(_one(fourth)), 20, "early");
        vm.assertEq(escrowOf(third), 30, "later");
        vm.warp(_latest);
        uint256[] memory ids = new uint256[](3);
        (ids[0], ids[1], ids[2]) = (1, second, third);
        vm.assertEq(vouchers.release(ids), 2 * _paid - 20, "all of it");
        vm.assertEq(vouchers.earned(provider, address(usd)), 2 * _paid, "exactly");
    }

    function test_split_failsBeforeNowAndAfterLatest() external {
        vm.warp(NOW + 1 days);
        uint40[2] memory wrong = [uint40(NOW + 1 days - 1), _latest + 1];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IVouchers.MaturityOutOfBounds.selector, wrong[i], _latest
                )
            );
            _split(1, wrong[i]);
        }
        _split(1, uint40(NOW + 1 days));
        _split(1, _latest);
    }

    /// Early finality is final: what is due is beyond every dispute.
    function test_split_failsAfterMaturity() external {
        uint256 early = _split(1, uint40(NOW));
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.BatchMatured.selector, early, uint40(NOW))
        );
        court.split(_class, _terms, early, 0, 1, _latest, recordOf(_id, 0, CUM, 0));
        vm.warp(NOW + MATURES_AFTER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.BatchMatured.selector, 1, uint40(NOW + MATURES_AFTER)
            )
        );
        _split(1, _latest);
    }

    function test_split_failsIfNotCourt() external {
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotCourt.selector, address(court), holder)
        );
        vm.prank(holder);
        vouchers.split(_class, _terms, 1, 0, 1, _latest, _records);
    }

    function test_split_failsIfZero() external {
        vm.expectRevert(abi.encodePacked(IVouchers.ZeroUnits.selector));
        _split(0, _latest);
    }

    function test_split_failsWithOtherRecordsOrRows() external {
        bytes memory wrong = recordOf(_id, 0, UNITS, 0);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRecords.selector, 1));
        court.split(_class, _terms, 1, 0, 1, _latest, wrong);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, 1));
        court.split(_class, _terms, 1, 1, 1, _latest, _records);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 1, 2));
        court.split(_class, _terms, 1, 2, 1, _latest, _records);
    }

    /// A channel that has ended is still judged.
    function test_split_succeedsAfterTheChannelClosed() external {
        vm.startPrank(holder);
        vouchers.thaw(_class, _terms);
        vm.warp(NOW + _class.thaw);
        vouchers.withdraw(_class, _terms);
        vm.stopPrank();
        _split(_paid, _latest);
        vm.assertEq(escrowOf(2), _paid, "held");
    }

    /// A junk row has a record of nobody, so nothing can be split off it (attack a08).
    function test_split_failsForARowThatMovedNothing() external {
        vouchers.redeemBatch(
            _class, node, bytes.concat(rowOf(_terms, CUM), rowOf(_terms, UNITS))
        );
        bytes memory records =
            bytes.concat(new bytes(72), recordOf(_id, CUM, UNITS, uint64(UNITS % 1_000)));
        vm.expectRevert(abi.encodeWithSelector(IVouchers.InvalidRow.selector, 2, 0));
        court.split(_class, _terms, 2, 0, 1, _latest, records);
        court.split(_class, _terms, 2, 1, 1, _latest, records);
    }

    function _split(uint128 amount, uint40 maturesAt) private returns (uint256) {
        return court.split(_class, _terms, 1, 0, amount, maturesAt, _records);
    }

    function _one(uint256 id) private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = id;
    }
}
