// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {Rates} from "../libraries/Rates.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {Brief} from "../types/Order.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState, Ground, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Rewards} from "./Rewards.sol";

/// @title Verdicts: one for each order, and the refund that follows
/// @dev A verdict calls nothing but Vouchers and Providers, so no token, receiver or reporter can
/// hold it up. It does not need a bond: what was withdrawn or never staked is not slashed, and the
/// order is refundable all the same.
abstract contract Verdicts is Rewards {
    using Rates for Class;

    /// @dev Share of the bond that a late result costs, in basis points.
    uint256 internal constant LATE_BPS = 2_000;
    /// @dev 100 % in basis points.
    uint256 private constant BPS = 10_000;

    /// @notice Decides descents.
    address public immutable disputes;
    /// @inheritdoc ICourt
    address public immutable contradictions;
    /// @notice Takes claims and demands.
    address public immutable claims;

    /// @dev The case that a batch was put off for.
    mapping(uint256 batchId => bytes32 caseKey) private _deferredFor;

    constructor(address disputes_, address contradictions_, address claims_) {
        disputes = disputes_;
        contradictions = contradictions_;
        claims = claims_;
    }

    modifier onlyDisputes() {
        require(msg.sender == disputes, NotProver(msg.sender));
        _;
    }

    /// @inheritdoc ICourt
    function convict(Verdict calldata v) external nonReentrant {
        require(
            msg.sender == contradictions || msg.sender == claims, NotProver(msg.sender)
        );
        _convict(v);
    }

    /// @inheritdoc ICourt
    function disputeOpened(Verdict calldata v)
        external
        onlyDisputes
        returns (uint24 g, bool hasFallen)
    {
        (g, hasFallen) = _countIn(v.node);
        ++_cases[_caseKey(v.channel, v.seq)].disputes;
    }

    /// @inheritdoc ICourt
    /// @dev In this order: the pot that waits for this dispute takes its verdict in.
    function disputeEnded(Verdict calldata v, uint24 g, bool convicts)
        external
        onlyDisputes
        nonReentrant
        returns (bool judged)
    {
        CaseState storage c = _cases[_caseKey(v.channel, v.seq)];
        judged = c.convicted;
        --c.disputes;
        if (convicts && !judged) _convict(v);
        _countOut(v.node, g);
    }

    /// @inheritdoc ICourt
    /// @dev Bounded by the case, all parts together: an opener cannot put off a row that others
    /// fill, and one that puts off a little leaves the rest to the others. A part that was put off
    /// counts once, however often; nothing is ever due earlier than before.
    function defer(
        Verdict calldata v,
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external onlyDisputes nonReentrant returns (uint256 newBatchId) {
        require(_channelOf(class, terms) == v.channel, Mismatch());
        bytes32 key = _caseKey(v.channel, v.seq);
        uint40 maturesAt = _putOff(key, _value(v.units, v.rate), batchId, amount);
        newBatchId = vouchers.split(class, terms, batchId, row, amount, maturesAt, records);
        _deferredFor[newBatchId] = key;
        emit Moved(v.channel, v.seq, newBatchId, amount);
    }

    /// @notice Moves escrow of a convicted order's channel back to its holder; anyone may call.
    /// Vouchers bounds it by what the row paid and the batch still holds.
    function refund(
        Class calldata class,
        Channel calldata terms,
        uint64 seq,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external nonReentrant {
        bytes32 channel = _channelOf(class, terms);
        CaseState storage c = _cases[_caseKey(channel, seq)];
        uint256 max = c.refundable - c.refunded;
        require(amount <= max, AmountTooLarge(amount, max));
        c.refunded += amount;
        _unweigh(_bondKey(terms.node, class.token), channel, amount);
        vouchers.refund(class, terms, batchId, row, amount, records);
    }

    /// @inheritdoc ICourt
    /// @dev The difference between what was charged and what is owed, as far as claims were paid on
    /// the channel: in which order's name they were is the claimant's choice.
    function showSmaller(Brief calldata b, Statement calldata smaller) external nonReentrant {
        (bytes32 channel, CaseState storage c) = _receiptOf(b, smaller);
        require(mayAct(b.terms, channel, msg.sender), NotAuthorised(msg.sender));
        require(
            c.claimedAt != 0 && Clocks.openable(b.order.deadline, c.claimedAt, block.timestamp),
            OutOfTime()
        );
        uint256 rate = b.class.provider();
        (uint256 owed, uint256 charged) =
            (_value(smaller.units, rate), _value(c.charged, rate));
        require(owed < charged, AmountTooLarge(owed, charged));
        _giveBack(channel, b.order.seq, c, charged - owed);
    }

    /// @inheritdoc ICourt
    /// @dev Without an end: the node is convicted, and what is left to decide is in its own words.
    /// So it gains nothing by convicting itself of its cheapest statement.
    function showReceipt(Brief calldata b, Statement calldata receipt) external nonReentrant {
        (bytes32 channel, CaseState storage c) = _receiptOf(b, receipt);
        require(c.convicted, WrongStage());
        uint256 units = _least(receipt.units, b.order.maxUnits);
        _allowRefund(channel, b.order.seq, c, _value(units, b.class.provider()));
    }

    function _receiptOf(Brief calldata b, Statement calldata receipt)
        private
        view
        returns (bytes32 channel, CaseState storage c)
    {
        bytes32 orderHash;
        (channel, orderHash) = check(b);
        require(
            receipt.isReceipt && receipt.orderHash == orderHash
                && isStated(b.terms.node, receipt),
            InvalidSignature(b.terms.node)
        );
        c = _cases[_caseKey(channel, b.order.seq)];
    }

    /// @dev Once for each order; one that was late can still be proven wrong, for the rest of the
    /// bond. The flag comes first, the money after it.
    function _convict(Verdict memory v) internal {
        CaseState storage c = _cases[_caseKey(v.channel, v.seq)];
        bool late = v.ground == Ground.Late;
        require(!c.convicted && !(late && c.late), AlreadyConvicted());
        if (late) c.late = true;
        else c.convicted = true;
        if (!late) _allowRefund(v.channel, v.seq, c, _value(v.units, v.rate));
        // What was never delivered was never paid but by a claim: maxUnits is the holder's word.
        _giveBack(v.channel, v.seq, c, _value(c.charged, v.rate));

        (uint256 taken, uint256 reward) = _slash(v);
        _share(v, reward);
        emit Convicted(v.channel, v.seq, v.node, taken);
    }

    /// @dev Counts what is put off of a case worth `value`, and says until when: the dispute is
    /// over then, as far as Vouchers allows, and the rest of the batch is not due later.
    function _putOff(bytes32 key, uint256 value, uint256 batchId, uint128 amount)
        private
        returns (uint40)
    {
        (, uint40 maturesAt, uint40 latest,,,) = vouchers.batch(batchId);
        uint256 until = block.timestamp + Clocks.DISPUTE_MAX;
        if (_deferredFor[batchId] != key) {
            // Only a part of another case ends before that.
            require(until <= latest, OutOfTime());
            CaseState storage c = _cases[key];
            uint256 max = value > c.moved ? value - c.moved : 0;
            require(amount <= max, AmountTooLarge(amount, max));
            c.moved += amount;
        }
        until = _least(until, latest);
        return until < maturesAt ? maturesAt : uint40(until);
    }

    function _slash(Verdict memory v) private returns (uint256 taken, uint256 reward) {
        (uint256 bond,) = providers.bond(v.node, v.token, address(this));
        if (bond == 0) return (0, 0);
        // Rounded up: a fifth of a bond of four base units is one.
        uint256 amount =
            v.ground == Ground.Late ? (bond * LATE_BPS + BPS - 1) / BPS : bond;
        return providers.slash(v.node, v.token, amount, address(this));
    }

    /// @dev Allows the refund of what a claim charged, as far as claims on the channel were paid.
    function _giveBack(bytes32 channel, uint64 seq, CaseState storage c, uint256 amount) private {
        Ledger storage l = _ledgers[channel];
        uint256 before = c.refundable;
        amount = _least(amount, before + l.claimed);
        if (amount > before) l.claimed -= uint104(amount - before);
        _allowRefund(channel, seq, c, amount);
    }

    function _allowRefund(bytes32 channel, uint64 seq, CaseState storage c, uint256 amount)
        private
    {
        if (amount <= c.refundable) return;
        c.refundable = uint104(amount);
        emit Refundable(channel, seq, amount);
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
