// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama, Model} from "./Llama.sol";
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
            return Rounding.wrap(_dot(x, LlamaReader.openedAt(cells, from, size), columns, form));
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

    /// @dev Σ (S·q − M) · x over int16 numbers and cells of 32 columns, both in calldata; numbers
    /// beyond `columns` count as 0.
    /// @dev Sixteen numbers are lanes of 16 bits of a word; even and odd ones become two words of
    /// eight lanes of 32 bits, as do their quants, in the opposite order. A word of signed lanes is
    /// the sum of lane · 2^(32 i), so the top lane of a product of two of them is Σ of eight
    /// products, once half a lane is added for what lies below: 8 · 2^15 · 2^7 and its sums stay
    /// far below 2^31.
    function _dot(uint256 x, uint256 cells, uint256 columns, uint256 form)
        private
        pure
        returns (int256 sum)
    {
        assembly ("memory-safe") {
            // x in two's complement, little endian, to signed lanes: odd columns, even columns.
            function lanes(word) -> odd, even {
                word := or(
                    and(
                        shr(8, word),
                        0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff
                    ),
                    shl(
                        8,
                        and(
                            word,
                            0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff
                        )
                    )
                )
                word := xor(
                    word, 0x8000800080008000800080008000800080008000800080008000800080008000
                )
                let half := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
                let zero := 0x0000800000008000000080000000800000008000000080000000800000008000
                odd := sub(and(word, half), zero)
                even := sub(and(shr(16, word), half), zero)
            }
            // Sixteen bytes to signed lanes in the opposite order: odd columns, even columns.
            function turned(u, bias) -> odd, even {
                u := and(
                    or(shl(128, u), shr(64, u)),
                    0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff
                )
                u := and(
                    or(shl(64, u), shr(32, u)),
                    0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
                )
                let half := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
                u := and(or(shl(32, u), shr(16, u)), half)
                u := and(
                    or(shl(16, u), shr(8, u)),
                    0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff
                )
                even := sub(and(u, half), bias)
                odd := sub(and(shr(16, u), half), bias)
            }
            // Lanes of products, of which the top one counts; and of x, of which all do.
            function products(word, u, bias) -> lane, sums {
                let odd, even := lanes(word)
                let oddQuants, evenQuants := turned(u, bias)
                lane := add(mul(odd, oddQuants), mul(even, evenQuants))
                sums := add(odd, even)
            }
            function top(lane) -> z {
                z := sar(224, add(lane, shl(223, 1)))
            }
            function little(cursor) -> z {
                let v := shr(224, calldataload(cursor))
                v := or(shl(8, and(v, 0x00ff00ff)), and(shr(8, v), 0x00ff00ff))
                z := signextend(3, or(shl(16, v), shr(16, v)))
            }
            // The first numbers of sixteen; the others are 0.
            function first(word, count) -> w {
                w := word
                if lt(count, 16) { w := and(w, not(shr(shl(4, count), not(0)))) }
            }
            // Quants of columns 0 to 15 and 16 to 31 of a cell, without sign, and what they lie
            // above themselves.
            function quants(cursor, form_) -> u, v, bias {
                u := calldataload(add(cursor, shl(2, add(1, gt(form_, 2)))))
                v := and(u, 0xffffffffffffffffffffffffffffffff)
                u := shr(128, u)
                switch or(eq(form_, 2), eq(form_, 3))
                case 1 {
                    let low := 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
                    v := and(shr(4, u), low)
                    u := and(u, low)
                    bias := mul(
                        eq(form_, 2),
                        0x0000000800000008000000080000000800000008000000080000000800000008
                    )
                }
                default {
                    u := xor(u, 0x80808080808080808080808080808080)
                    v := xor(v, 0x80808080808080808080808080808080)
                    bias := 0x0000008000000080000000800000008000000080000000800000008000000080
                }
            }
            // Two halves of a cell, and Σ x in the top lane of the third.
            function halves(x_, cursor, count, form_) -> a, b, sums {
                let u, v, bias := quants(cursor, form_)
                a, sums := products(first(calldataload(x_), count), u, bias)
                count := mul(gt(count, 16), sub(count, 16))
                b, u := products(first(calldataload(add(x_, 32)), count), v, bias)
                if eq(form_, 3) {
                    sums := mul(
                        add(sums, u),
                        0x0000000100000001000000010000000100000001000000010000000100000001
                    )
                }
            }
            let size := add(16, shl(4, or(eq(form, 1), eq(form, 4))))
            size := add(size, shl(2, add(1, gt(form, 2))))
            for {} columns {} {
                let a, b, sums := halves(x, cells, columns, form)
                switch form
                case 4 {
                    sum := add(sum, mul(little(cells), top(a)))
                    sum := add(sum, mul(little(add(cells, 4)), top(b)))
                }
                default {
                    sum := add(sum, mul(little(cells), top(add(a, b))))
                    if eq(form, 3) {
                        sum := sub(sum, mul(little(add(cells, 4)), top(sums)))
                    }
                }
                x := add(x, 64)
                cells := add(cells, size)
                columns := mul(gt(columns, 32), sub(columns, 32))
            }
        }
    }
}
