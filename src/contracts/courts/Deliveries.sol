// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignedTypes} from "../libraries/SignedTypes.sol";
import {Statements} from "../libraries/Statements.sol";
import {IClaims} from "../interfaces/IClaims.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {Rates} from "../libraries/Rates.sol";
import {Channel} from "../types/Channel.sol";
import {Delivery, Start} from "../types/Claim.sol";
import {Class} from "../types/Class.sol";
import {Run} from "../types/Run.sol";
import {CaseState} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Fees} from "./Fees.sol";
import {Provers} from "./Provers.sol";
import {Roots} from "./Roots.sol";
import {Visible} from "./Visible.sol";

/// @title Deliveries: orders that were served and never acknowledged
/// @dev A claim is self-contained: cumulative units of its start plus all that it lists, each order
/// with its receipt and output in calldata. Redemption takes the maximum, so claims and acks end
/// the same in any order, and a stranger's partial claim stands in nobody's way.
abstract contract Deliveries is IClaims, Provers, Fees, Visible {
    using Rates for Class;

    /// @notice Bytes of an output that can be claimed or demanded: what a transaction carries.
    uint256 public constant OUTPUT_BYTES_MAX = 65_536;
    /// @dev Bit 3: the proof that a verifier can accept. Bit 2 is an ack's alone.
    uint8 internal constant PROOF_FLAG = 8;

    /// @notice Receipts for which evidence was accepted, by their EIP-712 hashes.
    mapping(bytes32 receiptHash => bool) public attested;
    /// @notice Sums that claims have proven: keccak256(channel, cumUnits, nextSeq).
    mapping(bytes32 start => bool) public checkpoint;
    /// @notice Token base units that claims paid against a bond, by week.
    mapping(bytes32 bond => mapping(uint256 week => uint256)) public claimedIn;

    /// @dev One claim on its way through its orders.
    struct Sum {
        bytes32 channel;
        address node;
        uint256 cum;
        uint256 next;
        uint128 from;
        uint128 to;
        uint256 batchId;
        uint96 rate;
        /// Units that the spend key has acknowledged: no bond has to stand for them.
        uint128 acked;
    }

    /// @notice Redeems orders without an ack; anyone may call. Orders ascend from the start's
    /// `nextSeq` on, and may have been claimed before.
    function claim(
        Class calldata class,
        Channel calldata terms,
        Start calldata start,
        Delivery[] calldata deliveries
    ) external nonReentrant returns (uint256 batchId) {
        // An ack alone is redeemed in Vouchers.
        require(deliveries.length != 0, ICourt.WrongStage());
        Sum memory s;
        s.channel = court.channelOf(class, terms);
        _show(s.channel);
        s.node = terms.node;
        s.rate = uint96(class.provider());
        _checkStart(terms, s, start);
        // By token, not by node: the bond of this token was cut, and with it what stood behind the
        // claims of these weeks. What the node is owed in another token stands on a bond that no
        // verdict touched and every claim is still measured by; else a verdict in a worthless
        // token, for a weekend's outage, would void what others owe.
        require(!court.condemnedIn(s.node, class.token), NodeCondemned(s.node));
        uint256[] memory ends = _sum(terms, s, deliveries);

        (batchId, s.from, s.to) = court.advance(class, terms, uint128(s.cum));
        s.batchId = batchId;
        _checkBond(s.node, class.token, _between(s, s.acked, s.cum));
        _book(s, start.cumUnits, ends, deliveries);
        checkpoint[keccak256(abi.encode(s.channel, uint128(s.cum), uint64(s.next)))] = true;
        emit Checkpoint(s.channel, uint128(s.cum), uint64(s.next));
    }

    /// @dev Cumulative units after each order.
    function _sum(Channel calldata terms, Sum memory s, Delivery[] calldata deliveries)
        private
        returns (uint256[] memory ends)
    {
        ends = new uint256[](deliveries.length);
        for (uint256 i = 0; i < deliveries.length; ++i) {
            uint64 seq = deliveries[i].order.seq;
            require(seq >= s.next, NotAscending(seq));
            s.cum += _delivered(terms, s.channel, deliveries[i]);
            s.next = uint256(seq) + 1;
            ends[i] = s.cum;
        }
        require(s.cum <= type(uint128).max && s.next <= type(uint64).max, ICourt.Mismatch());
    }

    /// @dev What each order added to the row: its part of what was redeemed just now.
    function _book(
        Sum memory s,
        uint256 begin,
        uint256[] memory ends,
        Delivery[] calldata deliveries
    ) private {
        for (uint256 i = 0; i < ends.length; ++i) {
            court.claimed(
                s.channel,
                deliveries[i].order.seq,
                s.batchId,
                uint128(ends[i] - begin),
                uint128(_between(s, begin, ends[i]))
            );
            begin = ends[i];
        }
    }

    /// @dev Token base units that the claim paid for the units from `begin` to `end`.
    function _between(Sum memory s, uint256 begin, uint256 end) private pure returns (uint256) {
        uint256 low = begin > s.from ? begin : s.from;
        uint256 high = end < s.to ? end : s.to;
        return low < high ? high * s.rate / Rates.SCALE - low * s.rate / Rates.SCALE : 0;
    }

    /// @dev Checks one delivery and ends its demand; returns its units. Claims pay execution, and
    /// of the proofs only the one for which evidence was accepted.
    function _delivered(Channel calldata terms, bytes32 channel, Delivery calldata d)
        internal
        returns (uint128 units)
    {
        require(d.order.channel == channel && d.order.extension == 0, ICourt.Mismatch());
        CaseState memory c = court.caseOf(channel, d.order.seq);
        require(!c.convicted && !c.late, CaseOver());
        bytes32 orderHash = Statements.hashOrder(d.order);
        require(
            court.isSigned(terms.spendKey, orderHash, d.signature),
            ICourt.InvalidSignature(terms.spendKey)
        );
        require(
            d.receipt.isReceipt && d.receipt.orderHash == orderHash
                && court.isStated(terms.node, d.receipt),
            NotStated()
        );
        bool answered = _endDemand(terms, channel, d.order.seq, orderHash, d.output.length);
        require(
            answered || Clocks.claimable(d.order.deadline, block.timestamp), ICourt.OutOfTime()
        );
        return _checkOutput(d);
    }

    function _checkOutput(Delivery calldata d) private view returns (uint128 units) {
        uint8 family = _family(d.order.modelRoot);
        Run memory run;
        run.modelRoot = d.order.modelRoot;
        run.steps = d.receipt.steps;
        require(d.output.length <= OUTPUT_BYTES_MAX, InvalidOutput());
        bytes32 root = Roots.output(registry, run, family, d.output);
        require(root != 0 && root == d.receipt.outputRoot, InvalidOutput());

        units = d.receipt.units < d.order.maxUnits ? d.receipt.units : d.order.maxUnits;
        if (family == Roots.GRAPH) {
            uint8 flags = d.order.flags & EXECUTION_FLAGS;
            if (d.order.flags & PROOF_FLAG != 0 && attested[Statements.hashStatement(d.receipt)]) {
                flags |= PROOF_FLAG;
            }
            uint256 owed = registry.unitsOf(d.order.modelRoot, 0, d.receipt.steps, flags);
            if (owed < units) units = uint128(owed);
        }
    }

    /// @dev Zero, a checkpoint, or the spend key's ack: never one's units with another's sequence.
    function _checkStart(Channel calldata terms, Sum memory s, Start calldata start)
        private
        view
    {
        (s.cum, s.next) = (start.cumUnits, start.nextSeq);
        if (s.cum == 0 && s.next == 0) return;
        if (checkpoint[keccak256(abi.encode(s.channel, start.cumUnits, start.nextSeq))]) return;
        bytes32 ack = SignedTypes.hashAck(s.channel, start.cumUnits, start.nextSeq);
        require(
            court.isKeys(terms.spendKey, ack, start.signature),
            ICourt.InvalidSignature(terms.spendKey)
        );
        s.acked = start.cumUnits;
    }

    /// @dev A bond that stays, and is not smaller than all that it vouches for in these weeks.
    function _checkBond(address node, address token, uint256 paid) private {
        (uint256 bond, uint40 exitAt) = _providers().bond(node, token, address(court));
        require(Clocks.bondLives(exitAt, block.timestamp), ICourt.OutOfTime());
        uint256 week = block.timestamp / Clocks.BUCKET;
        mapping(uint256 => uint256) storage buckets = claimedIn[keccak256(abi.encode(node, token))];
        buckets[week] += paid;
        uint256 sum = 0;
        for (uint256 i = 0; i < Clocks.BUCKETS; ++i) sum += buckets[week - i];
        require(bond != 0 && sum <= bond, BondTooSmall(bond, sum));
    }

    /// @dev Ends an open demand of this very order as answered; false where there is none. The next
    /// page says how.
    function _endDemand(
        Channel calldata terms,
        bytes32 channel,
        uint64 seq,
        bytes32 orderHash,
        uint256 outputBytes
    ) internal virtual returns (bool);
}
