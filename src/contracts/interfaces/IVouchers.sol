// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {IEarnings} from "./IEarnings.sol";
import {IProviders} from "./IProviders.sol";

/// @title Vouchers: pre-paid, transferable claims on compute units, their vault and their channels
/// @notice An ERC-1155 whose id is the hash of the voucher's terms. Nobody owns this contract.
///
/// The life of a unit: `mint` (paid in the class's token) - `open` (locked to one node) -
/// `redeemBatch` (burned against the holder's signed ack) - `settle` (the provider is paid). Units
/// that were not spent come back by `thaw` and `withdraw`, or at once by `close`; after the class
/// has ended, `reclaim` turns them back into their backing.
interface IVouchers is IEarnings {
    /// @notice First mint of a class: its terms passed the bounds and are fixed from here on.
    event ClassCreated(uint256 indexed classId, Class class);
    /// @notice A channel was opened, or added to by another `open`; `units` are locked now, in all.
    event ChannelOpened(
        bytes32 indexed channelId,
        address indexed holder,
        address indexed node,
        address spendKey,
        uint256 classId,
        bytes32 salt,
        uint128 units
    );
    /// @notice `units` more were locked, `locked` in all.
    event ToppedUp(
        bytes32 indexed channelId, address indexed node, uint128 units, uint128 locked
    );
    /// @notice The holder may withdraw from `thawAt` on: redeem before.
    event ThawStarted(bytes32 indexed channelId, address indexed node, uint40 thawAt);
    /// @notice Units went back to the holder, but a court still holds some: not closed yet.
    event Withdrawn(
        bytes32 indexed channelId, address indexed node, uint128 units, uint128 locked
    );
    /// @notice The channel ended, for good; `returned` units went back to the holder just now.
    event ChannelClosed(
        bytes32 indexed channelId, address indexed node, uint128 redeemed, uint128 returned
    );
    /// @notice A redemption. Bit i of `bitmap` is set when row i moved its channel forward.
    /// @param batchId zero when the class has no court and the provider has earned `paid` at once
    /// @param units units burned
    /// @param paid token base units
    event BatchRedeemed(
        address indexed provider,
        uint256 indexed classId,
        uint256 indexed batchId,
        uint256 bitmap,
        uint256 units,
        uint256 paid
    );
    /// @notice What a court needs to judge a batch. `records` holds 72 bytes for each row: channel
    /// id 32, units before 16, units after 16, nextSeq 8; its keccak256 is the batch's `rowsHash`.
    /// A row that moved nothing has 72 zeros, so everything in a record of an ack is signed (units
    /// after may be less, for want of locked ones); what a court advanced has nextSeq 0.
    event BatchEscrowed(uint256 indexed batchId, uint40 maturesAt, bytes records);
    /// @notice A matured batch became the provider's earnings.
    event Released(uint256 indexed batchId, address indexed provider, uint256 amount);
    /// @notice A court gave a holder back what one row of an escrowed batch had paid.
    event Refunded(
        uint256 indexed batchId, uint256 indexed row, address indexed holder, uint256 amount
    );
    /// @notice A court moved `amount` of what one row of a batch had paid into a batch of its own,
    /// whose BatchEscrowed tells when it matures.
    event BatchSplit(
        uint256 indexed batchId, uint256 indexed row, uint256 indexed newBatchId, uint256 amount
    );
    /// @notice A court holds `units` of a channel back from withdrawal until `until`.
    event Reserved(bytes32 indexed channelId, uint128 units, uint40 until);
    /// @notice `account` burned `units` of one class; `to` got what their backing pays of another.
    event Migrated(
        address indexed account,
        uint256 indexed fromClassId,
        uint256 indexed intoClassId,
        address to,
        uint256 units,
        uint256 received
    );
    /// @notice Units were burned for their backing after the end of the class.
    event Reclaimed(
        address indexed account, uint256 indexed classId, uint256 units, address to, uint256 amount
    );

