// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "./Channel.sol";
import {Class} from "./Class.sol";
import {CompactSignature} from "./CompactSignature.sol";

/// @notice Work that a spend key asked for: the EIP-712 type of the same name.
struct Order {
    bytes32 channel;
    uint64 seq;
    bytes32 modelRoot;
    bytes32 inputRoot;
    /// Units that the order may cost.
    uint128 maxUnits;
    /// Unix seconds.
    uint64 deadline;
    /// Bit 0 Accept, bit 1 trace root, bits 2 and 3 proofs wanted.
    uint8 flags;
    bytes32 extension;
}

/// @notice An order with what it stands on. A fixed number of words: it travels in calldata.
struct Brief {
    Class class;
    Channel terms;
    Order order;
    /// The spend key's, over the order. Void for a contract, whose order is recorded.
    CompactSignature signature;
}
