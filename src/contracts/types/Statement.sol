// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CompactSignature} from "./CompactSignature.sol";

/// @notice What a node signed about the result of an order: a `Receipt`, or a `TraceRoot`, whose
/// `outputRoot` and `units` are zero.
struct Statement {
    bool isReceipt;
    bytes32 orderHash;
    /// Tokens produced; 1 for a graph; 0 for nothing, after a Cancel.
    uint32 steps;
    bytes32 outputRoot;
    bytes32 traceRoot;
    uint128 units;
    CompactSignature signature;
}
