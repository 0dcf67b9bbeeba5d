// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Fixed-point arithmetic of gemmlowp, with double rounding
/// @dev The same definitions as FixedPoint.cs, in 256 bits: what would leave 32 bits there reverts
/// where it can happen. A raw value x of Q m.n stands for x / 2^n. Unchecked: operands of 32 bits,
/// which every function demands, keep every step below 2^64.
library FixedPoint {
    /// @dev A sum beyond this, after its left shift, is no honest model's (AccumulatorBound.cs).
    int256 internal constant ACCUMULATOR_MAX = type(int32).max - 255;
    int256 internal constant SHIFT_MIN = -31;
    int256 internal constant SHIFT_MAX = 30;
    /// @dev Integer bits of the sum of exponentials.
    uint256 internal constant SUM_INTEGER_BITS = 12;

    /// @dev A derived number that 32 bits do not hold: no evidence of anything.
    error OutOfRange();

    /// @dev x · multiplier · 2^(shift − 31), rounded twice.
    function multiply(int256 x, int256 multiplier, int256 shift) internal pure returns (int256) {
        require(
            multiplier >= 0 && multiplier <= type(int32).max && shift >= SHIFT_MIN
                && shift <= SHIFT_MAX,
            OutOfRange()
        );
        require(x <= ACCUMULATOR_MAX && x >= -ACCUMULATOR_MAX, OutOfRange());
        if (shift > 0) {
            x <<= uint256(shift);
            require(x <= ACCUMULATOR_MAX && x >= -ACCUMULATOR_MAX, OutOfRange());
            return doublingHighMultiply(x, multiplier);
        }
        return divideByPowerOfTwo(doublingHighMultiply(x, multiplier), uint256(-shift));
    }

    /// @dev The high 32 bits of 2ab, rounded to nearest, ties up.
    function doublingHighMultiply(int256 a, int256 b) internal pure returns (int256) {
        unchecked {
            if (a == b && a == type(int32).min) return type(int32).max;
            return (a * b + (1 << 30)) >> 31;
        }
    }

    /// @dev x / 2^exponent, rounded to nearest, ties away from zero; exponent at most 31.
    function divideByPowerOfTwo(int256 x, uint256 exponent) internal pure returns (int256) {
        unchecked {
            int256 mask = int256((1 << exponent) - 1);
            int256 threshold = (mask >> 1) + (x < 0 ? int256(1) : int256(0));
            return (x >> exponent) + ((x & mask) > threshold ? int256(1) : int256(0));
        }
    }

    /// @dev exp(a) for a ≤ 0: Q5.26 in, Q0.31 out. In assembly, because a row has up to 256; no
    /// product in it meets the corner that `doublingHighMultiply` saturates.
    function expOnNegative(int256 a) internal pure returns (int256 result) {
        if (a == 0) return type(int32).max;
        assembly ("memory-safe") {
            function high(x, y) -> z {
                z := sar(31, add(mul(x, y), 0x40000000))
            }
            function divide(x, exponent) -> z {
                let mask := sub(shl(exponent, 1), 1)
                z := add(sar(exponent, x), sgt(and(x, mask), add(shr(1, mask), slt(x, 0))))
            }
            // a = −(whole quarters) + rest, rest in [−1/4, 0): exp by Taylor's fourth degree around
            // −1/8 on the rest …
            let rest := sub(and(a, 0xffffff), 0x1000000)
            let x := add(shl(5, rest), 0x10000000)
            let x2 := high(x, x)
            let x4Quarter := divide(high(x2, x2), 2)
            let tail := divide(add(high(add(x4Quarter, high(x2, x)), 715827883), x2), 1)
            result := add(1895147668, high(1895147668, add(x, tail)))
            // … then one multiplication by exp(−2^k) per set bit of the quarters.
            let bits := sar(24, sub(rest, a))
            if and(bits, 1) { result := high(result, 1672461947) }
            if and(bits, 2) { result := high(result, 1302514674) }
            if and(bits, 4) { result := high(result, 790015084) }
            if and(bits, 8) { result := high(result, 290630308) }
            if and(bits, 16) { result := high(result, 39332535) }
            if and(bits, 32) { result := high(result, 720401) }
            if and(bits, 64) { result := high(result, 242) }
        }
    }

    /// @dev 1 / x for x > 0 of 12 integer bits: Q0.31 scaled by 2^bitsOverUnit.
    function reciprocal(int256 x) internal pure returns (int256 scaled, int256 bitsOverUnit) {
        unchecked {
            require(x > 0 && x <= type(int32).max, OutOfRange());
            uint256 headroom = 0;
            while ((x << headroom) < (1 << 31)) ++headroom;
            bitsOverUnit = int256(SUM_INTEGER_BITS) - int256(headroom);
            scaled = _oneOverOnePlus((x << headroom) - (1 << 31));
        }
    }

    /// @dev 1 / (1 + a) for a in [0, 1): Q0.31; three steps of Newton and Raphson.
    function _oneOverOnePlus(int256 a) private pure returns (int256) {
        unchecked {
            // a ≥ 0: half away from zero of a + 2^31 − 1. Guess and slope: 48/17 − 32/17 · d.
            int256 half = (a + type(int32).max + 1) / 2;
            int256 x = 1515870810 + doublingHighMultiply(half, -1010580540);
            for (uint256 i = 0; i < 3; ++i) {
                int256 error_ = (1 << 29) - doublingHighMultiply(half, x);
                x += _saturatingShiftLeft(doublingHighMultiply(x, error_), 2);
            }
            return _saturatingShiftLeft(x, 1);
        }
    }

    function _saturatingShiftLeft(int256 x, uint256 exponent) private pure returns (int256) {
        x <<= exponent;
        if (x > type(int32).max) return type(int32).max;
        return x < type(int32).min ? int256(type(int32).min) : x;
    }
}
