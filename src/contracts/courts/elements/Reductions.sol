// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";
import {FixedPoint} from "./FixedPoint.sol";
import {Openings, Reader} from "./Openings.sol";
import {Windows} from "./Windows.sol";

/// @title MEAN and SOFTMAX
library Reductions {
    using Architecture for Tensor;

    /// @dev Q0.31 → shares of 256: what the reference subtracts from 31.
    int256 private constant SHARE_SHIFT = 31 - 8;
    /// @dev Beyond it a share is 0: a shift of 32 bits by 32 has no meaning.
    int256 private constant EXPONENT_MAX = 31;
    /// @dev What a byte can be.
    uint256 private constant BYTE_VALUES = 256;

    /// @dev Mean.cs. Attributes: bit set of reduced dimensions, multiplier, shift.
    function mean(Op memory op, Reader memory r, uint256 index) internal pure returns (int256) {
        Tensor memory t = op.inputs[0];
        uint256[6] memory extents;
        uint256[6] memory strides;
        uint256 loops = 0;
        uint256 count = 1;
        uint256 origin = 0;
        uint256 stride = 1;
        for (uint256 i = t.rank; i != 0; --i) {
            uint256 dim = t.dims[i - 1];
            if ((uint256(op.attributes[0]) >> (i - 1)) & 1 == 0) {
                origin += index % dim * stride;
                index /= dim;
            } else if (dim != 1) {
                (extents[loops], strides[loops]) = (dim, stride);
                ++loops;
                count *= dim;
            }
            stride *= dim;
        }
        if (loops == 0) (extents[0], strides[0]) = (1, 1);
        uint256 into = Windows.allocate(extents[0]);
        int256 sum = 0;
        for (uint256 n = 0; n < count; n += extents[0]) {
            Openings.gatherStrided(
                r, op.ids[0], origin + _offset(extents, strides, loops, n), strides[0],
                extents[0], into
            );
            sum += Windows.sumOf(into, extents[0]);
        }
        sum = FixedPoint.multiply(
            sum - t.zero * int256(count), op.attributes[1], op.attributes[2]
        );
        return Windows.clamp(sum + op.output.zero, type(int8).min, type(int8).max);
    }

    /// @dev Softmax.cs over the last dimension: distances to the greatest are counted first, since
    /// there are 256 at most and an exponential costs some 1,500 gas. Attributes: multiplier, left
    /// shift, least difference.
    function softmax(Op memory op, Reader memory r, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 length = op.inputs[0].last();
        uint256 from = index - index % length;
        bytes memory row = new bytes(length);
        uint256 cursor;
        assembly ("memory-safe") {
            cursor := add(row, 32)
        }
        Openings.gather(r, op.ids[0], from, length, cursor);
        (uint256[] memory counts, uint256 least, uint256 greatest) = _histogram(row);
        int256 sum = _sum(op, counts, least, greatest);
        int256 own = int256(uint256(uint8(row[index - from])) ^ 128) - int256(greatest);
        return _share(op, sum, own);
    }

    /// @dev Σ exp over a row that is counted, in Q12.19.
    function _sum(Op memory op, uint256[] memory counts, uint256 least, uint256 greatest)
        private
        pure
        returns (int256 sum)
    {
        int256 differenceMin = op.attributes[2];
        unchecked {
            // Bytes and counts of at most 4,095: nothing here comes near 2^255.
            for (uint256 x = least; x <= greatest; ++x) {
                int256 count = int256(counts[x]);
                int256 difference = int256(x) - int256(greatest);
                if (count == 0 || difference < differenceMin) continue;
                sum += count
                    * FixedPoint.divideByPowerOfTwo(
                        _exp(op, difference), FixedPoint.SUM_INTEGER_BITS
                    );
            }
        }
    }

    /// @dev One element's part of its row, from 0 to 255, less 128.
    function _share(Op memory op, int256 sum, int256 difference) private pure returns (int256) {
        (int256 scale, int256 exponent) = FixedPoint.reciprocal(sum);
        exponent += SHARE_SHIFT;
        int256 share = 0;
        if (difference >= op.attributes[2] && exponent <= EXPONENT_MAX) {
            share = FixedPoint.divideByPowerOfTwo(
                FixedPoint.doublingHighMultiply(scale, _exp(op, difference)), uint256(exponent)
            );
        }
        return Windows.clamp(share + type(int8).min, type(int8).min, type(int8).max);
    }

    /// @dev exp(scale · beta · difference), difference ≤ 0, in Q0.31.
    function _exp(Op memory op, int256 difference) private pure returns (int256) {
        return FixedPoint.expOnNegative(
            FixedPoint.doublingHighMultiply(
                difference << uint256(op.attributes[1]), op.attributes[0]
            )
        );
    }

    /// @dev How often each byte occurs, as x + 128, the least and the greatest.
    function _histogram(bytes memory row)
        private
        pure
        returns (uint256[] memory counts, uint256 least, uint256 greatest)
    {
        counts = new uint256[](BYTE_VALUES);
        assembly ("memory-safe") {
            let slots := add(counts, 32)
            let cursor := add(row, 32)
            // Whole words; the zeros behind the row are taken out again.
            let words := shr(5, add(mload(row), 31))
            for { let end := add(cursor, shl(5, words)) } lt(cursor, end) {
                cursor := add(cursor, 32)
            } {
                let word := mload(cursor)
                for { let i := 0 } lt(i, 32) { i := add(i, 1) } {
                    let slot := add(slots, shl(5, xor(byte(i, word), 128)))
                    mstore(slot, add(mload(slot), 1))
                }
            }
            let zero := add(slots, 4096)
            mstore(zero, sub(mload(zero), sub(shl(5, words), mload(row))))
            for {} iszero(mload(add(slots, shl(5, least)))) { least := add(least, 1) } {}
            greatest := 255
            for {} iszero(mload(add(slots, shl(5, greatest)))) { greatest := sub(greatest, 1) } {}
        }
    }

    /// @dev Offset of element number `n` of a box, its first dimension fastest.
    function _offset(
        uint256[6] memory extents,
        uint256[6] memory strides,
        uint256 loops,
        uint256 n
    ) private pure returns (uint256 offset) {
        unchecked {
            for (uint256 i = 0; i < loops; ++i) {
                offset += n % extents[i] * strides[i];
                n /= extents[i];
            }
        }
    }
}
