// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Whose a node is: one storage slot, so that a first slash writes none that was empty.
struct Node {
    /// Zero while it has not joined; then for good.
    address provider;
    /// Unix seconds; 0 while it is trusted.
    uint40 revokedAt;
}
