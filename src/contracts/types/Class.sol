// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The terms of a voucher. Its EIP-712 `hashStruct`, as a number, is the ERC-1155 id, so
/// they cannot change and need not be stored: they travel in calldata, checked by hash.
struct Class {
    /// The ERC-20 that backs the vouchers, in which price, earnings and bonds are counted.
    address token;
    /// Token base units per 1e9 compute units, 1 to 2^64.
    uint128 unitPrice;
    /// Unix seconds. Minting and opening end here, redemption `REDEEM_GRACE` later.
    uint64 expiry;
    /// Seconds from `thaw` to `withdraw`, 3 to 30 days.
    uint32 thaw;
    /// Seconds in which a court may undo a redemption, at most 30 days. Unused without a court.
    uint32 window;
    /// Added to the price at mint, in hundredths of a percent, at most 10,000.
    uint16 premiumBps;
    /// Share of the premium that redemption burns, in hundredths of a percent, at most 10,000.
    uint16 burnBps;
    /// The published table that says what an operator costs; opaque here.
    bytes32 costTable;
    /// The contract that may slash and refund for this class; zero means "not slashable".
    address court;
}