    /// @notice The class was never minted.
    error UnknownClass(uint256 classId);
    /// @notice A bound on class terms is broken; `field` names the first one.
    error ClassOutOfBounds(string field);
    /// @notice The class has expired: no mint, open or top-up.
    error ClassExpired(uint64 expiry);
    /// @notice The time to redeem is over.
    error RedemptionEnded(uint256 endedAt);
    /// @notice The time to redeem is not over yet, so nothing can be reclaimed.
    error RedemptionOpen(uint256 endsAt);
    /// @notice Units move to a class of the same token that ends no earlier, and to no other.
    error NotMigratable(uint256 fromClassId, uint256 intoClassId);
    /// @notice The channel names another class than the one given.
    error ClassMismatch(uint256 expected, uint256 actual);
    /// @notice Only the holder may do this.
    error NotHolder(address holder, address caller);
    /// @notice Only the class's court may do this.
    error NotCourt(address court, address caller);
    /// @notice The node never joined a provider.
    error UnknownNode(address node);
    /// @notice The node was revoked.
    error NodeIsRevoked(address node);
    /// @notice A channel needs a spend key.
    error ZeroSpendKey();
    /// @notice The amount is zero.
    error ZeroUnits();
    /// @notice More units than a class may mint or a channel may ever hold.
    error TooManyUnits(uint256 units, uint256 max);
    /// @notice The channel was closed: its id never opens again.
    error ChannelEnded(bytes32 channelId);
    /// @notice There is no such channel, or it is closed.
    error ChannelNotOpen(bytes32 channelId);
    /// @notice The channel is thawing: no top-up, no second thaw.
    error ChannelThawing(bytes32 channelId);
    /// @notice The thaw is not over; `thawAt` is 0 when it was never started.
    error NotThawed(uint40 thawAt);
    /// @notice The spend key did not sign this ack.
    error InvalidAck(bytes32 channelId);
    /// @notice The node did not sign this release.
    error InvalidRelease(bytes32 channelId);
    /// @notice Rows are 160 bytes each, 1 to 256 of them.
    error InvalidRowsLength(uint256 length);
    /// @notice The batch is in escrow until `maturesAt`.
    error BatchNotMatured(uint256 batchId, uint40 maturesAt);
    /// @notice The batch matured, so it can no longer be refunded.
    error BatchMatured(uint256 batchId, uint40 maturesAt);
    /// @notice The records are not those of the batch.
    error InvalidRecords(uint256 batchId);
    /// @notice The row of the batch belongs to another channel, or does not exist.
    error InvalidRow(uint256 batchId, uint256 row);
    /// @notice More than this row paid, or than is still in escrow.
    error RefundTooLarge(uint256 amount, uint256 max);
    /// @notice What is split off matures now or later, by `latest` at the latest.
    error MaturityOutOfBounds(uint40 maturesAt, uint40 latest);
    /// @notice More than is locked and not redeemed.
    error ReserveTooLarge(uint128 units, uint128 max);
    /// @notice A court may not hold units longer than a dispute can last.
    error ReserveTooLong(uint40 until, uint256 max);

    // Holders

    /// @notice Buys `units` for `to`; the caller pays `quote(class, units)` in the class's token.
    /// The first mint of a class checks its bounds.
    function mint(Class calldata class, uint256 units, address to)
        external
        returns (uint256 classId, uint256 cost);

    /// @notice The same after an EIP-2612 permit for exactly the cost. A permit that fails (used by
    /// somebody else, say) falls back to the allowance.
    function mintWithPermit(
        Class calldata class,
        uint256 units,
        address to,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 classId, uint256 cost);

    /// @notice Locks the caller's units to a node that has joined and is not revoked, for
    /// `terms.holder`, who alone can thaw, withdraw and close. A channel of the same terms that is
    /// open, and not thawing, gets them added: so nobody keeps another from opening his by opening
    /// it first.
    function open(Class calldata class, Channel calldata terms, uint128 units)
        external
        returns (bytes32 channelId);

    /// @notice Locks more units of the caller's, for the channel's holder. Refused while thawing:
    /// nodes have stopped serving by then, and a channel on its way out must not grow.
    function topUp(Class calldata class, Channel calldata terms, uint128 units) external;

    /// @notice Starts the thaw: `class.thaw` seconds in which the node can still redeem.
    function thaw(Class calldata class, Channel calldata terms) external;

    /// @notice Hands the unredeemed rest back to the holder, after the thaw or after redemption has
    /// ended. What a court has reserved stays until the reservation lapses: call again then.
    function withdraw(Class calldata class, Channel calldata terms)
        external
        returns (uint128 units);

    /// @notice Ends a channel at once: pays the node up to `cumUnits` by the spend key's ack
    /// (ignored when that much is already redeemed), hands back the rest by the node's release.
    function close(
        Class calldata class,
        Channel calldata terms,
        uint128 cumUnits,
        uint64 nextSeq,
        CompactSignature calldata ackSig,
        CompactSignature calldata releaseSig
    ) external returns (uint128 units);

    /// @notice Burns the caller's units and mints `to` as many of another class as their backing
    /// pays at its price, premium included: units * backing / total, rounded down. The class is of
    /// the same token and ends no earlier. What is left, the old premium above all, burns.
    function migrate(Class calldata from, Class calldata into, uint256 units, address to)
        external
        returns (uint256 received);

