// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama, Model} from "./Llama.sol";
import {LlamaDot} from "./LlamaDot.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {Leaves, LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title Embedding, products of a row of weights, and the gate between two of them
library LlamaRows {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    /// @dev Fraction bits of a weight.
    int256 private constant WEIGHT_BITS = 24;
    int256 private constant SIGMOID_ONE = 65_536;
    uint256 private constant SIGMOID_STEPS = 1024;

    /// @dev Embed.cs: a row of the embedding, of the prompt's token or of the one produced a
    /// position before.
    function embed(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        unchecked {
            int256 id = 0;
            if (site.position < r.plan.prompt) {
                Site memory input;
                uint256 from = LlamaTrace.RECORD_HEAD_BYTES + 4 * site.position;
                for (uint256 i = 4; i != 0; --i) id = id << 8 | r.get(input, from + i - 1);
            } else {
                id = r.get(site.to(LlamaTrace.TOKEN, site.position - 1), 0);
            }
            uint256 row = r.within(id, int256(r.model.vocab));
            return Rounding.shift(
                r.weight(Llama.EMBEDDING, 0, row, index),
                WEIGHT_BITS - int256(Rounding.FRACTION_BITS)
            );
        }
    }

    /// @dev Product.cs: one element of W · x, added to the residual where it ends a block.
    function product(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256 y)
    {
        unchecked {
            (uint256 id,, uint256 input) = _rowOf(r.model, site.tensor, index);
            uint256 parts = LlamaTrace.partsOf(Llama.columnsOf(r.model, id));
            int256 sum = 0;
            if (parts == 1) {
                sum = part(r, site, index);
            } else {
                for (uint256 i = 0; i < parts; ++i) {
                    sum += r.get(site.to(site.tensor - 1), index * parts + i);
                }
            }
            y = Rounding.shift(
                Rounding.wrap(sum), WEIGHT_BITS - int256(r.exponent(site.to(input), 0))
            );
            if (site.tensor == LlamaTrace.ATTENTION) {
                y += r.residual(site.to(LlamaTrace.ATTENTION_NORM), index);
            } else if (site.tensor == LlamaTrace.FEED_FORWARD) {
                y += r.residual(site.to(LlamaTrace.FEED_FORWARD_NORM), index);
            }
            y = Rounding.wrap(y);
        }
    }

    /// @dev The sum over 4,096 columns of a product; index is [rows, parts].
    function part(Reader memory r, Site memory site, uint256 index) internal pure returns (int256) {
        unchecked {
            (uint256 id,,) = _rowOf(r.model, site.tensor, 0);
            uint256 columns = Llama.columnsOf(r.model, id);
            uint256 parts = LlamaTrace.partsOf(columns);
            uint256 from = index % parts * LlamaTrace.PARTIAL_COLUMNS;
            columns -= from;
            if (columns > LlamaTrace.PARTIAL_COLUMNS) columns = LlamaTrace.PARTIAL_COLUMNS;
            return _sum(r, site, index / parts, from, columns);
        }
    }

    /// @dev The same over columns [from, from + columns) of an element's row.
    function _sum(
        Reader memory r,
        Site memory site,
        uint256 element,
        uint256 from,
        uint256 columns
    ) private pure returns (int256) {
        unchecked {
            (uint256 id, uint256 row, uint256 input) = _rowOf(r.model, site.tensor, element);
            if (id == Llama.CLASSIFIER && r.model.isTied) id = Llama.EMBEDDING;
            Leaves memory cells = r.rowLeavesOf(id, site.layer, row);
            uint256 x = r.spanOf(site.to(input), from, columns);
            uint256 form = Llama.kindOf(r.model, id, site.layer);
            uint256 size = Llama.cellBytes(form);
            from = from / Llama.CELL_COLUMNS * size;
            size *= (columns + Llama.CELL_COLUMNS - 1) / Llama.CELL_COLUMNS;
            uint256 first = LlamaReader.openedAt(cells, from, size);
            return Rounding.wrap(LlamaDot.dot(x, first, columns, form));
        }
    }

    /// @dev SwiGlu.cs: h = sigmoid(a) · a · b in Q.16.
    function swiGlu(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        unchecked {
            Site memory gates = site.to(LlamaTrace.GATE_UP);
            int256 a = r.get(gates, index);
            int256 b = r.get(gates, r.model.hidden + index);
            uint256 u = uint256(a < 0 ? -a : a);
            uint256 step = u >> 10;
            int256 sigmoid = SIGMOID_ONE;
            if (step < SIGMOID_STEPS) {
                int256 least = _sigmoid(r, step);
                int256 rise = _sigmoid(r, step + 1) - least;
                sigmoid = least + (rise * int256(u & 1023) >> 10);
            }
            if (a < 0) sigmoid = SIGMOID_ONE - sigmoid;
            int256 bits = int256(Rounding.FRACTION_BITS);
            return Rounding.shift(Rounding.wrap(Rounding.shift(a * sigmoid, bits) * b), bits);
        }
    }

    /// @dev Stored less one half: from 0 to 2^15.
    function _sigmoid(Reader memory r, uint256 step) private pure returns (int256) {
        return SIGMOID_ONE / 2 + int256(r.entryOf(step));
    }

    /// @dev The matrix and row that an element is of, and the vector that it reads.
    function _rowOf(Model memory m, uint256 tensor, uint256 index)
        private
        pure
        returns (uint256 id, uint256 row, uint256 input)
    {
        if (tensor == LlamaTrace.QKV) {
            input = LlamaTrace.ATTENTION_NORM;
            uint256 queries = Llama.queryDim(m);
            if (index < queries) return (Llama.QUERY, index, input);
            index -= queries;
            uint256 keys = Llama.kvDim(m);
            return index < keys
                ? (Llama.KEY, index, input)
                : (Llama.VALUE, index - keys, input);
        }
        if (tensor == LlamaTrace.ATTENTION) {
            return (Llama.OUTPUT, index, LlamaTrace.ATTENTION_OUTPUT);
        }
        if (tensor == LlamaTrace.GATE_UP) {
            input = LlamaTrace.FEED_FORWARD_NORM;
            return index < m.hidden
                ? (Llama.GATE, index, input)
                : (Llama.UP, index - m.hidden, input);
        }
        return tensor == LlamaTrace.FEED_FORWARD
            ? (Llama.DOWN, index, LlamaTrace.SWIGLU)
            : (Llama.CLASSIFIER, index, LlamaTrace.FINAL_NORM);
    }
}
