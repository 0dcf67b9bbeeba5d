// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Llama, Model} from "./Llama.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title RMSNorm: RmsNorm.cs
library LlamaNorms {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    /// @dev Most that a partial sum of squares can be.
    int256 private constant SQUARES_MAX = 1 << 44;
    int256 private constant SQUARE_MAX = 32_767;
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
        int256 root = r.scalar(norm, LlamaTrace.NORM_ROOT, 0);
        int256 x = r.residual(norm, index);
        int256 gain = r.gain(_gains(norm.tensor), norm.layer, index);
        Statistics memory s = statistics(r, norm);
        root = int256(r.within(root, type(int32).max));
        return Rounding.shift(
            Rounding.wrap(Rounding.shift(x, s.pre) * gain * root), s.shift
        );
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
        uint256 dtype = LlamaTrace.typeOf(r.model, rows.tensor);
        uint256 cursor = r.spanOf(rows, from, count);
        uint256 size = dtype == LlamaTrace.INT64 ? 8 : 4;
        unchecked {
            int256 half = s == 0 ? int256(0) : int256(1 << (s - 1));
            for (uint256 end = cursor + size * count; cursor < end; cursor += size) {
                int256 u = r.small(LlamaReader.numberAt(cursor, dtype));
                // Below 2^62, so that no sum leaves 64 bits; s is 47 at most.
                u = (u < 0 ? half - u : half + u) >> s;
                if (u > SQUARE_MAX) u = SQUARE_MAX;
                sum += u * u;
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
