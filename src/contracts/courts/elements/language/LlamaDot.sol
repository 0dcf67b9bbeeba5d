// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama} from "./Llama.sol";

/// @title Numbers of 16 bits times a row of weights, eight products per multiplication
/// @dev Sixteen numbers are lanes of 16 bits of a word; even and odd ones become two words of
/// eight lanes of 32 bits, as do their quants, in the opposite order. A word of signed lanes is
/// the sum of lane · 2^(32 i), so the top lane of a product of two of them is Σ of eight products,
/// once half a lane is added for what lies below: 8 · 2^15 · 2^7 and its sums stay far below 2^31.
/// All of it is unchecked.
library LlamaDot {
    /// @dev The even bytes, and the even pairs of bytes, of a word.
    uint256 private constant BYTES =
        0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant PAIRS =
        0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    /// @dev 1 in every lane.
    uint256 private constant ONES =
        0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @dev Σ (S·q − M) · x over numbers and cells of 32 columns, both in calldata; numbers beyond
    /// `columns` count as 0.
    function dot(uint256 x, uint256 cells, uint256 columns, uint256 form)
        internal
        pure
        returns (int256 sum)
    {
        uint256 size = Llama.cellBytes(form);
        unchecked {
            while (columns != 0) {
                (uint256 a, uint256 b, uint256 all) = _halves(x, cells, columns, form);
                if (form == Llama.INT8_HALF) {
                    sum += _scale(cells) * _top(a) + _scale(cells + 4) * _top(b);
                } else {
                    sum += _scale(cells) * _top(a + b);
                    if (form == Llama.INT4_OFFSET) sum -= _scale(cells + 4) * _top(all * ONES);
                }
                x += 64;
                cells += size;
                columns = columns > 32 ? columns - 32 : 0;
            }
        }
    }

    /// @dev Products of the two halves of a cell, and lanes that Σ x is the sum of.
    function _halves(uint256 x, uint256 cell, uint256 count, uint256 form)
        private
        pure
        returns (uint256 a, uint256 b, uint256 all)
    {
        unchecked {
            (uint256 u, uint256 v, uint256 bias) = _quants(cell, form);
            (a, all) = _products(_first(x, count), u, bias);
            (b, u) = _products(_first(x + 32, count > 16 ? count - 16 : 0), v, bias);
            all += u;
        }
    }

    /// @dev Lanes of products, of which the top one counts; and of x, of which all do.
    function _products(uint256 word, uint256 u, uint256 bias)
        private
        pure
        returns (uint256 lanes, uint256 all)
    {
        unchecked {
            (uint256 odd, uint256 even) = _lanes(word);
            (uint256 oddQuants, uint256 evenQuants) = _turned(u, bias);
            return (odd * oddQuants + even * evenQuants, odd + even);
        }
    }

    /// @dev Sixteen numbers in two's complement, little endian, to signed lanes.
    function _lanes(uint256 word) private pure returns (uint256 odd, uint256 even) {
        unchecked {
            word = (word >> 8 & BYTES) | (word & BYTES) << 8;
            word ^= ONES * 0x80008000;
            odd = (word & PAIRS) - ONES * 0x8000;
            even = (word >> 16 & PAIRS) - ONES * 0x8000;
        }
    }

    /// @dev Sixteen bytes to signed lanes in the opposite order.
    /// @param bias What a quant lies above itself, in every lane.
    function _turned(uint256 u, uint256 bias) private pure returns (uint256 odd, uint256 even) {
        unchecked {
            u = (u << 128 | u >> 64)
                & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;
            u = (u << 64 | u >> 32)
                & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
            u = (u << 32 | u >> 16) & PAIRS;
            u = (u << 16 | u >> 8) & BYTES;
            even = (u & PAIRS) - bias;
            odd = (u >> 16 & PAIRS) - bias;
        }
    }

    /// @dev Quants of columns 0 to 15 and 16 to 31 of a cell, without sign, and their bias.
    function _quants(uint256 cell, uint256 form)
        private
        pure
        returns (uint256 u, uint256 v, uint256 bias)
    {
        assembly ("memory-safe") {
            u := calldataload(add(cell, shl(2, add(1, gt(form, 2)))))
            v := and(u, 0xffffffffffffffffffffffffffffffff)
            u := shr(128, u)
            switch or(eq(form, 2), eq(form, 3))
            case 1 {
                let low := 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
                v := and(shr(4, u), low)
                u := and(u, low)
                bias := mul(ONES, shl(3, eq(form, 2)))
            }
            default {
                u := xor(u, 0x80808080808080808080808080808080)
                v := xor(v, 0x80808080808080808080808080808080)
                bias := mul(ONES, 128)
            }
        }
    }

    /// @dev The first `count` numbers of sixteen; the others are 0.
    function _first(uint256 x, uint256 count) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(x)
            if lt(count, 16) { word := and(word, not(shr(shl(4, count), not(0)))) }
        }
    }

    /// @dev The top lane, signed.
    function _top(uint256 lanes) private pure returns (int256 z) {
        assembly ("memory-safe") {
            z := sar(224, add(lanes, shl(223, 1)))
        }
    }

    /// @dev A scale or an offset: 32 bits, little endian.
    function _scale(uint256 cursor) private pure returns (int256 z) {
        assembly ("memory-safe") {
            let v := shr(224, calldataload(cursor))
            v := or(shl(8, and(v, 0x00ff00ff)), and(shr(8, v), 0x00ff00ff))
            z := signextend(3, or(shl(16, v), shr(16, v)))
        }
    }
}
