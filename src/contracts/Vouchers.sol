// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from
    "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from
    "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviders} from "./interfaces/IProviders.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {Limits} from "./libraries/Limits.sol";
import {Rates} from "./libraries/Rates.sol";
import {Rows} from "./libraries/Rows.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Batch} from "./types/Batch.sol";
import {Burned} from "./types/Burned.sol";
import {Channel, ChannelAux, ChannelState} from "./types/Channel.sol";
import {Class} from "./types/Class.sol";
import {CompactSignature} from "./types/CompactSignature.sol";

/// @title Vouchers, vault and channels in one contract
/// @dev Money, exactly, for each token (the invariant tests check this equation):
///
///     balance * SCALE = unburned units * Rates.total + earned * SCALE + batch escrow * SCALE
///         + burned * SCALE + dust + what open channels are owed below one base unit
///
/// Mint rounds up, a channel's payout is the floor of its *cumulative* amount, so splitting acks
/// gains nobody anything; what the roundings leave joins `burned`, fraction by fraction.
///
/// The guard is global: every function that moves value holds it, transfers included, and state is
/// written before a token or receiver is called. The only calls to unknown code are the token's
/// (mint, reclaim, settle) and the ERC-1155 receiver's (mint, transfer). Redemption makes none.
contract Vouchers is IVouchers, ERC1155, EIP712, ReentrancyGuardTransient {
    using Rates for Class;
    using SafeERC20 for IERC20;

    /// @dev `thawAt` of a closed channel. Such an id never reopens.
    uint40 private constant CLOSED = type(uint40).max;

    /// @inheritdoc IVouchers
    uint256 public constant REDEEM_GRACE = Limits.REDEEM_GRACE;
    /// @inheritdoc IVouchers
    uint256 public constant ORDER_HORIZON = Limits.ORDER_HORIZON;
    /// @inheritdoc IVouchers
    IProviders public immutable providers;

    /// @inheritdoc IVouchers
    mapping(uint256 classId => uint256) public minted;
    /// @inheritdoc IVouchers
    mapping(bytes32 channelId => ChannelState) public channel;
    /// @inheritdoc IVouchers
    mapping(bytes32 channelId => ChannelAux) public aux;
    /// @inheritdoc IVouchers
    mapping(address account => mapping(address token => uint256)) public earned;
    /// @inheritdoc IVouchers
    mapping(address token => Burned) public burned;
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

    constructor(IProviders providers_) ERC1155("") EIP712("ComputeVoucher", "1") {
        providers = providers_;
    }

    // Buying and leaving

    /// @inheritdoc IVouchers
    function mint(Class calldata class, uint256 units, address to)
        external
        nonReentrant
        returns (uint256 classId, uint256 cost)
    {
        (classId, cost) = _admit(class, units);
        _deliver(class, classId, units, cost, to);
    }

    /// @inheritdoc IVouchers
    function mintWithPermit(
        Class calldata class,
        uint256 units,
        address to,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 classId, uint256 cost) {
        (classId, cost) = _admit(class, units);
        // Anybody can send a permit he has seen in the mempool; ours then fails, but the allowance
        // is there. So the failure says nothing, and the transfer decides.
        try IERC20Permit(class.token).permit(
            msg.sender, address(this), cost, deadline, v, r, s
        ) {} catch {}
        _deliver(class, classId, units, cost, to);
    }

    /// @inheritdoc IVouchers
    function reclaim(Class calldata class, uint256 units, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        uint256 classId = _knownClass(class);
        uint256 endsAt = _redemptionEnd(class);
        require(block.timestamp >= endsAt, RedemptionOpen(endsAt));
        require(units != 0, ZeroUnits());
        _checkRecipient(to);

        _burn(msg.sender, classId, units);
        amount = units * class.backing() / Rates.SCALE;
        _addBurned(class.token, units * class.total() - amount * Rates.SCALE);
        emit Reclaimed(msg.sender, classId, units, to, amount);
        IERC20(class.token).safeTransfer(to, amount);
    }

    /// @inheritdoc IVouchers
    function settle(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = earned[msg.sender][token];
        require(amount != 0, NothingToSettle());
        _checkRecipient(to);

        earned[msg.sender][token] = 0;
        emit Settled(msg.sender, token, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    // Channels, by their holder

    /// @inheritdoc IVouchers
    function open(Class calldata class, Channel calldata terms, uint128 units)
        external
        nonReentrant
        returns (bytes32 channelId)
    {
        channelId = _heldChannel(class, terms);
        require(terms.spendKey != address(0), ZeroSpendKey());
        // A closed channel that never redeemed has nothing locked either: only `thawAt` tells.
        require(
            channel[channelId].locked == 0 && aux[channelId].thawAt == 0, ChannelExists(channelId)
        );
        _lock(class, terms, channelId, units);
        emit ChannelOpened(
            channelId,
            terms.holder,
            terms.node,
            terms.spendKey,
            terms.classId,
            terms.salt,
            units
        );
    }

    /// @inheritdoc IVouchers
    function topUp(Class calldata class, Channel calldata terms, uint128 units)
        external
        nonReentrant
    {
        bytes32 channelId = _heldChannel(class, terms);
        _requireOpen(channelId);
        require(aux[channelId].thawAt == 0, ChannelThawing(channelId));
        uint128 locked = _lock(class, terms, channelId, units);
        emit ToppedUp(channelId, terms.node, units, locked);
    }

    /// @inheritdoc IVouchers
    function thaw(Class calldata class, Channel calldata terms) external nonReentrant {
        bytes32 channelId = _heldChannel(class, terms);
        _requireOpen(channelId);
        require(aux[channelId].thawAt == 0, ChannelThawing(channelId));
        uint40 thawAt = uint40(block.timestamp + class.thaw);
        aux[channelId].thawAt = thawAt;
        emit ThawStarted(channelId, terms.node, thawAt);
    }

    /// @inheritdoc IVouchers
    /// @dev Redemption goes on until this call, also after `thawAt`: what the spend key signed is
    /// owed, and the holder loses nothing by being paid out later.
    function withdraw(Class calldata class, Channel calldata terms)
        external
        nonReentrant
        returns (uint128 units)
    {
        bytes32 channelId = _heldChannel(class, terms);
        _requireOpen(channelId);
        ChannelAux storage a = aux[channelId];
        bool thawed = a.thawAt != 0 && block.timestamp >= a.thawAt;
        // When nothing can be redeemed any more there is nobody to wait for.
        require(thawed || block.timestamp >= _redemptionEnd(class), NotThawed(a.thawAt));

        ChannelState storage c = channel[channelId];
        uint128 rest = c.locked - c.redeemed;
        uint128 held = block.timestamp < a.reservedUntil ? a.reserved : 0;
        if (held == 0) return _closeChannel(class, terms, channelId);

        units = rest > held ? rest - held : 0;
        c.locked -= units;
        emit Withdrawn(channelId, terms.node, units, c.locked);
        _move(address(this), terms.holder, terms.classId, units);
    }

    /// @inheritdoc IVouchers
    /// @dev A release waives what a court has reserved for the node too: the node itself asks for
    /// nothing more. Of a revoked node it counts for nothing, because a thief may have signed it.
    function close(
        Class calldata class,
        Channel calldata terms,
        uint128 cumUnits,
        uint64 nextSeq,
        CompactSignature calldata ackSig,
        CompactSignature calldata releaseSig
    ) external nonReentrant returns (uint128 units) {
        bytes32 channelId = _heldChannel(class, terms);
        _requireOpen(channelId);
        require(providers.revokedAt(terms.node) == 0, NodeIsRevoked(terms.node));
        bytes32 released = SignedTypes.hashRelease(channelId, cumUnits);
        require(
            _isSigned(_domainSeparatorV4(), released, terms.node, releaseSig.r, releaseSig.vs),
            InvalidRelease(channelId)
        );

        if (cumUnits > channel[channelId].redeemed) {
            _checkRedeemable(class);
            _checkChannelUnits(cumUnits);
            bytes32 ack = SignedTypes.hashAck(channelId, cumUnits, nextSeq);
            require(
                _isSigned(_domainSeparatorV4(), ack, terms.spendKey, ackSig.r, ackSig.vs),
                InvalidAck(channelId)
            );
            _redeemOne(class, terms, channelId, cumUnits, nextSeq);
        }
        return _closeChannel(class, terms, channelId);
    }

    // Redemption

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
        batchId = _book(class, redemption);
        return (batchId, redemption.bitmap, redemption.paid);
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
    /// @dev A bound on the time keeps a broken court from stranding units for good.
    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external
        nonReentrant
    {
        bytes32 channelId = _judgedChannel(class, terms);
        ChannelState storage c = channel[channelId];
        uint128 rest = c.locked - c.redeemed;
        require(units <= rest, ReserveTooLarge(units, rest));
        uint256 untilMax = block.timestamp + Limits.ORDER_HORIZON + class.window;
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
        bytes32 channelId = _courtsChannel(class, terms);
        uint256 max = _rowPaid(class.provider(), channelId, batchId, row, records);
        max -= refunded[batchId][row];
        uint256 escrowed = batch[batchId].amount;
        if (max > escrowed) max = escrowed;
        require(amount <= max, RefundTooLarge(amount, max));

        batch[batchId].amount -= amount;
        refunded[batchId][row] += amount;
        earned[terms.holder][class.token] += amount;
        emit Refunded(batchId, row, terms.holder, amount);
    }

    // ERC-1155

    /// @inheritdoc ERC1155
    function safeTransferFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes memory data
    ) public override nonReentrant {
        super.safeTransferFrom(from, to, id, value, data);
    }

    /// @inheritdoc ERC1155
    function safeBatchTransferFrom(
        address from,
        address to,
        uint256[] memory ids,
        uint256[] memory values,
        bytes memory data
    ) public override nonReentrant {
        super.safeBatchTransferFrom(from, to, ids, values, data);
    }

    // Reading

    /// @inheritdoc IVouchers
    function classIdOf(Class calldata class) public pure returns (uint256) {
        return uint256(SignedTypes.hashClass(class));
    }

    /// @inheritdoc IVouchers
    function channelIdOf(Channel calldata terms) external pure returns (bytes32) {
        return SignedTypes.hashChannel(terms);
    }

    /// @inheritdoc IVouchers
    function quote(Class calldata class, uint256 units) public pure returns (uint256 cost) {
        return Math.ceilDiv(units * class.total(), Rates.SCALE);
    }

    /// @inheritdoc IVouchers
    function payout(Class calldata class, uint128 cumUnits) external pure returns (uint256 paid) {
        return cumUnits * class.provider() / Rates.SCALE;
    }

    /// @inheritdoc IVouchers
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // Minting

    /// @dev Checks a mint and books it. Bounds come before products: nothing here can overflow.
    function _admit(Class calldata class, uint256 units)
        private
        returns (uint256 classId, uint256 cost)
    {
        require(units != 0, ZeroUnits());
        require(block.timestamp < class.expiry, ClassExpired(class.expiry));
        classId = classIdOf(class);
        uint256 before = minted[classId];
        if (before == 0) {
            _checkBounds(class);
            emit ClassCreated(classId, class);
        }
        uint256 supplyLeft = Limits.SUPPLY_MAX - before;
        require(units <= supplyLeft, TooManyUnits(units, supplyLeft));

        minted[classId] = before + units;
        cost = quote(class, units);
        _addBurned(class.token, cost * Rates.SCALE - units * class.total());
    }

    /// @dev Takes the cost from the caller, and from nobody else, and hands the units over. A token
    /// that keeps a fee would leave vouchers without backing, so it fails.
    function _deliver(
        Class calldata class,
        uint256 classId,
        uint256 units,
        uint256 cost,
        address to
    ) private {
        IERC20 token = IERC20(class.token);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), cost);
        uint256 received = token.balanceOf(address(this)) - before;
        require(received == cost, UnexpectedAmountReceived(cost, received));
        _mint(to, classId, units, "");
    }

    function _checkBounds(Class calldata class) private view {
        require(
            class.unitPrice != 0 && class.unitPrice <= Limits.UNIT_PRICE_MAX,
            ClassOutOfBounds("unitPrice")
        );
        require(
            class.expiry <= block.timestamp + Limits.EXPIRY_MAX, ClassOutOfBounds("expiry")
        );
        require(
            class.thaw >= Limits.THAW_MIN && class.thaw <= Limits.THAW_MAX,
            ClassOutOfBounds("thaw")
        );
        require(class.window <= Limits.WINDOW_MAX, ClassOutOfBounds("window"));
        require(class.premiumBps <= Limits.BPS, ClassOutOfBounds("premiumBps"));
        require(class.burnBps <= Limits.BPS, ClassOutOfBounds("burnBps"));
    }

    /// @dev Adds `scaled` / SCALE base units to what is locked here for ever.
    function _addBurned(address token, uint256 scaled) private {
        if (scaled == 0) return;
        Burned storage b = burned[token];
        scaled += b.dust;
        b.amount += uint192(scaled / Rates.SCALE); // below 2^220 / 2^56
        b.dust = uint64(scaled % Rates.SCALE);
    }

    // Channels

    /// @dev Locks the caller's units; returns all that is locked then.
    function _lock(
        Class calldata class,
        Channel calldata terms,
        bytes32 channelId,
        uint128 units
    ) private returns (uint128 locked) {
        require(units != 0, ZeroUnits());
        require(block.timestamp < class.expiry, ClassExpired(class.expiry));
        require(providers.providerOf(terms.node) != address(0), UnknownNode(terms.node));
        require(providers.revokedAt(terms.node) == 0, NodeIsRevoked(terms.node));
        uint256 sum = uint256(channel[channelId].locked) + units;
        _checkChannelUnits(sum);
        locked = uint128(sum);
        channel[channelId].locked = locked;
        _move(msg.sender, address(this), terms.classId, units);
    }

    /// @dev The end of a channel: the rest goes back, and nothing it was owed below one base unit
    /// can grow into one any more.
    function _closeChannel(Class calldata class, Channel calldata terms, bytes32 channelId)
        private
        returns (uint128 units)
    {
        ChannelState storage c = channel[channelId];
        uint128 redeemed = c.redeemed;
        units = c.locked - redeemed;
        c.locked = redeemed;
        aux[channelId] = ChannelAux({thawAt: CLOSED, reserved: 0, reservedUntil: 0});
        _addBurned(class.token, redeemed * class.provider() % Rates.SCALE);
        emit ChannelClosed(channelId, terms.node, redeemed, units);
        _move(address(this), terms.holder, terms.classId, units);
    }

    /// @dev Moves units without asking the receiver: it is either this contract or a holder that
    /// held these very units before.
    function _move(address from, address to, uint256 classId, uint256 units) private {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        ids[0] = classId;
        values[0] = units;
        _update(from, to, ids, values);
    }

    // Redemption

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
        if (!ok) to = from;
        _apply(redemption, channelId, index, from, to, row.nextSeq);
    }

    /// @dev Redeems one channel in a batch of its own, for the holder's close or the court's claim.
    function _redeemOne(
        Class calldata class,
        Channel calldata terms,
        bytes32 channelId,
        uint128 cumUnits,
        uint64 nextSeq
    ) private returns (uint256 batchId, uint256 paid) {
        Redemption memory redemption = _newRedemption(class, terms.node, 1);
        (uint128 locked, uint128 from) =
            (channel[channelId].locked, channel[channelId].redeemed);
        uint128 to = cumUnits < locked ? cumUnits : locked;
        if (to < from) to = from;
        _apply(redemption, channelId, 0, from, to, nextSeq);
        return (_book(class, redemption), redemption.paid);
    }

    /// @dev Moves one channel from `from` to `to` units redeemed, `from <= to <= locked`.
    function _apply(
        Redemption memory redemption,
        bytes32 channelId,
        uint256 index,
        uint128 from,
        uint128 to,
        uint64 nextSeq
    ) private {
        if (redemption.records.length != 0) {
            Rows.writeRecord(redemption.records, index, channelId, from, to, nextSeq);
        }
        if (to == from) return;

        channel[channelId].redeemed = to;
        redemption.bitmap |= 1 << index;
        redemption.units += to - from;
        redemption.paid += _paidFor(redemption.rate, from, to);
    }

    /// @dev Burns the units and books the money: earned at once, or in escrow while a court may
    /// still undo it. A redemption that moved nothing leaves nothing but its event.
    function _book(Class calldata class, Redemption memory redemption)
        private
        returns (uint256 batchId)
    {
        if (redemption.units != 0) {
            _burn(address(this), redemption.classId, redemption.units);
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
        batchId = ++batchCount;
        uint40 maturesAt = uint40(block.timestamp + Limits.ORDER_HORIZON + class.window);
        batch[batchId] = Batch({
            amount: uint128(redemption.paid), // at most 256 * 2^63 * 2^92 / 2^56
            maturesAt: maturesAt,
            provider: redemption.provider,
            token: class.token,
            rowsHash: keccak256(redemption.records)
        });
        emit BatchEscrowed(batchId, maturesAt, redemption.records);
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

    function _knownClass(Class calldata class) private view returns (uint256 classId) {
        classId = classIdOf(class);
        require(minted[classId] != 0, UnknownClass(classId));
    }

    /// @dev The channel of a class, and the caller its holder.
    function _heldChannel(Class calldata class, Channel calldata terms)
        private
        view
        returns (bytes32)
    {
        require(terms.holder == msg.sender, NotHolder(terms.holder, msg.sender));
        return _channelOf(class, terms);
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

    function _channelOf(Class calldata class, Channel calldata terms)
        private
        view
        returns (bytes32)
    {
        uint256 classId = _knownClass(class);
        require(terms.classId == classId, ClassMismatch(classId, terms.classId));
        return SignedTypes.hashChannel(terms);
    }

    function _requireOpen(bytes32 channelId) private view {
        require(
            channel[channelId].locked != 0 && aux[channelId].thawAt != CLOSED,
            ChannelNotOpen(channelId)
        );
    }

    function _redemptionEnd(Class calldata class) private pure returns (uint256) {
        return uint256(class.expiry) + Limits.REDEEM_GRACE;
    }

    function _checkRedeemable(Class calldata class) private view {
        uint256 endedAt = _redemptionEnd(class);
        require(block.timestamp < endedAt, RedemptionEnded(endedAt));
    }

    function _checkChannelUnits(uint256 units) private pure {
        require(
            units <= Limits.CHANNEL_UNITS_MAX, TooManyUnits(units, Limits.CHANNEL_UNITS_MAX)
        );
    }

    function _checkRecipient(address to) private view {
        require(to != address(0) && to != address(this), InvalidRecipient(to));
    }

    /// @dev Low s only (EIP-2), never reverts. `signer` is not zero for a row that gets here, but a
    /// failed recovery yields zero, so it is refused on its own.
    function _isSigned(
        bytes32 separator,
        bytes32 structHash,
        address signer,
        bytes32 r,
        bytes32 vs
    ) private pure returns (bool) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(separator, structHash);
        (address recovered,,) = ECDSA.tryRecover(digest, r, vs);
        return recovered == signer && recovered != address(0);
    }
}
