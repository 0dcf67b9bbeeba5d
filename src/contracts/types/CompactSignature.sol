// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A 64-byte ECDSA signature as in EIP-2098.
struct CompactSignature {
    bytes32 r;
    /// yParity in the top bit, s below it.
    bytes32 vs;
}
