// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Llama} from "./Llama.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title RMSNorm: RmsNorm.cs
library LlamaNorms {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    /// @dev Most that a partial sum of squares can be.
    int256 private constant SQUARES_MAX = 1 << 44;
    /// @dev Bits that a number keeps before it is multiplied.
    int256 private constant KEPT_BITS = 24;

    /// @notice Reciprocal root and shifts of a row.
    struct Statistics {
        int256 root;
        int256 shift;
        int256 pre;
    }

    /// @dev One element of the row in Q.16, given maximum, root and sums.
    function wide(Reader memory r, Site memory norm, uint256 index)
        internal
        pure
        returns (int256)
    {
        unchecked {
            int256 root = r.scalar(norm, LlamaTrace.NORM_ROOT, 0);
            int256 x = r.residual(norm, index);
            int256 gain = r.gain(_gains(norm.tensor), norm.layer, index);
            Statistics memory s = statistics(r, norm);
            root = int256(r.within(root, type(int32).max));
            return Rounding.shift(
                Rounding.wrap(Rounding.shift(x, s.pre) * gain * root), s.shift
            );
        }
    }

    /// @dev max |x|, given its witness.
    function max(Reader memory r, Site memory norm) internal pure returns (int256) {
        int256 witness = r.scalar(norm, LlamaTrace.NORM_WITNESS, 0);
        return Rounding.magnitude(
            r.residual(norm, r.within(witness, int256(r.model.dim)))
        );
    }

    /// @dev Root and shifts, given maximum and sums; the witness is not looked at.
    function statistics(Reader memory r, Site memory norm)
        internal
        pure
        returns (Statistics memory st)
    {
        unchecked {
            int256 a = 0;
            uint256 parts = LlamaTrace.squareParts(r.model);
            for (uint256 i = 0; i < parts; ++i) {
                int256 squares = r.scalar(norm, LlamaTrace.NORM_SQUARES, i);
                if (squares > SQUARES_MAX) squares = SQUARES_MAX;
                if (squares > 0) a += squares;
            }
            int256 greatest = _committedMax(r, norm);
            int256 s = Rounding.exponentOf(greatest);
            int256 fraction = int256(Rounding.FRACTION_BITS);
            if (s <= fraction) a += r.model.epsilon >> uint256(2 * s);
            if (a < 1) a = 1;
            int256 sh = Rounding.bitLength(a) - 32;
            sh += sh & 1;
            uint256 scaled = sh < 0 ? uint256(a) << uint256(-sh) : uint256(a) >> uint256(sh);
            int256 k = (62 - Rounding.bitLength(int256(r.model.dim) - 1)) & ~int256(1);
            st.root = int256(Math.sqrt((r.model.dim << uint256(k)) / scaled));
            st.pre = Rounding.bitLength(greatest) - KEPT_BITS;
            if (st.pre < 0) st.pre = 0;
            int256 exponent =
                int256(Llama.kindOf(r.model, _gains(norm.tensor), norm.layer));
            st.shift = exponent + k / 2 + sh / 2 + s - st.pre - fraction;
        }
    }

    /// @dev Σ u² over 1,024 columns, given the maximum.
    function squarePart(Reader memory r, Site memory norm, uint256 part)
        internal
        pure
        returns (int256 sum)
    {
        uint256 s = uint256(Rounding.exponentOf(_committedMax(r, norm)));
        Site memory rows = r.residualOf(norm);
        uint256 from = part * LlamaTrace.SQUARE_COLUMNS;
        uint256 count = r.model.dim - from;
        if (count > LlamaTrace.SQUARE_COLUMNS) count = LlamaTrace.SQUARE_COLUMNS;
        bool isOut;
        (sum, isOut) = _squares(r.spanOf(rows, from, count), count, s, r.model.isWide ? 8 : 4);
        r.refuteUnless(!isOut);
    }

    /// @dev Σ min(32767, |x| / 2^s)² over numbers in calldata, `size` bytes each; whether one is
    /// beyond 62 bits, which then counts as 0. An exponent is 47 at most, so no sum leaves 64 bits.
    function _squares(uint256 cursor, uint256 count, uint256 s, uint256 size)
        private
        pure
        returns (int256 sum, bool isOut)
    {
        assembly ("memory-safe") {
            let half := shr(1, shl(s, 1))
            for { let end := add(cursor, mul(size, count)) } lt(cursor, end) {
                cursor := add(cursor, size)
            } {
                let x := shr(192, calldataload(cursor))
                x := or(
                    shl(8, and(x, 0x00ff00ff00ff00ff)), and(shr(8, x), 0x00ff00ff00ff00ff)
                )
                x := or(
                    shl(16, and(x, 0x0000ffff0000ffff)), and(shr(16, x), 0x0000ffff0000ffff)
                )
                // The first of two of 32 bits is the upper one; of 64 bits, the lower.
                switch size
                case 4 { x := signextend(3, shr(32, x)) }
                default { x := signextend(7, or(shl(32, x), shr(32, x))) }
                if slt(x, 0) { x := sub(0, x) }
                if gt(x, 0x3fffffffffffffff) {
                    isOut := 1
                    x := 0
                }
                x := shr(s, add(x, half))
                if gt(x, 32767) { x := 32767 }
                sum := add(sum, mul(x, x))
            }
        }
    }

    function _committedMax(Reader memory r, Site memory norm) private pure returns (int256 x) {
        x = r.scalar(norm, LlamaTrace.NORM_MAX, 0);
        if (x < 0) x = 0;
    }

    function _gains(uint256 norm) private pure returns (uint256) {
        if (norm == LlamaTrace.ATTENTION_NORM) return Llama.ATTENTION_NORM;
        return norm == LlamaTrace.FEED_FORWARD_NORM
            ? Llama.FEED_FORWARD_NORM
            : Llama.FINAL_NORM;
    }
}
