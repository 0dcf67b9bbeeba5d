// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama, Model} from "./Llama.sol";

/// @title What running and judging a language model costs: LlamaCosts.cs, LlamaProofSize.cs
library LlamaCosts {
    // CostTable.cs: units per element, or per head and token.
    uint256 private constant NORM_ELEMENT = 8;
    uint256 private constant ROTATE_ELEMENT = 4;
    uint256 private constant EXP_ELEMENT = 8;
    uint256 private constant DIVIDE_ELEMENT = 8;
    uint256 private constant SWIGLU_ELEMENT = 16;
    uint256 private constant CHOOSE_ELEMENT = 1;

    function check(Model memory m) internal pure {}

    /// @dev Units of a prompt and at least one produced token.
    function unitsOf(Model memory m, uint256 prompt, uint256 steps)
        internal
        pure
        returns (uint256 units)
    {
        (uint256 query, uint256 rows) = (Llama.queryDim(m), Llama.qkvDim(m));
        uint256 positions = prompt + steps - 1;
        units = m.dim * (rows + query + 3 * m.hidden) + 2 * NORM_ELEMENT * m.dim
            + ROTATE_ELEMENT * rows + DIVIDE_ELEMENT * query + SWIGLU_ELEMENT * m.hidden;
        units *= positions;
        units += (2 * query + EXP_ELEMENT * m.heads) * (positions * (positions + 1) / 2);
        units *= m.layers;
        units += steps * (m.vocab * (m.dim + CHOOSE_ELEMENT) + NORM_ELEMENT * m.dim);
    }
}
