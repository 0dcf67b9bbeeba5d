// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {IVouchers} from "../interfaces/IVouchers.sol";
import {Limits} from "../libraries/Limits.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CaseState} from "../types/Verdict.sol";
import {Files} from "./Files.sol";
import {Verdicts} from "./Verdicts.sol";

/// @title The court of a class
/// @dev Written on pages in the order of a case: `Files` (signatures, roles), `Rewards` (the
/// reporter's share), `Verdicts` (slash, refund), and here what `Claims` may do. Those who decide
/// are fixed for good: deploy them at the addresses that the deployer's nonces give.
contract Court is Verdicts {
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
        returns (uint256 batchId, uint256 paid, uint128 from, uint128 to)
    {
        bytes32 channel = _channelOf(class, terms);
        (, from) = vouchers.channel(channel);
        (batchId, paid) = vouchers.advance(class, terms, cumUnits);
        (, to) = vouchers.channel(channel);
    }

    /// @inheritdoc ICourt
    function claimed(bytes32 channel, uint64 seq, uint256 batchId, uint128 value)
        external
        onlyClaims
    {
        CaseState storage c = _cases[_caseKey(channel, seq)];
        if (c.claimedAt == 0) c.claimedAt = uint40(block.timestamp);
        // Once moved, a case stays with the batch that paid it.
        if (value == 0 || c.finalised || c.deferred) return;
        (c.batchId, c.value) = (uint48(batchId), value);
        emit Claimed(channel, seq, batchId, value);
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
    function finalise(
        Class calldata class,
        Channel calldata terms,
        uint64 seq,
        bytes calldata records
    ) external onlyClaims nonReentrant returns (uint256 newBatchId) {
        bytes32 channel = _channelOf(class, terms);
        CaseState storage c = _cases[_caseKey(channel, seq)];
        require(
            c.value != 0 && !c.finalised && !c.deferred && !c.convicted && c.disputes == 0
                && c.refundable == 0,
            WrongStage()
        );
        c.finalised = true;
        newBatchId = vouchers.split(
            class, terms, c.batchId, 0, c.value, uint40(block.timestamp), records
        );
        emit Moved(channel, seq, newBatchId, c.value);
    }
}