    /// @notice Pays the provider of `terms.node` with units that the caller, `terms.holder`, holds
    /// free: no channel needs to be open, the terms only name who paid whom, for a court. One row
    /// that redeems 0 to `units`, in escrow where the class has a court.
    function spend(Class calldata class, Channel calldata terms, uint128 units)
        external
        returns (uint256 batchId, uint256 paid);

    /// @notice Burns the caller's units for their backing, once redemption has ended. Their premium
    /// is burned.
    function reclaim(Class calldata class, uint256 units, address to)
        external
        returns (uint256 amount);

    // Providers; anyone may call for them

    /// @notice Redeems acks of channels of one class and one node, to the node's provider. A row is
    /// holder 20, spendKey 20, salt 32, cumUnits 16, nextSeq 8, signature 64 (EIP-2098), integers
    /// big endian. A row that is wrong, stale or unfunded is left out of the bitmap and changes
    /// nothing else. Beyond `locked` a row pays `locked`, and the rest when topped up.
    function redeemBatch(Class calldata class, address node, bytes calldata rows)
        external
        returns (uint256 batchId, uint256 bitmap, uint256 paid);

    /// @notice Turns matured batches into earnings. A batch already released is skipped.
    function release(uint256[] calldata batchIds) external returns (uint256 amount);

    // The class's court

    /// @notice Sets what a channel holds back from withdrawal, in all, and until when: at most the
    /// order horizon and the window from now, and never beyond the end of redemption by more than
    /// three days.
    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external;

    /// @notice Redeems up to `cumUnits` (all that the channel ever paid, not an increment) without
    /// an ack, in a batch of its own. Ends three days after redemption does.
    function advance(Class calldata class, Channel calldata terms, uint128 cumUnits)
        external
        returns (uint256 batchId, uint256 paid);

    /// @notice Moves escrow of one row to the channel's holder: at most what the row paid and the
    /// batch still holds, before it matures.
    function refund(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external;

    /// @notice Moves escrow of one row, at most what a refund could, into a batch of its own that
    /// matures at `maturesAt`: now, where the work is proven right, or up to 30 days after the
    /// first maturity, where a dispute lasts longer. Its one row is this row's record; in the old
    /// batch the amount counts as refunded.
    function split(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        uint40 maturesAt,
        bytes calldata records
    ) external returns (uint256 newBatchId);

    // Reading

    /// @notice The ERC-1155 id of a class.
    function classIdOf(Class calldata class) external pure returns (uint256);

    /// @notice The id of a channel.
    function channelIdOf(Channel calldata terms) external pure returns (bytes32);

    /// @notice What `units` cost at mint, premium included, rounded up.
    function quote(Class calldata class, uint256 units) external pure returns (uint256 cost);

    /// @notice What a channel that redeemed `cumUnits` has paid its provider in all, rounded down.
    function payout(Class calldata class, uint128 cumUnits) external pure returns (uint256 paid);

    /// @notice Units ever minted of a class; zero = the class does not exist.
    function minted(uint256 classId) external view returns (uint256);

    /// @notice Units locked (in all) and redeemed (in all). Equal when closed.
    function channel(bytes32 channelId)
        external
        view
        returns (uint128 locked, uint128 redeemed);

    /// @notice `thawAt` is 0 when not thawing, `type(uint40).max` when closed.
    function aux(bytes32 channelId)
        external
        view
        returns (uint40 thawAt, uint128 reserved, uint40 reservedUntil);

    /// @notice Token base units locked here for ever, and the dust below one base unit, in 1e-17.
    function burned(address token) external view returns (uint192 amount, uint64 dust);

    /// @notice A batch in escrow, or what is left of it.
    function batch(uint256 batchId)
        external
        view
        returns (
            uint128 amount,
            uint40 maturesAt,
            uint40 latest,
            address provider,
            address token,
            bytes32 rowsHash
        );

    /// @notice Token base units refunded of a row, or split off it.
    function refunded(uint256 batchId, uint256 row) external view returns (uint128);

    /// @notice Batches so far; ids run from 1 to this.
    function batchCount() external view returns (uint256);

    /// @notice The registry that says which provider a node belongs to.
    function providers() external view returns (IProviders);

    /// @notice Seconds after a class's expiry in which it can still be redeemed.
    function REDEEM_GRACE() external view returns (uint256);

    /// @notice The longest a node lets an order run, in seconds; a batch matures this plus the
    /// class's window after its redemption.
    function ORDER_HORIZON() external view returns (uint256);

    /// @notice EIP-712 domain separator of this contract.
    function domainSeparator() external view returns (bytes32);
}
