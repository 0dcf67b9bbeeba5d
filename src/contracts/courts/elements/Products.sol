// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Sums of products of signed bytes, eight per multiplication
/// @dev A word of 32 bytes is eight lanes of 32 bits. Bytes are taken as u = x + 128, without sign.
/// With the lanes of one side reversed, the top lane of a product of two columns of bytes is
/// Σ u · v over the eight lanes: 8 · 255² < 2^32, so no lane carries into the next.
library Products {
    /// @notice Σ x · w, Σ x and Σ w over `count` signed bytes at two places in memory.
    /// @dev Bytes behind them, up to a whole word, must be zero. At most 2^16 bytes, so that sums
    /// of columns stay within their lanes.
    function dot(uint256 x, uint256 w, uint256 count)
        internal
        pure
        returns (int256 products, int256 sumX, int256 sumW)
    {
        assembly ("memory-safe") {
            let flip := not(0)
            // 0x80 in every byte, 0xff in the last byte of every lane, 1 in every lane.
            flip := mul(div(flip, 255), 0x80)
            let ones := div(not(0), 0xffffffff)
            let low := mul(ones, 0xff)
            let halves := 0xffffffffffffffff0000000000000000ffffffffffffffff0000000000000000
            let words := 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000
            let end := add(x, count)
            let padded := shl(5, shr(5, add(count, 31)))
            for {} lt(x, end) {
                x := add(x, 32)
                w := add(w, 32)
            } {
                let u := xor(mload(x), flip)
                let v := xor(mload(w), flip)
                v := or(shr(128, v), shl(128, v))
                v := or(shr(64, and(v, halves)), and(shl(64, v), halves))
                v := or(shr(32, and(v, words)), and(shl(32, v), words))
                let a := and(u, low)
                let b := and(v, low)
                products := add(products, shr(224, mul(a, b)))
                sumX := add(sumX, a)
                sumW := add(sumW, b)
                a := and(shr(8, u), low)
                b := and(shr(8, v), low)
                products := add(products, shr(224, mul(a, b)))
                sumX := add(sumX, a)
                sumW := add(sumW, b)
                a := and(shr(16, u), low)
                b := and(shr(16, v), low)
                products := add(products, shr(224, mul(a, b)))
                sumX := add(sumX, a)
                sumW := add(sumW, b)
                a := and(shr(24, u), low)
                b := and(shr(24, v), low)
                products := add(products, shr(224, mul(a, b)))
                sumX := add(sumX, a)
                sumW := add(sumW, b)
            }
            // Σ over lanes, then from u = x + 128 back to x.
            sumX := sub(shr(224, mul(sumX, ones)), shl(7, padded))
            sumW := sub(shr(224, mul(sumW, ones)), shl(7, padded))
            products := sub(sub(products, shl(7, add(sumX, sumW))), shl(14, padded))
        }
    }
}
