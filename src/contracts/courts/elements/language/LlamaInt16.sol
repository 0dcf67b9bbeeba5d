// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LlamaAttention} from "./LlamaAttention.sol";
import {LlamaNorms} from "./LlamaNorms.sol";
import {LlamaRows} from "./LlamaRows.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title Rows as the products read them, int16 with one exponent: Int16Row.cs
library LlamaInt16 {
    using LlamaReader for Reader;

    /// @dev q, given the exponent.
    function element(Reader memory r, Site memory row, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 head = row.tensor == LlamaTrace.ROPE ? index / r.model.headDim : 0;
        int256 wide = _wide(r, row, index);
        return Rounding.toInt16(wide, int256(r.exponent(row, head)));
    }

    /// @dev The exponent, given the witness of the maximum.
    function exponent(Reader memory r, Site memory row, uint256 head)
        internal
        pure
        returns (int256)
    {
        int256 witness = r.scalar(row, LlamaTrace.ROW_WITNESS, head);
        uint256 index = r.within(witness, int256(columns(r, row.tensor)));
        return Rounding.exponentOf(magnitude(r, row, head, index));
    }

    /// @dev Elements under one exponent.
    function columns(Reader memory r, uint256 tensor) internal pure returns (uint256) {
        return tensor == LlamaTrace.ROPE
            ? r.model.headDim
            : LlamaTrace.rowsOf(r.model, r.plan, tensor);
    }

    /// @dev |n| of a head, which that of the witness must not be below.
    function magnitude(Reader memory r, Site memory row, uint256 head, uint256 index)
        internal
        pure
        returns (int256)
    {
        return Rounding.magnitude(_wide(r, row, head * r.model.headDim + index));
    }

    function _wide(Reader memory r, Site memory row, uint256 index)
        private
        pure
        returns (int256)
    {
        if (row.tensor == LlamaTrace.ROPE) return LlamaAttention.rotated(r, row, index);
        if (row.tensor == LlamaTrace.ATTENTION_OUTPUT) return LlamaAttention.mixed(r, row, index);
        if (row.tensor == LlamaTrace.SWIGLU) return LlamaRows.swiGlu(r, row, index);
        return LlamaNorms.wide(r, row, index);
    }
}
