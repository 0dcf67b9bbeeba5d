// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama, Model} from "./Llama.sol";
import {LlamaTrace} from "./LlamaTrace.sol";

/// @title What running and judging a language model costs: LlamaCosts.cs, LlamaProofSize.cs
/// @dev Bytes of the longest proof of one element, and the gas of the transaction that judges it
/// (ElementGas.cs). Admission refuses beyond it, as import does.
library LlamaCosts {
    // CostTable.cs: units per element, or per head and token.
    uint256 private constant NORM_ELEMENT = 8;
    uint256 private constant ROTATE_ELEMENT = 4;
    uint256 private constant EXP_ELEMENT = 8;
    uint256 private constant DIVIDE_ELEMENT = 8;
    uint256 private constant SWIGLU_ELEMENT = 16;
    uint256 private constant CHOOSE_ELEMENT = 1;

    /// @dev Gas of one judgement at most.
    uint256 private constant GAS_MAX = 1_000_000;
    /// @dev Longest proof that is read.
    uint256 private constant BYTES_MAX = 96 << 10;
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// @dev The floor of EIP-7623 per byte that is not zero, and what one takes without it.
    uint256 private constant FLOOR_BYTE_GAS = 40;
    uint256 private constant BYTE_GAS = 18;
    uint256 private constant ROW_FIXED_GAS = 160_000;
    uint256 private constant ROW_PRODUCT_GAS = 75;
    uint256 private constant ROW_SQUARE_GAS = 320;
    uint256 private constant ROW_CLAIMED_GAS = 400;
    uint256 private constant CANDIDATE_GAS = 320;

    /// @dev Bytes that one number or one cell takes at most.
    uint256 private constant ONE = 40;
    /// @dev Places of the list that hold all that an element reads of one layer.
    uint256 private constant LAYER_SPAN = 32;
    /// @dev Most sums of 96 tokens that an output adds up: 32,768 tokens.
    uint256 private constant LONGEST_SUMS = 8 * 342;
    /// @dev Units of the longest run: 4e9 a second with its trace, LlamaProofSize.cs, for a quarter
    /// of `Clocks.BUDGET`.
    uint256 private constant RUN_UNITS_MAX = 4_000_000_000 * 75_600;
    /// @dev Version, list index, element, rival.
    uint256 private constant HEADER_BYTES = 13;
    uint256 private constant END_TOKENS_MAX = 16;
    uint256 private constant TOP_K_MAX = 1024;
    /// @dev Tensors of the longest list.
    uint256 private constant LIST_MAX = 1 << 24;

    /// @dev What every proof of a model depends on.
    struct Sizes {
        /// Tensors of the longest run.
        uint256 list;
        /// Parameter rows.
        uint256 rows;
        /// Bytes of a tensor of which one number is read.
        uint256 one;
        /// Bytes before the tensors.
        uint256 head;
    }

    /// @dev A run of the whole context has more tensors than a list holds.
    error TooLong(uint256 tensors);
    /// @dev A run of the whole context takes longer than a provider has for it in a dispute.
    error TooSlow(uint256 units);
    /// @dev Judging one element of the operator would cost more than a court takes. Operators are
    /// numbered as `check` goes through them.
    error TooCostly(uint256 operator, uint256 gas);

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

    /// @dev Refuses a model whose elements no court could judge.
    function check(Model memory m) internal pure {
        Sizes memory s;
        s.list = LlamaTrace.before(m, LlamaTrace.layoutOf(m, 1, 1, 1), m.context);
        require(s.list <= LIST_MAX, TooLong(s.list));
        uint256 units = unitsOf(m, 1, m.context);
        require(units <= RUN_UNITS_MAX, TooSlow(units));
        s.rows = Llama.leaves(m);
        s.one = _tensor(_longest(m), ONE);
        s.head = HEADER_BYTES
            + _leaves(
                LlamaTrace.RECORD_HEAD_BYTES + 4 * (m.context + END_TOKENS_MAX),
                LlamaTrace.RECORD_HEAD_BYTES
            );
        _checkNumbers(m, s);
        for (uint256 id = Llama.QUERY; id <= Llama.CLASSIFIER; ++id) _checkProduct(m, s, id);
    }

    /// @dev Everything but the products.
    function _checkNumbers(Model memory m, Sizes memory s) private pure {
        uint256 embedding = _row(s, Llama.rowBytes(m, Llama.EMBEDDING, 0), ONE);
        _require(1, s.head + _tensors(s, 2 * s.one, 2, 1) + embedding, 0);
        uint256 columns = _least(LlamaTrace.SQUARE_COLUMNS, m.dim);
        uint256 row = _tensor(_longest(m), (m.isWide ? 8 : 4) * columns);
        _require(2, s.head + _tensors(s, row + 2 * s.one, 3, 1), columns * ROW_SQUARE_GAS);
        uint256 four = s.head + _tensors(s, 4 * s.one, 4, 1);
        _require(3, four + _row(s, 2 * m.dim, ONE), 0);
        _require(4, four + _row(s, 4 * m.headDim, ONE), 0);
        row = 3 * _tensor(_longest(m), 2 * m.headDim);
        _require(
            5,
            s.head + _tensors(s, row + 4 * s.one, 7, 3),
            2 * m.headDim * ROW_PRODUCT_GAS
        );
        _checkMix(m, s);
        _require(7, four + 1, 0);
        columns = _least(TOP_K_MAX, m.vocab);
        row = _tensor(_longest(m), 4 * columns);
        _require(8, s.head + _tensors(s, row + 2 * s.one, 3, 1), columns * CANDIDATE_GAS);
    }

    /// @dev A sum over 96 tokens whose values or exponents are claimed, or over all such sums.
    function _checkMix(Model memory m, Sizes memory s) private pure {
        uint256 tokens = _least(m.context, LlamaTrace.PARTIAL_TOKENS);
        uint256 weights = _tensor(4 * m.heads * m.context, 4 * tokens);
        uint256 sums = _tensor(LONGEST_SUMS * Llama.queryDim(m), LONGEST_SUMS);
        if (sums > weights) weights = sums;
        _require(
            6,
            s.head + 8 * tokens + _tensors(s, weights + 3 * s.one, 4, 1),
            tokens * ROW_CLAIMED_GAS
        );
    }

    /// @dev One element of a product with a matrix, of the layer with the largest cells.
    function _checkProduct(Model memory m, Sizes memory s, uint256 id) private pure {
        uint256 cell = 0;
        uint256 layers = id == Llama.CLASSIFIER ? 1 : m.layers;
        for (uint256 i = 0; i < layers; ++i) {
            uint256 size = Llama.cellBytes(Llama.kindOf(m, id, i));
            if (size > cell) cell = size;
        }
        uint256 columns = Llama.columnsOf(m, id);
        uint256 opened = _least(columns, LlamaTrace.PARTIAL_COLUMNS);
        uint256 row = _row(s, _cells(columns) * cell, _cells(opened) * cell);
        uint256 tensors = _tensor(2 * columns, 2 * opened) + 3 * s.one;
        _require(8 + id, s.head + _tensors(s, tensors, 4, 1) + row, opened * ROW_PRODUCT_GAS);
    }

    function _require(uint256 operator, uint256 size, uint256 computed) private pure {
        uint256 floor = FLOOR_BYTE_GAS * size;
        computed += BYTE_GAS * size + ROW_FIXED_GAS;
        if (floor > computed) computed = floor;
        computed += TRANSACTION_GAS;
        require(computed <= GAS_MAX && size <= BYTES_MAX, TooCostly(operator, computed));
    }

    /// @dev Bytes of the longest tensor of which one number is read.
    function _longest(Model memory m) private pure returns (uint256 size) {
        size = 8 * m.dim;
        if (16 * m.hidden > size) size = 16 * m.hidden;
        if (8 * Llama.queryDim(m) > size) size = 8 * Llama.queryDim(m);
        if (4 * m.vocab > size) size = 4 * m.vocab;
    }

    function _tensor(uint256 size, uint256 opened) private pure returns (uint256) {
        return 4 + _leaves(size, _least(size, opened));
    }

    /// @dev With the multiproof of so many tensors at one position or several.
    function _tensors(Sizes memory s, uint256 size, uint256 tensors, uint256 positions)
        private
        pure
        returns (uint256)
    {
        uint256 apart = _siblings(s.list, tensors, 1);
        uint256 beside = positions
            * (_siblings(s.list, 1, LAYER_SPAN) + 32 * (LAYER_SPAN + LAYER_SPAN / 4));
        return 2 + size + _least(apart, beside);
    }

    function _row(Sizes memory s, uint256 size, uint256 opened) private pure returns (uint256) {
        return 1 + _tensor(size, opened) + _siblings(s.rows, 1, 1);
    }

    /// @dev One run of adjacent bytes: OpeningSize.cs.
    function _leaves(uint256 size, uint256 opened) private pure returns (uint256) {
        uint256 all = (size + 127) / 128;
        uint256 run = _least(all, (opened + 126) / 128 + 1);
        return 2 + 132 * run + _siblings(all, 1, run);
    }

    /// @dev Siblings of so many runs of adjacent nodes up to the root, in bytes.
    function _siblings(uint256 nodes, uint256 runs, uint256 run) private pure returns (uint256) {
        uint256 siblings = 0;
        while (nodes > 1) {
            siblings += _least(runs * (run == 1 ? 3 : 6), nodes - 1);
            nodes = (nodes + 3) / 4;
            run = _least(nodes, (run + 2) / 4 + 1);
            runs = _least(runs, nodes);
        }
        return 32 * siblings;
    }

    function _cells(uint256 columns) private pure returns (uint256) {
        return (columns + Llama.CELL_COLUMNS - 1) / Llama.CELL_COLUMNS;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
