// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";
import {FixedPoint} from "./FixedPoint.sol";
import {Openings, Reader} from "./Openings.sol";
import {Products} from "./Products.sol";
import {Patch, Windows} from "./Windows.sol";

/// @notice The parameters of one output channel, from its leaf.
struct Channel {
    /// Place of the weights in calldata, one byte each, and how many.
    uint256 weights;
    uint256 count;
    int256 bias;
    int256 multiplier;
    int256 shift;
}

/// @title CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED
/// @dev What they read is laid beside the weights in memory, the input's zero point where a window
/// leaves the image: there x − zero is 0. Then one product of vectors.
library Layers {
    using Architecture for Tensor;

    /// @dev Conv2D.cs: (filter row, filter column, depth), grouped where the filter is shallower.
    function conv(Op memory op, Reader memory r, Channel memory c, uint256 index)
        internal
        pure
        returns (int256)
    {
        Patch memory p = Windows.patchOf(op, index);
        uint256 depth = uint256(op.attributes[8]);
        uint256 group = p.channel / (op.output.dims[3] / (op.inputs[0].dims[3] / depth)) * depth;
        uint256 x = _filled(c.count, op.inputs[0].zero);
        // A row of the window is one run where neighbours are next to each other.
        bool whole = depth == op.inputs[0].dims[3] && op.attributes[5] == 1;
        for (uint256 f = p.top; f < p.bottom; ++f) {
            uint256 row = x + f * uint256(op.attributes[1]) * depth;
            if (whole && p.left < p.right) {
                Openings.gather(
                    r, op.ids[0], Windows.tap(p, f, p.left), (p.right - p.left) * depth,
                    row + p.left * depth
                );
                continue;
            }
            for (uint256 g = p.left; g < p.right; ++g) {
                Openings.gather(
                    r, op.ids[0], Windows.tap(p, f, g) + group, depth, row + g * depth
                );
            }
        }
        return _finish(op, c, x, 0, 9);
    }

    /// @dev DepthwiseConv2D.cs: output channel c reads input channel c / multiplier alone.
    function depthwise(Op memory op, Reader memory r, Channel memory c, uint256 index)
        internal
        pure
        returns (int256)
    {
        Patch memory p = Windows.patchOf(op, index);
        uint256 channel = p.channel / (op.output.dims[3] / op.inputs[0].dims[3]);
        uint256 x = _filled(c.count, op.inputs[0].zero);
        for (uint256 f = p.top; f < p.bottom; ++f) {
            if (p.left == p.right) break;
            Openings.gatherStrided(
                r, op.ids[0], Windows.tap(p, f, p.left) + channel, uint256(p.columnStep),
                p.right - p.left, x + f * uint256(op.attributes[1]) + p.left
            );
        }
        return _finish(op, c, x, 0, 8);
    }

    /// @dev FullyConnected.cs.
    function fullyConnected(Op memory op, Reader memory r, Channel memory c, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 x = _filled(c.count, op.inputs[0].zero);
        Openings.gather(r, op.ids[0], index / op.output.last() * c.count, c.count, x);
        return _finish(op, c, x, op.attributes[1], 2);
    }

    /// @dev Σ (w − weightZero) · (x − zero), scaled and clamped by the two attributes at `clampAt`.
    function _finish(Op memory op, Channel memory c, uint256 x, int256 weightZero, uint256 clampAt)
        private
        pure
        returns (int256)
    {
        int256 sum = _sum(c, x, weightZero, op.inputs[0].zero);
        sum = FixedPoint.multiply(sum + c.bias, c.multiplier, c.shift);
        return Windows.clamp(
            sum + op.output.zero, op.attributes[clampAt], op.attributes[clampAt + 1]
        );
    }

    function _sum(Channel memory c, uint256 x, int256 weightZero, int256 zero)
        private
        pure
        returns (int256 sum)
    {
        uint256 w = _filled(c.count, 0);
        (uint256 from, uint256 count) = (c.weights, c.count);
        assembly ("memory-safe") {
            calldatacopy(w, from, count)
        }
        int256 sumX;
        int256 sumW;
        (sum, sumX, sumW) = Products.dot(x, w, count);
        sum += int256(count) * weightZero * zero - zero * sumW - weightZero * sumX;
    }

    /// @dev Memory for `count` bytes, all of them `value`, and zeros up to a whole word.
    function _filled(uint256 count, int256 value) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := mload(0x40)
            let end := add(cursor, count)
            // Behind the last whole word one more, so that the zeros have room.
            mstore(0x40, add(cursor, shl(5, add(shr(5, count), 2))))
            let word := mul(div(not(0), 255), and(value, 0xff))
            for { let p := cursor } lt(p, end) { p := add(p, 32) } {
                mstore(p, word)
            }
            mstore(end, 0)
        }
    }
}
