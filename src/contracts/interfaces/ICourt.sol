// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Brief} from "../types/Order.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState, Verdict} from "../types/Verdict.sol";
import {IProviders} from "./IProviders.sol";
import {IRegistry} from "./IRegistry.sol";
import {IVouchers} from "./IVouchers.sol";

/// @title The court of a class: claims, demands, verdicts, and the money that follows them
/// @notice Nobody owns it. `Disputes`, `Contradictions` and `Claims`, fixed at deployment, decide;
/// this contract alone slashes, refunds and splits.
interface ICourt {
    /// @notice A contract's signature counts from now on, for good.
    event Recorded(address indexed signer, bytes32 indexed digest);
    /// @notice `watcher` may act for the channel, or no longer; zero is everybody.
    event Appointed(bytes32 indexed channel, address indexed watcher, bool on);
    /// @notice An order was paid by a claim: `value` token base units of row 0 of `batchId`.
    event Claimed(
        bytes32 indexed channel, uint64 indexed seq, uint256 indexed batchId, uint256 value
    );
    /// @notice The node was convicted of this order.
    event Convicted(
        bytes32 indexed channel, uint64 indexed seq, address indexed node, uint256 taken
    );
    /// @notice Token base units of the order may be refunded, in all.
    event Refundable(bytes32 indexed channel, uint64 indexed seq, uint256 amount);
    /// @notice The case's money moved into a batch of its own.
    event Moved(bytes32 indexed channel, uint64 indexed seq, uint256 batchId, uint256 amount);
    /// @notice A channel's part of a reporter's share was paid.
    event ShareCollected(bytes32 indexed channel, address to, uint256 amount);

    /// @notice The class names another court or cost table, a shorter window, or was never minted.
    error ClassNotAdmitted();
    /// @notice The registry does not know the model.
    error ModelNotAdmitted(bytes32 modelRoot);
    /// @notice Order, channel and class do not belong together.
    error Mismatch();
    /// @notice Not signed by `signer`.
    error InvalidSignature(address signer);
    /// @notice The caller may not do this for the channel.
    error NotAuthorised(address caller);
    /// @notice Only the contracts that decide, each its part.
    error NotProver(address caller);
    /// @notice The order was judged already.
    error AlreadyConvicted();
    /// @notice Too early or too late.
    error OutOfTime();
    /// @notice The order was demanded, claimed or answered before, or was never demanded.
    error WrongStage();
    /// @notice More than this case may move.
    error AmountTooLarge(uint256 amount, uint256 max);
    /// @notice Disputes that were open at the verdict are still open.
    error SharesNotFinal();
    /// @notice Nothing to collect.
    error NothingToCollect();
    /// @notice Whether an order stands: class admitted, ids equal, spend key signed.
    function check(Brief calldata brief)
        external
        view
        returns (bytes32 channel, bytes32 orderHash);

    /// @notice Whether `signer` signed, by ECDSA or, a contract, in a record.
    function isSigned(address signer, bytes32 structHash, CompactSignature calldata signature)
        external
        view
        returns (bool);

    /// @notice Whether the node signed the statement.
    function isStated(address node, Statement calldata statement) external view returns (bool);

    /// @notice Whether `who` may act for a channel: holder, spend key, or appointed.
    function mayAct(Channel calldata terms, bytes32 channel, address who)
        external
        view
        returns (bool);

    /// @notice Whether `who` is of the channel's own side: holder, spend key, or appointed by name.
    function isOwnSide(Channel calldata terms, bytes32 channel, address who)
        external
        view
        returns (bool);

    /// @notice The channel of a class that this court judges; open or not.
    function channelOf(Class calldata class, Channel calldata terms)
        external
        view
        returns (bytes32);

    /// @notice Whether the key signed, by ECDSA: nodes, and the spend keys of acks.
    function isKeys(address key, bytes32 structHash, CompactSignature calldata signature)
        external
        view
        returns (bool);

    /// @notice Whether a node was convicted here.
    function condemned(address node) external view returns (bool);

    /// @notice Whether a node was convicted here by proof or silence, not only of being late.
    function fallen(address node) external view returns (bool);

    /// @notice Whether a node was convicted here of an order in this token.
    function condemnedIn(address node, address token) external view returns (bool);

    /// @notice What is known of an order.
    function caseOf(bytes32 channel, uint64 seq) external view returns (CaseState memory);

    /// @notice Shows a receipt of fewer steps for an order that a claim charged more for: the
    /// difference is refundable, and nobody is slashed, since a Cancel explains both.
    function showSmaller(Brief calldata brief, Statement calldata smaller) external;

    /// @notice Shows another receipt of a convicted order, anyone may: what it charges becomes
    /// refundable where that is more. Nobody is slashed again.
    function showReceipt(Brief calldata brief, Statement calldata receipt) external;

    /// @notice `Contradictions` and `Claims` only: slash, refundable, reporter's share. Once per
    /// order by proof or silence, and before that once for being late.
    function convict(Verdict calldata verdict) external;

    /// @notice `Disputes` only: a dispute began. Returns what `disputeEnded` has to be told, and
    /// whether the node has fallen.
    function disputeOpened(Verdict calldata about)
        external
        returns (uint24 generation, bool hasFallen);

    /// @notice `Disputes` only: a dispute ended, and convicts the node unless the order was judged
    /// meanwhile; says whether it was.
    function disputeEnded(Verdict calldata about, uint24 generation, bool convicts)
        external
        returns (bool judged);

    /// @notice `Disputes` only: money of the case stays in escrow while the dispute lasts. What was
    /// put off can be put off again.
    function defer(
        Verdict calldata about,
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external returns (uint256 newBatchId);

    /// @notice `Claims` only: redeems up to `cumUnits`, and says from where to where.
    function advance(Class calldata class, Channel calldata terms, uint128 cumUnits)
        external
        returns (uint256 batchId, uint128 from, uint128 to);

    /// @notice `Claims` only: a claim listed the order with `charged` units, and added `value` to
    /// row 0 of its batch.
    function claimed(
        bytes32 channel,
        uint64 seq,
        uint256 batchId,
        uint128 charged,
        uint128 value
    ) external;

    /// @notice `Claims` only: a demand was answered, and nothing claimed. It can be disputed as if
    /// it had been claimed a while ago.
    function answered(bytes32 channel, uint64 seq) external;

    /// @notice `Claims` only: holds units back for a demand, as many as there are.
    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external;

    /// @notice `Claims` only: frees the money of a claimed order, once, as much as `units` cost.
    function finalise(
        Class calldata class,
        Channel calldata terms,
        uint64 seq,
        uint128 units,
        bytes calldata records
    ) external returns (uint256 newBatchId);

    function vouchers() external view returns (IVouchers);
    function providers() external view returns (IProviders);
    function registry() external view returns (IRegistry);

    /// @notice Decides proofs that need no descent, and knows inputs (`IInputs`).
    function contradictions() external view returns (address);
}
