// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Channels} from "./Channels.sol";
import {Metadata} from "./Metadata.sol";
import {Redemptions} from "./Redemptions.sol";
import {IProviders} from "./interfaces/IProviders.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {Limits} from "./libraries/Limits.sol";
import {Rates} from "./libraries/Rates.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Channel} from "./types/Channel.sol";
import {Class} from "./types/Class.sol";

/// @title Vouchers, vault and channels in one contract
/// @dev Written on pages in the order of the money: `Earnings` (shared with `Providers`), `Vault`
/// (mint, migrate, reclaim), `Channels` (open to close), `Redemptions` (rows, batches, the court),
/// and here what is left: transfers and reading. A page knows only those before it; `close` alone
/// asks the next one, through `_redeemOne`.
///
/// The guard is global: every function that moves value holds it, transfers included, and state is
/// written before a token or receiver is called. The only calls to unknown code are the token's
/// (mint, reclaim, settle) and the ERC-1155 receiver's (mint, migrate, transfer). Redemption makes
/// none.
contract Vouchers is Redemptions {
    using Rates for Class;

    /// @inheritdoc IVouchers
    uint256 public constant REDEEM_GRACE = Limits.REDEEM_GRACE;
    /// @inheritdoc IVouchers
    uint256 public constant ORDER_HORIZON = Limits.ORDER_HORIZON;

    /// @dev Answers `uri`. A contract of its own, because the code limit is near.
    Metadata private immutable _metadata;

    constructor(IProviders providers_)
        ERC1155("")
        EIP712("ComputeVoucher", "1")
        Channels(providers_)
    {
        _metadata = new Metadata();
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

    /// @inheritdoc ERC1155
    function uri(uint256 id) public view override returns (string memory) {
        return _metadata.uri(id);
    }

    /// @inheritdoc IVouchers
    function channelIdOf(Channel calldata terms) external pure returns (bytes32) {
        return SignedTypes.hashChannel(terms);
    }

    /// @inheritdoc IVouchers
    function payout(Class calldata class, uint128 cumUnits) external pure returns (uint256 paid) {
        return cumUnits * class.provider() / Rates.SCALE;
    }

    /// @inheritdoc IVouchers
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}
