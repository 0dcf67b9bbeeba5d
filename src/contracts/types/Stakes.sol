// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What was staked in one token and left neither as a bond nor as a reward: one storage
/// slot, so that a first slash writes none that was empty.
struct Stakes {
    /// Token base units, burned ones included.
    uint128 total;
    /// Those that are locked here for ever; never above `total`.
    uint128 burned;
}
