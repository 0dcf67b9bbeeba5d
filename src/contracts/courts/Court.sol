// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {IVouchers} from "../interfaces/IVouchers.sol";
import {Limits} from "../libraries/Limits.sol";
import {Rates} from "../libraries/Rates.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CaseState} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Files} from "./Files.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title The court of a class
/// @dev Written on pages in the order of a case: `Files` (signatures, roles), `Rewards` (the
/// reporter's share), `Verdicts` (slash, refund), and here what `Claims` may do. Those who decide
/// are fixed for good: deploy them at the addresses that the deployer's nonces give.
contract Court is Verdicts {
    using Rates for Class;

    modifier onlyClaims() {
        require(msg.sender == claims, NotProver(msg.sender));
        _;
    }

    constructor(
        IVouchers vouchers_,
        IRegistry registry_,
        address disputes_,
        address contradictions_,
        address claims_
    ) Files(vouchers_, registry_) Verdicts(disputes_, contradictions_, claims_) {}

    /// @inheritdoc ICourt
    function advance(Class calldata class, Channel calldata terms, uint128 cumUnits)
        external
        onlyClaims
        nonReentrant
        returns (uint256 batchId, uint128 from, uint128 to)
    {
        bytes32 channel = _channelOf(class, terms);
        (, from) = vouchers.channel(channel);
        (batchId,) = vouchers.advance(class, terms, cumUnits);
        (, to) = vouchers.channel(channel);
    }

    /// @inheritdoc ICourt
    /// @dev What was charged is the most, what was paid the sum; the batch with the largest part is
    /// the one that evidence frees. So a further claim takes nothing from what can be refunded.
    function claimed(
        bytes32 channel,
        uint64 seq,
        uint256 batchId,
        uint128 charged,
        uint128 value
    ) external onlyClaims {
        CaseState storage c = _cases[_caseKey(channel, seq)];
        if (c.claimedAt == 0) c.claimedAt = uint40(block.timestamp);
        if (charged > c.charged) c.charged = uint64(charged);
        if (value == 0) return;
        _ledgers[channel].claimed += uint104(value);
        uint104 part = uint104(value);
        if (part > c.value) {
            if (c.value != 0) c.more += c.value;
            (c.batchId, c.value) = (uint48(batchId), part);
        } else {
            c.more += part;
        }
        emit Claimed(channel, seq, batchId, value);
    }

    /// @inheritdoc ICourt
    function answered(bytes32 channel, uint64 seq) external onlyClaims {
        CaseState storage c = _cases[_caseKey(channel, seq)];
        if (c.claimedAt == 0) {
            c.claimedAt = uint40(
                block.timestamp - (Clocks.OPEN_AFTER_CLAIM - Clocks.OPEN_AFTER_ANSWER)
            );
        }
    }

    /// @inheritdoc ICourt
    /// @dev Holds back the rest at most, and nothing of a channel that is closed or past its
    /// redemption: a demand never fails because of it.
    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external
        onlyClaims
        nonReentrant
    {
        bytes32 channel = _channelOf(class, terms);
        (uint40 thawAt,,) = vouchers.aux(channel);
        (uint128 locked, uint128 redeemed) = vouchers.channel(channel);
        if (thawAt == type(uint40).max || locked == redeemed) return;
        if (block.timestamp >= uint256(class.expiry) + Limits.REDEEM_GRACE) return;
        uint128 rest = locked - redeemed;
        vouchers.reserve(class, terms, units < rest ? units : rest, until);
    }

    /// @inheritdoc ICourt
    /// @dev What was proven, at most what its claim added to that batch, and not what was put off.
    function finalise(
        Class calldata class,
        Channel calldata terms,
        uint64 seq,
        uint128 units,
        bytes calldata records
    ) external onlyClaims nonReentrant returns (uint256 newBatchId) {
        bytes32 channel = _channelOf(class, terms);
        CaseState storage c = _cases[_caseKey(channel, seq)];
        uint256 amount = c.value;
        if (units < c.charged) amount = _least(amount, _value(units, class.provider()));
        require(
            amount > c.moved && !c.finalised && !c.convicted && !c.late && c.disputes == 0
                && c.refundable == 0,
            WrongStage()
        );
        amount -= c.moved;
        c.finalised = true;
        c.moved += uint128(amount);
        newBatchId = vouchers.split(
            class, terms, c.batchId, 0, uint128(amount), uint40(block.timestamp), records
        );
        emit Moved(channel, seq, newBatchId, amount);
    }
}
