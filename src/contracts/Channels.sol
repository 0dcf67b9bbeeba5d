// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from
    "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Vault} from "./Vault.sol";
import {IProviders} from "./interfaces/IProviders.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {Limits} from "./libraries/Limits.sol";
import {Rates} from "./libraries/Rates.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Channel, ChannelAux, ChannelState} from "./types/Channel.sol";
import {Class} from "./types/Class.sol";
import {CompactSignature} from "./types/CompactSignature.sol";

/// @title Channels: units locked to one node, for one holder
/// @dev The second page of `Vouchers`. As ERC-1155 counts, the `locked - redeemed` units of a
/// channel are this contract's. Anybody may add units of his own; all that takes from a channel, or
/// ends it, is the holder's.
abstract contract Channels is Vault, EIP712 {
    using Rates for Class;

    /// @dev `thawAt` of a closed channel. Such an id never reopens.
    uint40 private constant CLOSED = type(uint40).max;

    /// @inheritdoc IVouchers
    IProviders public immutable providers;
    /// @inheritdoc IVouchers
    mapping(bytes32 channelId => ChannelState) public channel;
    /// @inheritdoc IVouchers
    mapping(bytes32 channelId => ChannelAux) public aux;

    constructor(IProviders providers_) {
        providers = providers_;
    }

    /// @inheritdoc IVouchers
    /// @dev The event comes each time: whoever ignored a channel of one unit, because it is not
    /// worth following, has to hear of it again when it is.
    function open(Class calldata class, Channel calldata terms, uint128 units)
        external
        nonReentrant
        returns (bytes32 channelId)
    {
        channelId = _channelOf(class, terms);
        require(terms.spendKey != address(0), ZeroSpendKey());
        _checkRecipient(terms.holder);
        // A closed channel that never redeemed has nothing locked either: only `thawAt` tells.
        require(aux[channelId].thawAt != CLOSED, ChannelEnded(channelId));
        uint128 locked = _lock(class, terms, channelId, units);
        emit ChannelOpened(
            channelId,
            terms.holder,
            terms.node,
            terms.spendKey,
            terms.classId,
            terms.salt,
            locked
        );
    }

    /// @inheritdoc IVouchers
    function topUp(Class calldata class, Channel calldata terms, uint128 units)
        external
        nonReentrant
    {
        bytes32 channelId = _channelOf(class, terms);
        _requireOpen(channelId);
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

    // Units in and out

    /// @dev Locks the caller's units, unless the channel is on its way out; returns all that is
    /// locked then.
    function _lock(
        Class calldata class,
        Channel calldata terms,
        bytes32 channelId,
        uint128 units
    ) private returns (uint128 locked) {
        require(units != 0, ZeroUnits());
        require(aux[channelId].thawAt == 0, ChannelThawing(channelId));
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

    /// @dev Moves units without asking the receiver: it is either this contract or the holder who
    /// asked for them by this very call.
    function _move(address from, address to, uint256 classId, uint256 units) private {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        ids[0] = classId;
        values[0] = units;
        _update(from, to, ids, values);
    }

    /// @dev Redeems one channel in a batch of its own, for the holder's close or the court's claim.
    /// The next page says how.
    function _redeemOne(
        Class calldata class,
        Channel calldata terms,
        bytes32 channelId,
        uint128 cumUnits,
        uint64 nextSeq
    ) internal virtual returns (uint256 batchId, uint256 paid);

    // Checks

    /// @dev The channel of a class, and the caller its holder.
    function _heldChannel(Class calldata class, Channel calldata terms)
        internal
        view
        returns (bytes32)
    {
        require(terms.holder == msg.sender, NotHolder(terms.holder, msg.sender));
        return _channelOf(class, terms);
    }

    function _channelOf(Class calldata class, Channel calldata terms)
        internal
        view
        returns (bytes32)
    {
        uint256 classId = _knownClass(class);
        require(terms.classId == classId, ClassMismatch(classId, terms.classId));
        return SignedTypes.hashChannel(terms);
    }

    function _requireOpen(bytes32 channelId) internal view {
        require(
            channel[channelId].locked != 0 && aux[channelId].thawAt != CLOSED,
            ChannelNotOpen(channelId)
        );
    }

    function _checkChannelUnits(uint256 units) internal pure {
        require(
            units <= Limits.CHANNEL_UNITS_MAX, TooManyUnits(units, Limits.CHANNEL_UNITS_MAX)
        );
    }

    /// @dev Low s only (EIP-2), never reverts. `signer` is not zero for a row that gets here, but a
    /// failed recovery yields zero, so it is refused on its own.
    function _isSigned(
        bytes32 separator,
        bytes32 structHash,
        address signer,
        bytes32 r,
        bytes32 vs
    ) internal pure returns (bool) {
        bytes32 digest = MessageHashUtils.toTypedDataHash(separator, structHash);
        (address recovered,,) = ECDSA.tryRecover(digest, r, vs);
        return recovered == signer && recovered != address(0);
    }
}
