// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Op} from "./Architecture.sol";
import {Openings, Reader} from "./Openings.sol";

/// @notice Taps [top, bottom) × [left, right) of a window that lie inside an NHWC image.
struct Patch {
    /// Output channel.
    uint256 channel;
    uint256 top;
    uint256 bottom;
    uint256 left;
    uint256 right;
    /// Where tap (0, 0) would lie, outside the image too.
    int256 origin;
    int256 rowStep;
    int256 columnStep;
}

/// @title Windows over images, and the two pools
/// @dev Attributes 0 to 7: filter height and width, stride, dilation, padding top and left.
library Windows {
    /// @dev WindowOperator.cs: the taps of output element `index` that lie inside the image.
    function patchOf(Op memory op, uint256 index) internal pure returns (Patch memory p) {
        uint256[6] memory out = op.output.dims;
        uint256[6] memory dims = op.inputs[0].dims;
        int256[16] memory a = op.attributes;
        p.channel = index % out[3];
        index /= out[3];
        int256 x = int256(index % out[2]) * a[3] - a[7];
        index /= out[2];
        int256 y = int256(index % out[1]) * a[2] - a[6];
        (p.top, p.bottom) = _inside(y, a[4], a[0], int256(dims[1]));
        (p.left, p.right) = _inside(x, a[5], a[1], int256(dims[2]));
        int256 depth = int256(dims[3]);
        int256 width = int256(dims[2]);
        p.origin = ((int256(index / out[1] * dims[1]) + y) * width + x) * depth;
        p.rowStep = a[4] * width * depth;
        p.columnStep = a[5] * depth;
    }

    /// @dev Number of the input element under a tap, in input channel 0.
    function tap(Patch memory p, uint256 row, uint256 column) internal pure returns (uint256) {
        return uint256(p.origin + int256(row) * p.rowStep + int256(column) * p.columnStep);
    }

    /// @dev MaxPool2D.cs.
    function maxPool(Op memory op, Reader memory r, uint256 index) internal pure returns (int256) {
        (uint256 taps, uint256 count) = _taps(op, r, index);
        int256 greatest = type(int8).min;
        assembly ("memory-safe") {
            for { let end := add(taps, count) } lt(taps, end) { taps := add(taps, 1) } {
                let x := signextend(0, byte(0, mload(taps)))
                if sgt(x, greatest) { greatest := x }
            }
        }
        return clamp(greatest, op.attributes[8], op.attributes[9]);
    }

    /// @dev AveragePool2D.cs: rounded half away from zero.
    function averagePool(Op memory op, Reader memory r, uint256 index)
        internal
        pure
        returns (int256)
    {
        (uint256 taps, uint256 length) = _taps(op, r, index);
        int256 sum = sumOf(taps, length);
        int256 count = int256(length);
        int256 mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        return clamp(mean, op.attributes[8], op.attributes[9]);
    }

    /// @dev Σ of signed bytes in memory.
    function sumOf(uint256 from, uint256 count) internal pure returns (int256 sum) {
        assembly ("memory-safe") {
            for { let end := add(from, count) } lt(from, end) { from := add(from, 1) } {
                sum := add(sum, signextend(0, byte(0, mload(from))))
            }
        }
    }

    /// @dev Memory of `count` bytes.
    function allocate(uint256 count) internal pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := mload(0x40)
            mstore(0x40, add(cursor, and(add(count, 63), not(31))))
        }
    }

    function clamp(int256 x, int256 least, int256 greatest) internal pure returns (int256) {
        if (x < least) return least;
        return x > greatest ? greatest : x;
    }

    /// @dev The bytes under the taps inside the image, one behind the other in memory.
    function _taps(Op memory op, Reader memory r, uint256 index)
        private
        pure
        returns (uint256 taps, uint256 count)
    {
        Patch memory p = patchOf(op, index);
        uint256 width = p.right - p.left;
        count = (p.bottom - p.top) * width;
        taps = allocate(count);
        if (width == 0) return (taps, 0);
        uint256 into = taps;
        for (uint256 f = p.top; f < p.bottom; ++f) {
            Openings.gatherStrided(
                r, op.ids[0], tap(p, f, p.left) + p.channel, uint256(p.columnStep), width, into
            );
            into += width;
        }
    }

    /// @dev Window.cs: taps of one axis inside the image.
    function _inside(int256 origin, int256 dilation, int256 filter, int256 size)
        private
        pure
        returns (uint256 first, uint256 end)
    {
        if (origin < 0) first = uint256((-origin + dilation - 1) / dilation);
        if (origin < size) {
            int256 fits = (size - origin + dilation - 1) / dilation;
            end = uint256(fits < filter ? fits : filter);
        }
        if (end < first) end = first;
    }
}
