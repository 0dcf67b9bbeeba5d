// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channels} from "./Channels.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {Limits} from "./libraries/Limits.sol";
import {Rates} from "./libraries/Rates.sol";
import {Rows} from "./libraries/Rows.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Batch} from "./types/Batch.sol";
import {Channel, ChannelState} from "./types/Channel.sol";
import {Class} from "./types/Class.sol";

/// @title Redemptions: acknowledged units burn, and the node's provider is paid
/// @dev The third page of `Vouchers`. What a court may still undo waits in a batch. No function
/// here calls a token or a receiver.
abstract contract Redemptions is Channels {
    using Rates for Class;

    /// @inheritdoc IVouchers
    mapping(uint256 batchId => Batch) public batch;
    /// @inheritdoc IVouchers
    mapping(uint256 batchId => mapping(uint256 row => uint128)) public refunded;
    /// @inheritdoc IVouchers
    uint256 public batchCount;

    /// @dev One redemption on its way through the rows.
    struct Redemption {
        uint256 classId;
        address node;
        address provider;
        /// `Rates.provider` of the class.
        uint256 rate;
        uint256 units;
        uint256 paid;
        uint256 bitmap;
        /// Empty when the class has no court.
        bytes records;
    }

    /// @inheritdoc IVouchers
    function redeemBatch(Class calldata class, address node, bytes calldata rows)
        external
        nonReentrant
        returns (uint256 batchId, uint256 bitmap, uint256 paid)
    {
        uint256 count = rows.length / Rows.ROW_BYTES;
        require(
            count != 0 && count <= Limits.BATCH_ROWS_MAX && rows.length == count * Rows.ROW_BYTES,
            InvalidRowsLength(rows.length)
        );
        Redemption memory redemption = _newRedemption(class, node, count);
        _checkRedeemable(class);

        bytes32 separator = _domainSeparatorV4();
        Rows.Row memory row;
        for (uint256 i = 0; i < count; ++i) {
            Rows.read(rows, i, row);
            _redeemRow(redemption, row, i, separator);
        }
        batchId = _book(class, redemption, address(this));
        return (batchId, redemption.bitmap, redemption.paid);
    }

    /// @inheritdoc IVouchers
    /// @dev No channel moves, so no bit is set. What is below one base unit joins `burned` at once:
    /// there is no later amount that it could become part of.
    function spend(Class calldata class, Channel calldata terms, uint128 units)
        external
        nonReentrant
        returns (uint256 batchId, uint256 paid)
    {
        bytes32 channelId = _heldChannel(class, terms);
        _checkRedeemable(class);
        require(units != 0, ZeroUnits());
        _checkChannelUnits(units);
        Redemption memory redemption = _newRedemption(class, terms.node, 1);
        _count(redemption, channelId, 0, 0, units, 0);
        _addBurned(class.token, units * redemption.rate % Rates.SCALE);
        return (_book(class, redemption, msg.sender), redemption.paid);
    }

    /// @inheritdoc IVouchers
    function release(uint256[] calldata batchIds)
        external
        nonReentrant
        returns (uint256 amount)
    {
        for (uint256 i = 0; i < batchIds.length; ++i) {
            uint256 batchId = batchIds[i];
            Batch storage b = batch[batchId];
            uint128 matured = b.amount;
            // Twice released, wholly refunded or unknown: nothing to do, and no reason to fail for
            // the others.
            if (matured == 0) continue;
            require(block.timestamp >= b.maturesAt, BatchNotMatured(batchId, b.maturesAt));

            b.amount = 0;
            earned[b.provider][b.token] += matured;
            amount += matured;
            emit Released(batchId, b.provider, matured);
        }
    }

    // The class's court

    /// @inheritdoc IVouchers
    /// @dev Whatever a court does, again and again, the units are free when its time is over: that
    /// keeps a broken one from stranding them.
    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external
        nonReentrant
    {
        bytes32 channelId = _judgedChannel(class, terms);
        ChannelState storage c = channel[channelId];
        uint128 rest = c.locked - c.redeemed;
        require(units <= rest, ReserveTooLarge(units, rest));
        uint256 untilMax = block.timestamp + Limits.ORDER_HORIZON + class.window;
        uint256 courtEnd = _courtEnd(class);
        if (untilMax > courtEnd) untilMax = courtEnd;
        require(until <= untilMax, ReserveTooLong(until, untilMax));

        aux[channelId].reserved = units;
        aux[channelId].reservedUntil = until;
        emit Reserved(channelId, units, until);
    }

    /// @inheritdoc IVouchers
    /// @dev Cumulative like an ack, so that claims and acks end the same in any order.
    function advance(Class calldata class, Channel calldata terms, uint128 cumUnits)
        external
        nonReentrant
        returns (uint256 batchId, uint256 paid)
    {
        bytes32 channelId = _judgedChannel(class, terms);
        _checkBefore(_courtEnd(class));
        _checkChannelUnits(cumUnits);
        return _redeemOne(class, terms, channelId, cumUnits, 0);
    }

    /// @inheritdoc IVouchers
    function refund(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external nonReentrant {
        _take(class, terms, batchId, row, amount, records);
        earned[terms.holder][class.token] += amount;
        emit Refunded(batchId, row, terms.holder, amount);
    }

    /// @inheritdoc IVouchers
    /// @dev The new batch has the row's record, and no more than `amount` to give back; `latest`
    /// goes along, so that splitting again puts nothing off any further.
    function split(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        uint40 maturesAt,
        bytes calldata records
    ) external nonReentrant returns (uint256 newBatchId) {
        require(amount != 0, ZeroUnits());
        _take(class, terms, batchId, row, amount, records);
        Batch memory part = batch[batchId];
        require(
            maturesAt >= block.timestamp && maturesAt <= part.latest,
            MaturityOutOfBounds(maturesAt, part.latest)
        );

        (part.amount, part.maturesAt) = (amount, maturesAt);
        newBatchId = _store(part, Rows.recordAt(records, row));
        emit BatchSplit(batchId, row, newBatchId, amount);
    }

    // From rows to money

    function _newRedemption(Class calldata class, address node, uint256 count)
        private
        view
        returns (Redemption memory redemption)
    {
        redemption.classId = _knownClass(class);
        redemption.node = node;
        redemption.provider = providers.providerOf(node);
        require(redemption.provider != address(0), UnknownNode(node));
        redemption.rate = class.provider();
        if (class.court != address(0)) {
            redemption.records = new bytes(count * Rows.RECORD_BYTES);
        }
    }

    /// @dev Never reverts: whatever a row holds, the other rows are paid.
    function _redeemRow(
        Redemption memory redemption,
        Rows.Row memory row,
        uint256 index,
        bytes32 separator
    ) private {
        bytes32 channelId = SignedTypes.hashChannel(
            row.holder, redemption.node, row.spendKey, redemption.classId, row.salt
        );
        ChannelState storage c = channel[channelId];
        (uint128 locked, uint128 from) = (c.locked, c.redeemed);
        uint128 to = row.cumUnits < locked ? row.cumUnits : locked;
        // What costs least goes first: most useless rows end before the signature.
        bool ok = to > from && row.cumUnits <= Limits.CHANNEL_UNITS_MAX;
        ok = ok
            && _isSigned(
                separator,
                SignedTypes.hashAck(channelId, row.cumUnits, row.nextSeq),
                row.spendKey,
                row.r,
                row.vs
            );
        if (ok) _apply(redemption, channelId, index, from, to, row.nextSeq);
    }

    function _redeemOne(
        Class calldata class,
        Channel calldata terms,
        bytes32 channelId,
        uint128 cumUnits,
        uint64 nextSeq
    ) internal override returns (uint256 batchId, uint256 paid) {
        Redemption memory redemption = _newRedemption(class, terms.node, 1);
        (uint128 locked, uint128 from) =
            (channel[channelId].locked, channel[channelId].redeemed);
        uint128 to = cumUnits < locked ? cumUnits : locked;
        if (to > from) _apply(redemption, channelId, 0, from, to, nextSeq);
        return (_book(class, redemption, address(this)), redemption.paid);
    }

    /// @dev Moves one channel from `from` to `to` units redeemed, `from < to <= locked`.
    function _apply(
        Redemption memory redemption,
        bytes32 channelId,
        uint256 index,
        uint128 from,
        uint128 to,
        uint64 nextSeq
    ) private {
        channel[channelId].redeemed = to;
        redemption.bitmap |= 1 << index;
        _count(redemption, channelId, index, from, to, nextSeq);
    }

    /// @dev Only rows that pay get here. The record of any other stays zero: nobody signed it.
    function _count(
        Redemption memory redemption,
        bytes32 channelId,
        uint256 index,
        uint128 from,
        uint128 to,
        uint64 nextSeq
    ) private pure {
        if (redemption.records.length != 0) {
            Rows.writeRecord(redemption.records, index, channelId, from, to, nextSeq);
        }
        redemption.units += to - from;
        redemption.paid += _paidFor(redemption.rate, from, to);
    }

    /// @dev Burns the units of `owner` and books the money: earned at once, or in escrow while a
    /// court may still undo it. A redemption that moved nothing leaves nothing but its event.
    function _book(Class calldata class, Redemption memory redemption, address owner)
        private
        returns (uint256 batchId)
    {
        if (redemption.units != 0) {
            _burn(owner, redemption.classId, redemption.units);
            _addBurned(class.token, redemption.units * class.burn());
            if (class.court == address(0)) {
                earned[redemption.provider][class.token] += redemption.paid;
            } else {
                batchId = _escrow(class, redemption);
            }
        }
        emit BatchRedeemed(
            redemption.provider,
            redemption.classId,
            batchId,
            redemption.bitmap,
            redemption.units,
            redemption.paid
        );
    }

    function _escrow(Class calldata class, Redemption memory redemption)
        private
        returns (uint256 batchId)
    {
        uint256 maturesAt = block.timestamp + Limits.ORDER_HORIZON + class.window;
        return _store(
            Batch({
                amount: uint128(redemption.paid), // at most 256 * 2^63 * 2^92 / 2^56
                maturesAt: uint40(maturesAt),
                latest: uint40(maturesAt + Limits.DEFERRAL_MAX),
                provider: redemption.provider,
                token: class.token,
                rowsHash: 0
            }),
            redemption.records
        );
    }

    function _store(Batch memory b, bytes memory records) private returns (uint256 batchId) {
        batchId = ++batchCount;
        b.rowsHash = keccak256(records);
        batch[batchId] = b;
        emit BatchEscrowed(batchId, b.maturesAt, records);
    }

    /// @dev Takes `amount` out of what row `row` of a batch still in dispute paid, at most what is
    /// left of the row there and of the batch.
    function _take(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) private {
        bytes32 channelId = _courtsChannel(class, terms);
        uint256 max = _rowPaid(class.provider(), channelId, batchId, row, records);
        max -= refunded[batchId][row];
        uint256 escrowed = batch[batchId].amount;
        if (max > escrowed) max = escrowed;
        require(amount <= max, RefundTooLarge(amount, max));

        batch[batchId].amount -= amount;
        refunded[batchId][row] += amount;
    }

    /// @dev What row `row` of a batch still in dispute paid for the channel.
    function _rowPaid(
        uint256 rate,
        bytes32 channelId,
        uint256 batchId,
        uint256 row,
        bytes calldata records
    ) private view returns (uint256) {
        Batch storage b = batch[batchId];
        require(keccak256(records) == b.rowsHash, InvalidRecords(batchId));
        require(block.timestamp < b.maturesAt, BatchMatured(batchId, b.maturesAt));
        require(row < records.length / Rows.RECORD_BYTES, InvalidRow(batchId, row));
        (bytes32 recorded, uint128 from, uint128 to) = Rows.readRecord(records, row);
        require(recorded == channelId, InvalidRow(batchId, row));
        return _paidFor(rate, from, to);
    }

    /// @dev What redeeming from `from` to `to` pays: a difference of floors of cumulative amounts.
    function _paidFor(uint256 rate, uint128 from, uint128 to) private pure returns (uint256) {
        return to * rate / Rates.SCALE - from * rate / Rates.SCALE;
    }

    // Checks

    /// @dev When a court can hold or redeem units of the class no more.
    function _courtEnd(Class calldata class) private pure returns (uint256) {
        return _redemptionEnd(class) + Limits.COURT_GRACE;
    }

    /// @dev The channel of a class, and the caller its court. Class court zero is nobody.
    function _courtsChannel(Class calldata class, Channel calldata terms)
        private
        view
        returns (bytes32)
    {
        require(class.court == msg.sender, NotCourt(class.court, msg.sender));
        return _channelOf(class, terms);
    }

    /// @dev The same, and open.
    function _judgedChannel(Class calldata class, Channel calldata terms)
        private
        view
        returns (bytes32 channelId)
    {
        channelId = _courtsChannel(class, terms);
        _requireOpen(channelId);
    }
}
