// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "../types/Order.sol";
import {Statement} from "../types/Statement.sol";

/// @title EIP-712 `hashStruct` of the types that a court checks
/// @dev The strings are frozen: a change breaks every client.
library Statements {
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,uint128 maxUnits,"
        "uint64 deadline,uint8 flags,bytes32 extension)"
    );
    bytes32 internal constant ACCEPT_TYPEHASH = keccak256("Accept(bytes32 orderHash,uint64 dueAt)");
    bytes32 internal constant CANCEL_TYPEHASH = keccak256("Cancel(bytes32 orderHash)");
    bytes32 internal constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(bytes32 orderHash,uint32 steps,bytes32 outputRoot,bytes32 traceRoot,"
        "uint128 units)"
    );
    bytes32 internal constant TRACE_ROOT_TYPEHASH =
        keccak256("TraceRoot(bytes32 orderHash,uint32 steps,bytes32 traceRoot)");

    function hashOrder(Order calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPEHASH, order));
    }

    function hashAccept(bytes32 orderHash, uint64 dueAt) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPT_TYPEHASH, orderHash, dueAt));
    }

    function hashCancel(bytes32 orderHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_TYPEHASH, orderHash));
    }

    function hashStatement(Statement calldata s) internal pure returns (bytes32) {
        if (!s.isReceipt) {
            return keccak256(abi.encode(TRACE_ROOT_TYPEHASH, s.orderHash, s.steps, s.traceRoot));
        }
        return keccak256(
            abi.encode(
                RECEIPT_TYPEHASH, s.orderHash, s.steps, s.outputRoot, s.traceRoot, s.units
            )
        );
    }

    /// @dev Digest of a struct hash under a separator.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }
}
