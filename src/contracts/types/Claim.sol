// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CompactSignature} from "./CompactSignature.sol";
import {Order} from "./Order.sol";
import {Statement} from "./Statement.sol";

/// @notice Where the sums of a claim begin: at zero, at a checkpoint of this court, or at an ack.
struct Start {
    uint128 cumUnits;
    uint64 nextSeq;
    /// The spend key's, over the ack; void for zero and for a checkpoint.
    CompactSignature signature;
}

/// @notice An order that was served, with everything that its holder is owed.
struct Delivery {
    Order order;
    CompactSignature signature;
    Statement receipt;
    bytes output;
}
