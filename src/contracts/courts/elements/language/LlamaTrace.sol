// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Trees} from "../../Trees.sol";
import {Llama, Model} from "./Llama.sol";

/// @notice What the list of tensors follows from beside the model.
struct Layout {
    /// Tokens of the prompt, at least 1.
    uint256 prompt;
    /// Bytes of the whole record.
    uint256 recordBytes;
    /// Tokens that a draw chooses among; 0 where the choice is greedy.
    uint256 candidates;
    /// Bit set of the tensors that a position of up to 96 tokens has, of those that produce one.
    uint256 present;
    /// Tensors of a layer at such a position.
    uint256 inLayer;
    /// Tensors of the final norm, the logits and the token.
    uint256 inHead;
}

/// @notice A tensor of the list; layer 0 where the tensor belongs to none.
struct Site {
    uint256 tensor;
    uint256 position;
    uint256 layer;
}

/// @title Which tensor stands where in the trace of a language model: TraceLayout.cs
/// @dev Unchecked: shapes, positions and steps are bounded, so no product comes near 2^64.
library LlamaTrace {
    // TraceTensor, in the order of the list.
    uint256 internal constant INPUT = 0;
    uint256 internal constant EMBED = 1;
    uint256 internal constant ATTENTION_NORM = 3;
    uint256 internal constant QKV_PARTS = 4;
    uint256 internal constant QKV = 5;
    uint256 internal constant ROPE_SCALARS = 6;
    uint256 internal constant ROPE = 7;
    uint256 internal constant WEIGHTS = 9;
    uint256 internal constant WEIGHTS_SUM = 10;
    uint256 internal constant WEIGHTS_MIX = 11;
    uint256 internal constant ATTENTION_OUTPUT_SCALARS = 12;
    uint256 internal constant ATTENTION_OUTPUT = 13;
    uint256 internal constant ATTENTION_PARTS = 14;
    uint256 internal constant ATTENTION = 15;
    uint256 internal constant FEED_FORWARD_NORM = 17;
    uint256 internal constant GATE_UP_PARTS = 18;
    uint256 internal constant GATE_UP = 19;
    uint256 internal constant SWIGLU = 21;
    uint256 internal constant FEED_FORWARD_PARTS = 22;
    uint256 internal constant FEED_FORWARD = 23;
    uint256 internal constant FINAL_NORM = 25;
    uint256 internal constant LOGITS_PARTS = 26;
    uint256 internal constant LOGITS = 27;
    uint256 internal constant CANDIDATES = 28;
    uint256 internal constant CANDIDATE_LOGITS = 29;
    uint256 internal constant TOKEN = 30;

    uint256 private constant FIRST_OF_LAYER = 2;
    uint256 private constant FIRST_OF_HEAD = 24;
    uint256 private constant LAYER_BITS = (1 << FIRST_OF_HEAD) - (1 << FIRST_OF_LAYER);
    uint256 private constant HEAD_BITS = (1 << (TOKEN + 1)) - (1 << FIRST_OF_HEAD);
    uint256 private constant PARTS_OF_DIM =
        1 << QKV_PARTS | 1 << GATE_UP_PARTS | 1 << LOGITS_PARTS;
    uint256 private constant CHOICE = 1 << CANDIDATES | 1 << CANDIDATE_LOGITS;
    uint256 private constant MIXED = 1 << WEIGHTS_SUM | 1 << WEIGHTS_MIX;
    /// @dev Each stands directly before the tensor that reads it.
    uint256 private constant SCALARS = 1 << 2 | 1 << ROPE_SCALARS | 1 << 8
        | 1 << ATTENTION_OUTPUT_SCALARS | 1 << 16 | 1 << 20 | 1 << 24;
    uint256 private constant INT16_ROWS = 1 << ATTENTION_NORM | 1 << ROPE | 1 << ATTENTION_OUTPUT
        | 1 << FEED_FORWARD_NORM | 1 << SWIGLU | 1 << FINAL_NORM;
    uint256 private constant RESIDUALS = 1 << EMBED | 1 << ATTENTION | 1 << FEED_FORWARD;
    uint256 private constant INT32_ROWS =
        1 << QKV | 1 << WEIGHTS | 1 << GATE_UP | 1 << LOGITS | CHOICE | 1 << TOKEN;

    // Element types: TensorType of the TensorFlow Lite schema.
    uint256 internal constant INT32 = 2;
    uint256 internal constant UINT8 = 3;
    uint256 internal constant INT64 = 4;
    uint256 internal constant INT16 = 7;

    /// @dev Columns of a committed partial sum of a product: MatrixWork.cs.
    uint256 internal constant PARTIAL_COLUMNS = 4096;
    /// @dev Tokens of a committed partial sum of attention: AttentionWork.cs.
    uint256 internal constant PARTIAL_TOKENS = 96;
    /// @dev Columns of a committed partial sum of squares: RmsNorm.cs.
    uint256 internal constant SQUARE_COLUMNS = 1024;
    /// @dev Bytes of a record before its ids.
    uint256 internal constant RECORD_HEAD_BYTES = 36;

    // What a scalar says: ScalarKind.
    uint256 internal constant NORM_WITNESS = 0;
    uint256 internal constant NORM_MAX = 1;
    uint256 internal constant NORM_SQUARES = 2;
    uint256 internal constant NORM_ROOT = 3;
    uint256 internal constant ROW_WITNESS = 4;
    uint256 internal constant ROW_EXPONENT = 5;
    uint256 internal constant SOFTMAX_WITNESS = 6;
    uint256 internal constant SOFTMAX_MAX = 7;
    uint256 internal constant SOFTMAX_SUM = 8;

    /// @dev The layout of a run.
    /// @param ids Prompt and end tokens of the record.
    /// @param topK Of the record: 0 where the choice is greedy.
    function layoutOf(Model memory m, uint256 prompt, uint256 ids, uint256 topK)
        internal
        pure
        returns (Layout memory l)
    {
        l.prompt = prompt;
        l.recordBytes = RECORD_HEAD_BYTES + 4 * ids;
        l.candidates = topK < m.vocab ? topK : m.vocab;
        uint256 present = LAYER_BITS | HEAD_BITS;
        present &= ~MIXED;
        if (partsOf(m.dim) == 1) present &= ~PARTS_OF_DIM;
        if (partsOf(Llama.queryDim(m)) == 1) present &= ~(1 << ATTENTION_PARTS);
        if (partsOf(m.hidden) == 1) present &= ~(1 << FEED_FORWARD_PARTS);
        if (l.candidates == 0) present &= ~CHOICE;
        l.present = present;
        l.inLayer = _count(present & LAYER_BITS);
        l.inHead = _count(present & HEAD_BITS);
    }

    /// @dev Committed partial sums of a product of so many columns.
    function partsOf(uint256 columns) internal pure returns (uint256) {
        unchecked {
            return (columns + PARTIAL_COLUMNS - 1) / PARTIAL_COLUMNS;
        }
    }

    /// @dev Committed partial sums of attention over so many tokens.
    function tokenParts(uint256 tokens) internal pure returns (uint256) {
        unchecked {
            return (tokens + PARTIAL_TOKENS - 1) / PARTIAL_TOKENS;
        }
    }

    function squareParts(Model memory m) internal pure returns (uint256) {
        unchecked {
            return (m.dim + SQUARE_COLUMNS - 1) / SQUARE_COLUMNS;
        }
    }

    /// @dev Tensors before those of a position: how many a run of so many has.
    function before(Model memory m, Layout memory l, uint256 position)
        internal
        pure
        returns (uint256 count)
    {
        unchecked {
            // Positions below 2^32, 256 layers, 32 tensors each.
            uint256 mixed = position > PARTIAL_TOKENS ? 2 * (position - PARTIAL_TOKENS) : 0;
            count = 1 + position + m.layers * (position * l.inLayer + mixed);
            if (position >= l.prompt) count += (position - (l.prompt - 1)) * l.inHead;
        }
    }

    /// @dev Place in the list.
    function indexOf(Model memory m, Layout memory l, Site memory site)
        internal
        pure
        returns (uint256 index)
    {
        uint256 tensor = site.tensor;
        if (tensor == INPUT) return 0;
        index = before(m, l, site.position);
        if (tensor == EMBED) return index;
        (uint256 present, uint256 inLayer) = _layerAt(l, site.position);
        uint256 left = present & ((1 << tensor) - 1);
        unchecked {
            if (tensor < FIRST_OF_HEAD) {
                return index + 1 + site.layer * inLayer + _count(left & LAYER_BITS);
            }
            return index + 1 + m.layers * inLayer + _count(left & HEAD_BITS);
        }
    }

    /// @dev The inverse of `indexOf`, for an index of a run within the context.
    function siteOf(Model memory m, Layout memory l, uint256 index)
        internal
        pure
        returns (Site memory site)
    {
        if (index == 0) return site;
        uint256 position = _positionOf(m, l, index);
        site.position = position;
        unchecked {
            index -= before(m, l, position);
            if (index == 0) {
                site.tensor = EMBED;
                return site;
            }
            --index;
            (uint256 present, uint256 inLayer) = _layerAt(l, position);
            site.layer = index / inLayer;
            index -= site.layer * inLayer;
            uint256 bits = present & LAYER_BITS;
            if (site.layer >= m.layers) {
                index += (site.layer - m.layers) * inLayer;
                (site.layer, bits) = (0, present & HEAD_BITS);
            }
            for (; index != 0; --index) bits &= bits - 1;
            site.tensor = _lowest(bits);
        }
    }

    /// @dev Type, rank and dimensions of a tensor; dimensions beyond the rank are 1.
    function shapeOf(Model memory m, Layout memory l, uint256 tensor, uint256 position)
        internal
        pure
        returns (uint256 dtype, uint256 rank, uint256[3] memory dims)
    {
        unchecked {
            dtype = typeOf(m, tensor);
            (dims[1], dims[2]) = (1, 1);
            rank = 1;
            uint256 tokens = position + 1;
            if (tensor == WEIGHTS || tensor == WEIGHTS_SUM) {
                rank = 2;
                (dims[0], dims[1]) = (m.heads, tensor == WEIGHTS ? tokens : tokenParts(tokens));
            } else if (tensor == WEIGHTS_MIX) {
                rank = 3;
                (dims[0], dims[1], dims[2]) = (m.heads, m.headDim, tokenParts(tokens));
            } else if (isPart(tensor)) {
                rank = 2;
                (dims[0], dims[1]) = (rowsOf(m, l, tensor + 1), partsOf(partColumns(m, tensor)));
            } else {
                dims[0] = isScalars(tensor) ? scalars(m, tensor) : rowsOf(m, l, tensor);
            }
        }
    }

    /// @dev The same as it is hashed, and the bytes of the tensor.
    function headerOf(Model memory m, Layout memory l, uint256 tensor, uint256 position)
        internal
        pure
        returns (bytes memory header, uint256 size)
    {
        unchecked {
            (uint256 dtype, uint256 rank, uint256[3] memory dims) = shapeOf(m, l, tensor, position);
            size = Trees.bytesOf(uint8(dtype)) * dims[0] * dims[1] * dims[2];
            header = abi.encodePacked(
                uint8(dtype),
                uint8(rank),
                Trees.little(dims[0]),
                Trees.little(dims[1]),
                Trees.little(dims[2])
            );
            assembly ("memory-safe") {
                mstore(header, add(2, shl(2, rank)))
            }
        }
    }

    function typeOf(Model memory m, uint256 tensor) internal pure returns (uint256) {
        uint256 bit = 1 << tensor;
        if (tensor == INPUT) return UINT8;
        if (bit & RESIDUALS != 0) return m.isWide ? INT64 : INT32;
        if (bit & INT16_ROWS != 0) return INT16;
        return bit & INT32_ROWS != 0 ? INT32 : INT64;
    }

    /// @dev Elements of a tensor of one dimension that holds no scalars.
    function rowsOf(Model memory m, Layout memory l, uint256 tensor)
        internal
        pure
        returns (uint256)
    {
        if (tensor == INPUT) return l.recordBytes;
        if (tensor == QKV || tensor == ROPE) return Llama.qkvDim(m);
        if (tensor == ATTENTION_OUTPUT) return Llama.queryDim(m);
        if (tensor == GATE_UP) return 2 * m.hidden;
        if (tensor == SWIGLU) return m.hidden;
        if (tensor == LOGITS) return m.vocab;
        if (tensor == CANDIDATES || tensor == CANDIDATE_LOGITS) return l.candidates;
        return tensor == TOKEN ? 1 : m.dim;
    }

    /// @dev Columns of the product that a tensor of partial sums belongs to.
    function partColumns(Model memory m, uint256 tensor) internal pure returns (uint256) {
        if (tensor == ATTENTION_PARTS) return Llama.queryDim(m);
        return tensor == FEED_FORWARD_PARTS ? m.hidden : m.dim;
    }

    /// @dev Whether a tensor holds partial sums of the product that follows it.
    function isPart(uint256 tensor) internal pure returns (bool) {
        return (1 << tensor) & (PARTS_OF_DIM | 1 << ATTENTION_PARTS | 1 << FEED_FORWARD_PARTS) != 0;
    }

    /// @dev Whether a tensor holds scalars: those of the tensor that follows it.
    function isScalars(uint256 tensor) internal pure returns (bool) {
        return (1 << tensor) & SCALARS != 0;
    }

    /// @dev Whether a tensor is a norm's row.
    function isNorm(uint256 tensor) internal pure returns (bool) {
        return tensor == ATTENTION_NORM || tensor == FEED_FORWARD_NORM || tensor == FINAL_NORM;
    }

    /// @dev Numbers in a tensor of scalars.
    function scalars(Model memory m, uint256 tensor) internal pure returns (uint256) {
        unchecked {
            if (isNorm(tensor + 1)) return 5 + squareParts(m);
            if (tensor == ROPE_SCALARS) return 2 * (m.heads + 2 * m.kvHeads);
            if (tensor == ATTENTION_OUTPUT_SCALARS) return m.heads + 2;
            return tensor + 1 == WEIGHTS ? 2 * m.heads : 2;
        }
    }

    /// @dev What stands where among the scalars of one tensor, and of which head or part.
    function scalarAt(Model memory m, uint256 tensor, uint256 index)
        internal
        pure
        returns (uint256 kind, uint256 part)
    {
        unchecked {
            if (isNorm(tensor + 1)) {
                uint256 parts = squareParts(m);
                if (index < NORM_SQUARES) return (index, 0);
                index -= NORM_SQUARES;
                return index < parts ? (NORM_SQUARES, index) : (NORM_ROOT + index - parts, 0);
            }
            if (tensor == ATTENTION_OUTPUT_SCALARS) {
                return index < m.heads ? (SOFTMAX_SUM, index) : (ROW_WITNESS + index - m.heads, 0);
            }
            uint256 first = tensor + 1 == WEIGHTS ? SOFTMAX_WITNESS : ROW_WITNESS;
            return (first + index % 2, index / 2);
        }
    }

    /// @dev The inverse, of a row's scalars.
    function scalarOf(Model memory m, uint256 row, uint256 kind, uint256 part)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            if (isNorm(row)) {
                return kind <= NORM_SQUARES ? kind + part : kind - 1 + squareParts(m);
            }
            if (row == ATTENTION_OUTPUT) {
                return kind == SOFTMAX_SUM ? part : m.heads + kind - ROW_WITNESS;
            }
            return 2 * part + (kind & 1);
        }
    }

    /// @dev The position of a tensor: their number grows evenly up to 96 tokens, up to the first
    /// token that is produced, and from there on.
    function _positionOf(Model memory m, Layout memory l, uint256 index)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 step = 1 + m.layers * l.inLayer;
            uint256 first = l.prompt - 1;
            uint256 more = l.inHead;
            uint256 second = PARTIAL_TOKENS;
            if (first > second) {
                (first, second) = (second, first);
                more = 2 * m.layers;
            }
            uint256 start = before(m, l, first);
            if (index < start) return (index - 1) / step;
            uint256 all = before(m, l, second);
            if (index < all) return first + (index - start) / (step + more);
            return second + (index - all) / (step + 2 * m.layers + l.inHead);
        }
    }

    /// @dev Tensors and their number in a layer at a position.
    function _layerAt(Layout memory l, uint256 position)
        private
        pure
        returns (uint256 present, uint256 inLayer)
    {
        if (position < PARTIAL_TOKENS) return (l.present, l.inLayer);
        return (l.present | MIXED, l.inLayer + 2);
    }

    /// @dev The lowest of up to 32 bits: its product with a de Bruijn sequence has another one of
    /// 32 forms for each (Leiserson, Prokop, Randall 1998).
    function _lowest(uint256 bits) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := shr(27, and(mul(and(bits, sub(0, bits)), 0x077cb531), 0xffffffff))
            place := byte(place, 0x00011c021d0e18031e16140f191104081f1b0d17151310071a0c12060b050a09)
        }
    }

    /// @dev Bits of a set of up to 32.
    function _count(uint256 bits) private pure returns (uint256) {
        unchecked {
            bits -= (bits >> 1) & 0x55555555;
            bits = (bits & 0x33333333) + ((bits >> 2) & 0x33333333);
            bits = (bits + (bits >> 4)) & 0x0f0f0f0f;
            return ((bits * 0x01010101) >> 24) & 0xff;
        }
    }
}
