// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a node stands to lose in front of one court, in one token.
struct Bond {
    /// Token base units.
    uint128 amount;
    /// Unix seconds from which it may be withdrawn; 0 = not exiting.
    uint40 exitAt;
}
