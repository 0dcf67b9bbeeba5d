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
    /// @notice Decides proofs that need no descent.
    address public immutable contradictions;
    /// @notice Takes claims and demands.
    address public immutable claims;

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
            msg.sender == disputes || msg.sender == contradictions || msg.sender == claims,
            NotProver(msg.sender)
        );
        _convict(v);
    }

    /// @inheritdoc ICourt
    function disputeOpened(Verdict calldata v) external onlyDisputes returns (uint24 g) {
        g = generationOf[v.node];
        ++openIn[v.node][g];
        ++_cases[_caseKey(v.channel, v.seq)].disputes;
    }

    /// @inheritdoc ICourt
    function disputeEnded(Verdict calldata v, uint24 g) external onlyDisputes {
        --openIn[v.node][g];
        --_cases[_caseKey(v.channel, v.seq)].disputes;
    }

    /// @inheritdoc ICourt
    /// @dev Bounded by the case: an opener cannot put off a row that others fill.
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
        CaseState storage c = _cases[_caseKey(v.channel, v.seq)];
        require(!c.deferred && !c.finalised, WrongStage());
        uint256 max = _value(v.units, v.rate);
        require(amount <= max, AmountTooLarge(amount, max));
        c.deferred = true;
        newBatchId = vouchers.split(
            class,
            terms,
            batchId,
            row,
            amount,
            uint40(block.timestamp + Clocks.DISPUTE_MAX),
            records
        );
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
        CaseState storage c = _cases[_caseKey(_channelOf(class, terms), seq)];
        uint256 max = c.refundable - c.refunded;
        require(amount <= max, AmountTooLarge(amount, max));
        c.refunded += amount;
        vouchers.refund(class, terms, batchId, row, amount, records);
    }

    /// @notice Shows a receipt of fewer steps for an order that a claim charged more for: the
    /// difference is refundable, and nobody is slashed, since a Cancel explains both.
    function showSmaller(Brief calldata b, Statement calldata smaller) external nonReentrant {
        (bytes32 channel, bytes32 orderHash) = check(b);
        require(mayAct(b.terms, channel, msg.sender), NotAuthorised(msg.sender));
        require(
            smaller.isReceipt && smaller.orderHash == orderHash && isStated(b.terms.node, smaller),
            InvalidSignature(b.terms.node)
        );
        CaseState storage c = _cases[_caseKey(channel, b.order.seq)];
        require(
            c.claimedAt != 0 && Clocks.openable(b.order.deadline, c.claimedAt, block.timestamp),
            OutOfTime()
        );
        uint256 owed = _value(smaller.units, uint96(b.class.provider()));
        require(owed < c.value, AmountTooLarge(owed, c.value));
        _allowRefund(channel, b.order.seq, c, c.value - owed);
    }

    /// @dev Once for each order. The flag comes first, the money after it.
    function _convict(Verdict memory v) internal {
        CaseState storage c = _cases[_caseKey(v.channel, v.seq)];
        require(!c.convicted, AlreadyConvicted());
        c.convicted = true;
        // What was never delivered was never paid but by a claim: maxUnits is the holder's word.
        _allowRefund(
            v.channel, v.seq, c, v.ground == Ground.Late ? c.value : _value(v.units, v.rate)
        );

        (uint256 taken, uint256 reward) = _slash(v);
        _share(v, reward);
        emit Convicted(v.channel, v.seq, v.node, taken);
    }

    function _slash(Verdict memory v) private returns (uint256 taken, uint256 reward) {
        (uint256 bond,) = providers.bond(v.node, v.token, address(this));
        if (bond == 0) return (0, 0);
        // Rounded up: a fifth of a bond of four base units is one.
        uint256 amount =
            v.ground == Ground.Late ? (bond * LATE_BPS + BPS - 1) / BPS : bond;
        return providers.slash(v.node, v.token, amount, address(this));
    }

    function _allowRefund(bytes32 channel, uint64 seq, CaseState storage c, uint256 amount)
        private
    {
        if (amount <= c.refundable) return;
        c.refundable = uint128(amount);
        emit Refundable(channel, seq, amount);
    }
}
