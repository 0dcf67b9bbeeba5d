// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";
import {FixedPoint} from "./FixedPoint.sol";
import {Openings, Reader} from "./Openings.sol";
import {Windows} from "./Windows.sol";

/// @title Operators whose element reads one of each input: PAD, TRANSPOSE, RESHAPE, ADD, QUANTIZE
library Movers {
    using Architecture for Tensor;

    /// @dev Spare bits that ADD gives 8-bit operands.
    uint256 private constant SPARE_BITS = 20;

    /// @dev Pad.cs: the border is the output's zero point.
    function pad(Op memory op, Reader memory r, uint256 index) internal pure returns (int256) {
        uint256 from = 0;
        uint256 stride = 1;
        for (uint256 i = op.output.rank; i != 0; --i) {
            uint256 dim = op.inputs[0].dims[i - 1];
            int256 place = int256(index % op.output.dims[i - 1]) - op.attributes[i - 1];
            index /= op.output.dims[i - 1];
            if (place < 0 || place >= int256(dim)) return op.output.zero;
            from += uint256(place) * stride;
            stride *= dim;
        }
        return Openings.readSigned(r, op.ids[0], from);
    }

    /// @dev Transpose.cs: output dimension i is input dimension attribute[i].
    function transpose(Op memory op, Reader memory r, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 from = 0;
        for (uint256 i = op.output.rank; i != 0; --i) {
            uint256 stride = 1;
            for (uint256 j = uint256(op.attributes[i - 1]) + 1; j < op.inputs[0].rank; ++j) {
                stride *= op.inputs[0].dims[j];
            }
            from += index % op.output.dims[i - 1] * stride;
            index /= op.output.dims[i - 1];
        }
        return Openings.readSigned(r, op.ids[0], from);
    }

    /// @dev Reshape.cs.
    function reshape(Op memory op, Reader memory r, uint256 index) internal pure returns (int256) {
        return Openings.readSigned(r, op.ids[0], index);
    }

    /// @dev Add.cs: both sides on a common scale with spare bits, then on the output's.
    function add(Op memory op, Reader memory r, uint256 index) internal pure returns (int256) {
        int256[16] memory a = op.attributes;
        int256 sum = 0;
        for (uint256 i = 0; i < 2; ++i) {
            int256 x = Openings.readSigned(r, op.ids[i], _broadcast(op, i, index));
            x = (x - op.inputs[i].zero) << SPARE_BITS;
            sum += FixedPoint.multiply(x, a[2 * i], a[2 * i + 1]);
        }
        sum = FixedPoint.multiply(sum, a[4], a[5]);
        return Windows.clamp(sum + op.output.zero, a[6], a[7]);
    }

    /// @dev Quantize.cs: reads by the input's type, clamps by the output's.
    function quantize(Op memory op, Reader memory r, uint256 index)
        internal
        pure
        returns (int256)
    {
        int256 x = op.inputs[0].dtype == Architecture.UINT8
            ? int256(Openings.read(r, op.ids[0], index))
            : Openings.readSigned(r, op.ids[0], index);
        x = FixedPoint.multiply(x - op.inputs[0].zero, op.attributes[0], op.attributes[1]);
        (int256 least, int256 greatest) = op.output.range();
        return Windows.clamp(x + op.output.zero, least, greatest);
    }

    /// @dev Where output element `index` finds its operand: dimensions of extent 1 stand for all.
    function _broadcast(Op memory op, uint256 input, uint256 index)
        private
        pure
        returns (uint256 from)
    {
        uint256 stride = 1;
        for (uint256 i = 0; i < op.output.rank; ++i) {
            uint256 dim = op.output.extent(i);
            uint256 own = op.inputs[input].extent(i);
            if (own != 1) from += index % dim * stride;
            stride *= own;
            index /= dim;
        }
    }
}
