// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dispute} from "../types/Dispute.sol";
import {Trees} from "./Trees.sol";

/// @title Descents: what an answer has to be, and where a pick leads
/// @dev Structure by silence: an answer has exactly the nodes of a canonical tree of the expected
/// count, missing children are zero by construction, and bytes behind a tensor are zero. A root of
/// anything else cannot be answered.
library Descents {
    /// @dev Purpose of a dispute, beside the two trees.
    uint8 internal constant CANCEL = 2;

    /// @dev Flags of `Dispute.wraps`. The list's header lies between.
    uint8 internal constant LIST = 1;
    /// @dev A tensor's header lies between.
    uint8 internal constant TENSOR = 2;
    /// @dev The commitment is new: the opener has not asked for it yet.
    uint8 internal constant FRESH = 4;
    /// @dev The input was asked for: once.
    uint8 internal constant ASKED = 8;
    /// @dev Below a tensor's header, not in the list.
    uint8 internal constant INSIDE = 16;
    /// @dev Opened by a stranger, as everybody may on this channel.
    uint8 internal constant STRANGER = 32;

    /// @dev Levels of an answer: two more cost 3.3 times as much, two save nothing.
    uint256 internal constant LEVELS = 3;
    /// @dev Height above the leaves from which whole leaves are sent: 16 of them.
    uint256 internal constant LEAF_LEVELS = 2;

    /// @dev Not the canonical answer.
    error NotCanonical();

    /// @dev Whether the next answer is leaves.
    function atLeaves(Dispute memory d) internal pure returns (bool) {
        return d.wraps & INSIDE != 0 && d.level <= LEAF_LEVELS;
    }

    /// @dev Levels that the next answer opens, and a pick after it descends.
    function depth(Dispute memory d) internal pure returns (uint256 levels) {
        levels = d.wraps & INSIDE != 0 ? d.level - LEAF_LEVELS : d.level;
        if (levels > LEVELS) levels = LEVELS;
    }

    /// @dev Root over the nodes `depth` levels below.
    function nodesRoot(Dispute memory d, bytes calldata data) internal pure returns (bytes32) {
        uint256 levels = depth(d);
        uint256 count = _below(d, levels);
        require(data.length == 32 * count, NotCanonical());
        bytes32[] memory nodes = new bytes32[](count);
        assembly ("memory-safe") {
            calldatacopy(add(nodes, 0x20), data.offset, data.length)
        }
        return Trees.fold(nodes, levels);
    }

    /// @dev Root over the leaves below, whole ones, the tensor's last one padded with zeros.
    function leavesRoot(Dispute memory d, bytes calldata data) internal pure returns (bytes32) {
        uint256 count = _below(d, d.level);
        require(data.length == Trees.LEAF_BYTES * count, NotCanonical());
        bytes32[] memory nodes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            nodes[i] = Trees.leaf(data, i * Trees.LEAF_BYTES);
        }
        uint256 first = uint256(d.position) << (2 * uint256(d.level));
        uint256 used = d.size % Trees.LEAF_BYTES;
        if (used != 0 && first + count == items(d)) {
            Trees.checkPadding(data, (count - 1) * Trees.LEAF_BYTES, used);
        }
        return Trees.fold(nodes, d.level);
    }

    /// @dev Items of the tree that the dispute is in: tensors, or leaves.
    function items(Dispute memory d) internal pure returns (uint256) {
        return d.wraps & INSIDE != 0 ? Trees.leaves(d.size) : d.size;
    }

    /// @dev Nodes that exist `levels` below.
    function _below(Dispute memory d, uint256 levels) private pure returns (uint256) {
        uint256 width = Trees.width(items(d), d.level - levels);
        uint256 first = uint256(d.position) << (2 * levels);
        uint256 most = 1 << (2 * levels);
        return width - first < most ? width - first : most;
    }
}
