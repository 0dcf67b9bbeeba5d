// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What one redemption of a class with a court paid, or a part of one of its rows: in
/// escrow until nobody can dispute it any more.
struct Batch {
    /// Token base units still in escrow; zero once released.
    uint128 amount;
    /// Unix seconds from which anyone may release it.
    uint40 maturesAt;
    /// Unix seconds after which nothing split off it may mature.
    uint40 latest;
    /// Receives the amount.
    address provider;
    /// The token of the class.
    address token;
    /// keccak256 of the batch's records (see `IVouchers.BatchEscrowed`).
    bytes32 rowsHash;
}
