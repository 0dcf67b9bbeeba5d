// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The one rounding rule of language models, and integer functions: Rounding.cs
/// @dev Numbers are of 64 bits, as there. An honest run never leaves them (LlamaBounds.cs); where
/// a false one does, both wrap around in two's complement, so that both say the same of it.
/// Everything is unchecked: no step of this file reaches 2^255.
library Rounding {
    /// @dev Fraction bits of the residual stream and of every row (Q.16).
    uint256 internal constant FRACTION_BITS = 16;
    int256 private constant INT16_MAX = 32_767;

    /// @dev The low 64 bits, as a signed number.
    function wrap(int256 x) internal pure returns (int256 y) {
        assembly ("memory-safe") {
            y := signextend(7, x)
        }
    }

    /// @dev x / 2^s, halves up; x · 2^−s where s is not positive.
    function shift(int256 x, int256 s) internal pure returns (int256) {
        unchecked {
            if (s <= 0) return wrap(x << uint256(s < -63 ? int256(63) : -s));
            if (s > 62) return 0;
            return wrap(x + int256(1 << uint256(s - 1))) >> uint256(s);
        }
    }

    /// @dev |x|, of −2^63 as of one more.
    function magnitude(int256 x) internal pure returns (int256) {
        unchecked {
            if (x == type(int64).min) return type(int64).max;
            return x < 0 ? -x : x;
        }
    }

    /// @dev Bits of a number that is not negative: 0 for 0, 15 for 32,767.
    function bitLength(int256 x) internal pure returns (int256) {
        unchecked {
            return x == 0 ? int256(0) : int256(Math.log2(uint256(x))) + 1;
        }
    }

    /// @dev The least z with max · 2^−z below 2^15.
    function exponentOf(int256 max) internal pure returns (int256 z) {
        unchecked {
            z = bitLength(max) - 15;
            if (z < 0) z = 0;
        }
    }

    /// @dev The int16 form of one element: x / 2^z within ±32,767.
    function toInt16(int256 x, int256 z) internal pure returns (int256 q) {
        q = shift(x, z);
        if (q > INT16_MAX) return INT16_MAX;
        return q < -INT16_MAX ? -INT16_MAX : q;
    }
}
