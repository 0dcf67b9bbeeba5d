// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Llama, Model} from "./Llama.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title Rotary positions, softmax, weighted values: Rope.cs, Softmax.cs, ValueMix.cs
/// @dev Unchecked: numbers of 62 bits, products of two and sums of 342 stay far below 2^255.
library LlamaAttention {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    /// @dev Fraction bits of cosines and sines.
    int256 private constant TURN_BITS = 15;
    /// @dev Fraction bits of a score in the log2 domain.
    uint256 internal constant SCORE_BITS = 10;
    /// @dev Bytes of a committed weight.
    uint256 private constant WEIGHT_BYTES = 4;
    /// @dev Bytes of a claimed value, and of a claimed exponent.
    uint256 private constant VALUE_BYTES = 2;
    uint256 private constant EXPONENT_BYTES = 8;
    /// @dev Of eight numbers of 32 bits: every second byte, every second pair of them.
    uint256 private constant EVEN_BYTES =
        0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant EVEN_PAIRS =
        0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant EXP_MASK = (1 << SCORE_BITS) - 1;
    /// @dev Whole numbers of the log2 domain beyond which an exponential is 0.
    int256 private constant WHOLE_MAX = 15;

    /// @dev An element of q ‖ k ‖ v in Q.16: queries and keys rotated, values as they are.
    function rotated(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        unchecked {
            Site memory rows = site.to(LlamaTrace.QKV);
            Model memory m = r.model;
            if (index >= Llama.queryDim(m) + Llama.kvDim(m)) return r.get(rows, index);

            uint256 pair = index & ~uint256(1);
            int256 a = r.get(rows, pair);
            int256 b = r.get(rows, pair + 1);
            int256 c = r.rotary(site.position, pair % m.headDim);
            int256 s = r.rotary(site.position, pair % m.headDim + 1);
            return Rounding.shift(
                Rounding.wrap(index == pair ? a * c - b * s : a * s + b * c), TURN_BITS
            );
        }
    }

    /// @dev The weight of a token, e · 2^zv; index is [heads, tokens].
    function weight(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 head = index / (site.position + 1);
        uint256 token = index % (site.position + 1);
        int256 distance =
            r.scalar(site, LlamaTrace.SOFTMAX_MAX, head) - score(r, site, head, token);
        r.refuteUnless(distance >= 0);
        uint256 exponent = _valueExponent(r, site, head, token);
        int256 whole = distance >> SCORE_BITS;
        if (distance < 0 || whole > WHOLE_MAX) return 0;
        int256 e =
            Rounding.shift(int256(r.entryOf(uint256(distance) & EXP_MASK)), whole);
        return e << exponent;
    }

    /// @dev The score of a token, which that of the witness must not be below.
    function score(Reader memory r, Site memory site, uint256 head, uint256 token)
        internal
        pure
        returns (int256)
    {
        unchecked {
            Model memory m = r.model;
            Site memory query = site.to(LlamaTrace.ROPE);
            Site memory key = site.to(LlamaTrace.ROPE, token);
            uint256 keyHead = m.heads + _kvHead(m, head);
            int256 dot = _dot(
                r.spanOf(query, head * m.headDim, m.headDim),
                r.spanOf(key, keyHead * m.headDim, m.headDim),
                m.headDim
            );
            int256 bits = m.scoreShift + 2 * int256(Rounding.FRACTION_BITS) - int256(SCORE_BITS);
            bits -= int256(r.exponent(query, head)) + int256(r.exponent(key, keyHead));
            dot = Rounding.shift(m.scoreMultiplier * dot, bits);
            assembly ("memory-safe") {
                dot := signextend(3, dot)
            }
            return dot;
        }
    }

    /// @dev The greatest score of a head, given its witness.
    function max(Reader memory r, Site memory site, uint256 head) internal pure returns (int256) {
        int256 witness = r.scalar(site, LlamaTrace.SOFTMAX_WITNESS, head);
        return score(r, site, head, r.within(witness, int256(site.position + 1)));
    }

    /// @dev Σ e over all tokens, out of the parts where there are some.
    function sum(Reader memory r, Site memory site, uint256 head)
        internal
        pure
        returns (int256 d)
    {
        unchecked {
            uint256 parts = LlamaTrace.tokenParts(site.position + 1);
            if (parts == 1) return sumPart(r, site, head);
            for (uint256 i = 0; i < parts; ++i) {
                d += r.get(site.to(LlamaTrace.WEIGHTS_SUM), head * parts + i);
            }
            return Rounding.wrap(d);
        }
    }

    /// @dev Σ e over 96 tokens; index is [heads, parts].
    function sumPart(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256 d)
    {
        unchecked {
            uint256 parts = LlamaTrace.tokenParts(site.position + 1);
            uint256 head = index / parts;
            (uint256 cursor, uint256 from, uint256 end) = _weights(r, site, head, index % parts);
            if (r.isClaimed) {
                uint256 element = LlamaTrace.scalarOf(
                    r.model,
                    LlamaTrace.ROPE,
                    LlamaTrace.ROW_EXPONENT,
                    _valueHead(r.model, head)
                );
                uint256 values = r.claim(
                    site.to(LlamaTrace.ROPE_SCALARS, from), element, end - from, EXPONENT_BYTES
                );
                bool isOut;
                (d, isOut) = _claimedSum(cursor, values, end - from);
                r.refuteUnless(!isOut);
                return d;
            }
            for (; from < end; ++from) {
                d += LlamaReader.numberAt(cursor, LlamaTrace.INT32)
                    >> _valueExponent(r, site, head, from);
                cursor += WEIGHT_BYTES;
            }
        }
    }

    /// @dev Σ w · v over 96 tokens; index is [heads, headDim, parts].
    function mixPart(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256 x)
    {
        unchecked {
            uint256 parts = LlamaTrace.tokenParts(site.position + 1);
            uint256 element = index / parts;
            uint256 head = element / r.model.headDim;
            (uint256 cursor, uint256 from, uint256 end) = _weights(r, site, head, index % parts);
            element = _valueHead(r.model, head) * r.model.headDim + element % r.model.headDim;
            if (r.isClaimed) {
                uint256 values = r.claim(
                    site.to(LlamaTrace.ROPE, from), element, end - from, VALUE_BYTES
                );
                return _claimedMix(cursor, values, end - from);
            }
            for (; from < end; ++from) {
                x += LlamaReader.numberAt(cursor, LlamaTrace.INT32)
                    * r.get(site.to(LlamaTrace.ROPE, from), element);
                cursor += WEIGHT_BYTES;
            }
        }
    }

    /// @dev Σ w · v of committed weights and claimed values, eight a step.
    function _claimedMix(uint256 weights, uint256 values, uint256 count)
        private
        pure
        returns (int256 x)
    {
        assembly ("memory-safe") {
            let end := add(values, shl(1, count))
            for {} lt(values, end) {
                values := add(values, 16)
                weights := add(weights, 32)
            } {
                let w := calldataload(weights)
                w := or(and(shl(8, w), not(EVEN_BYTES)), and(shr(8, w), EVEN_BYTES))
                w := or(and(shl(16, w), not(EVEN_PAIRS)), and(shr(16, w), EVEN_PAIRS))
                let v := calldataload(values)
                // Behind the last value there are zeros.
                let bits := shl(3, sub(end, values))
                if lt(bits, 128) { v := and(v, not(shr(bits, not(0)))) }
                x := add(x, mul(sar(224, w), sar(240, v)))
                x := add(x, mul(sar(224, shl(32, w)), sar(240, shl(16, v))))
                x := add(x, mul(sar(224, shl(64, w)), sar(240, shl(32, v))))
                x := add(x, mul(sar(224, shl(96, w)), sar(240, shl(48, v))))
                x := add(x, mul(sar(224, shl(128, w)), sar(240, shl(64, v))))
                x := add(x, mul(sar(224, shl(160, w)), sar(240, shl(80, v))))
                x := add(x, mul(sar(224, shl(192, w)), sar(240, shl(96, v))))
                x := add(x, mul(signextend(3, w), sar(240, shl(112, v))))
            }
        }
    }

    /// @dev Σ w / 2^z of committed weights and claimed exponents; whether one of these is none that
    /// an honest run has, which then counts as 0.
    function _claimedSum(uint256 weights, uint256 values, uint256 count)
        private
        pure
        returns (int256 d, bool isOut)
    {
        assembly ("memory-safe") {
            let end := add(values, shl(3, count))
            for {} lt(values, end) { weights := add(weights, 32) } {
                let w := calldataload(weights)
                w := or(and(shl(8, w), not(EVEN_BYTES)), and(shr(8, w), EVEN_BYTES))
                w := or(and(shl(16, w), not(EVEN_PAIRS)), and(shr(16, w), EVEN_PAIRS))
                let last := add(values, 64)
                if gt(last, end) { last := end }
                for {} lt(values, last) { values := add(values, 8) } {
                    let z := shr(192, calldataload(values))
                    if gt(z, 47) {
                        isOut := 1
                        z := 0
                    }
                    d := add(d, sar(z, sar(224, w)))
                    w := shl(32, w)
                }
            }
        }
    }

    /// @dev The output of attention in Q.16: ⌊(2X + D) / 2D⌋; index is [heads, headDim].
    function mixed(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256 x)
    {
        unchecked {
            uint256 parts = LlamaTrace.tokenParts(site.position + 1);
            if (parts == 1) {
                x = mixPart(r, site, index);
            } else {
                for (uint256 i = 0; i < parts; ++i) {
                    x += r.get(site.to(LlamaTrace.WEIGHTS_MIX), index * parts + i);
                }
            }
            int256 d = r.scalar(
                site.to(LlamaTrace.ATTENTION_OUTPUT),
                LlamaTrace.SOFTMAX_SUM,
                index / r.model.headDim
            );
            d = 1 + int256(r.within(d - 1, type(int32).max));
            x = Rounding.wrap(2 * x + d);
            int256 rest = x % (2 * d);
            return rest < 0 ? x / (2 * d) - 1 : x / (2 * d);
        }
    }

    /// @dev Σ a · b of int16 numbers at two places in calldata.
    function _dot(uint256 a, uint256 b, uint256 count) private pure returns (int256 total) {
        assembly ("memory-safe") {
            function int16(cursor) -> z {
                let v := shr(240, calldataload(cursor))
                z := signextend(1, or(shl(8, v), shr(8, v)))
            }
            for { let end := add(a, shl(1, count)) } lt(a, end) {
                a := add(a, 2)
                b := add(b, 2)
            } { total := add(total, mul(int16(a), int16(b))) }
        }
    }

    /// @dev Tokens of a committed partial sum, and where their weights stand in calldata.
    function _weights(Reader memory r, Site memory site, uint256 head, uint256 part)
        private
        pure
        returns (uint256 cursor, uint256 from, uint256 end)
    {
        unchecked {
            uint256 tokens = site.position + 1;
            from = part * LlamaTrace.PARTIAL_TOKENS;
            end = from + LlamaTrace.PARTIAL_TOKENS;
            if (end > tokens) end = tokens;
            cursor = r.spanOf(site.to(LlamaTrace.WEIGHTS), head * tokens + from, end - from);
        }
    }

    /// @dev Key-value head that a query head reads.
    function _kvHead(Model memory m, uint256 head) private pure returns (uint256) {
        return head / (m.heads / m.kvHeads);
    }

    /// @dev The head of q ‖ k ‖ v whose values a query head mixes.
    function _valueHead(Model memory m, uint256 head) private pure returns (uint256) {
        unchecked {
            return m.heads + m.kvHeads + _kvHead(m, head);
        }
    }

    function _valueExponent(Reader memory r, Site memory site, uint256 head, uint256 token)
        private
        pure
        returns (uint256)
    {
        return r.exponent(site.to(LlamaTrace.ROPE, token), _valueHead(r.model, head));
    }
}
