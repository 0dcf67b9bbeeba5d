// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One redemption of a class with a court, in escrow until nobody can dispute it any more.
struct Batch {
    /// Token base units still in escrow; zero once released.
    uint128 amount;
    /// Unix seconds from which anyone may release it.
    uint40 maturesAt;
    /// Receives the amount.
    address provider;
    /// The token of the class.
    address token;
    /// keccak256 of the batch's records (see `IVouchers.BatchEscrowed`).
    bytes32 rowsHash;
}
