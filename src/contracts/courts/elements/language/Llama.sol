// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A language model as its architecture declares it.
struct Model {
    /// Width of the residual stream.
    uint256 dim;
    /// Width of the feed-forward part.
    uint256 hidden;
    uint256 layers;
    uint256 heads;
    uint256 kvHeads;
    /// Elements of a head.
    uint256 headDim;
    uint256 vocab;
    /// Positions.
    uint256 context;
    /// ⌊dim · epsilon · 2^32⌋ of the norms.
    int256 epsilon;
    /// Of a score: round(2^shift · log2(e) / √headDim), and the shift.
    int256 scoreMultiplier;
    int256 scoreShift;
    /// Whether the residual stream is committed in 64 bits, not 32.
    bool isWide;
    /// Whether the embedding is the classifier.
    bool isTied;
    /// Place in memory of forms and exponents, a byte each: embedding, classifier, final norm; per
    /// layer both norms and the seven matrices.
    uint256 kinds;
}

/// @title The canonical encoding of a Llama: LlamaArchitecture.cs, and its parameter rows
/// @dev Unchecked: shapes are bounded, so no product comes near 2^64. Numbers are little endian.
/// Reads what was admitted; what may be is checked by `LlamaRules`.
library Llama {
    // Parameter tensors: WeightId of LlamaLayout.cs; the numbers stand in the parameter leaves.
    uint256 internal constant EMBEDDING = 0;
    uint256 internal constant QUERY = 1;
    uint256 internal constant KEY = 2;
    uint256 internal constant VALUE = 3;
    uint256 internal constant OUTPUT = 4;
    uint256 internal constant GATE = 5;
    uint256 internal constant UP = 6;
    uint256 internal constant DOWN = 7;
    uint256 internal constant CLASSIFIER = 8;
    uint256 internal constant ATTENTION_NORM = 9;
    uint256 internal constant FEED_FORWARD_NORM = 10;
    uint256 internal constant FINAL_NORM = 11;
    uint256 internal constant ROTARY = 12;

    // Forms of a matrix: WeightForm.cs.
    uint256 internal constant INT8 = 1;
    uint256 internal constant INT4 = 2;
    uint256 internal constant INT4_OFFSET = 3;
    uint256 internal constant INT8_HALF = 4;

    /// @dev Columns of a cell: quants with their scales in front.
    uint256 internal constant CELL_COLUMNS = 32;
    /// @dev Bytes before the forms and exponents.
    uint256 internal constant HEAD_BYTES = 148;
    uint256 internal constant HEAD_KINDS = 3;
    uint256 internal constant LAYER_KINDS = 9;
    /// @dev Of eight numbers of 32 bits: every second byte, every second pair of them.
    uint256 private constant EVEN_BYTES =
        0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant EVEN_PAIRS =
        0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    /// @dev Norm, q, k, v, o, norm, gate, up, down: a digit each, the first one lowest.
    uint256 private constant LAYER_ORDER = 0x765a43219;

    /// @dev The model of an encoding, which stays where it is in memory.
    function decode(bytes memory encoding) internal pure returns (Model memory m) {
        uint256 numbers;
        assembly ("memory-safe") {
            // The first eight fields of a model are eight numbers of 32 bits.
            let v := mload(add(encoding, 36))
            v := or(and(shl(8, v), not(EVEN_BYTES)), and(shr(8, v), EVEN_BYTES))
            v := or(and(shl(16, v), not(EVEN_PAIRS)), and(shr(16, v), EVEN_PAIRS))
            for { let i := 0 } lt(i, 256) { i := add(i, 32) } {
                mstore(add(m, i), and(shr(sub(224, i), v), 0xffffffff))
            }
            v := mload(add(encoding, 68))
            v := or(and(shl(8, v), not(EVEN_BYTES)), and(shr(8, v), EVEN_BYTES))
            numbers := or(and(shl(16, v), not(EVEN_PAIRS)), and(shr(16, v), EVEN_PAIRS))
        }
        unchecked {
            m.epsilon = int256(uint256(uint32(numbers >> 192)) << 32 | numbers >> 224);
            m.scoreMultiplier = int256(uint256(uint32(numbers >> 160)));
            m.scoreShift = int256(uint256(uint32(numbers >> 128)));
            m.isWide = uint32(numbers >> 96) == 64;
            m.isTied = uint32(numbers >> 64) != 0;
            assembly ("memory-safe") {
                numbers := add(encoding, 32)
            }
            m.kinds = numbers + HEAD_BYTES;
        }
    }

    /// @dev 32 bits, little endian, at a place in memory.
    function wordAt(uint256 cursor) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            let v := shr(224, mload(cursor))
            v := or(shl(8, and(v, 0x00ff00ff)), and(shr(8, v), 0x00ff00ff))
            value := or(and(shl(16, v), 0xffff0000), shr(16, v))
        }
    }

    /// @dev Form of a matrix, exponent of a vector of gains.
    function kindOf(Model memory m, uint256 id, uint256 layer)
        internal
        pure
        returns (uint256 kind)
    {
        unchecked {
            uint256 place = HEAD_KINDS + LAYER_KINDS * layer;
            if (id == EMBEDDING) place = 0;
            else if (id == CLASSIFIER) place = 1;
            else if (id == FINAL_NORM) place = 2;
            else if (id < CLASSIFIER) place += 1 + id;
            else place += id - ATTENTION_NORM;
            place += m.kinds;
            assembly ("memory-safe") {
                kind := byte(0, mload(place))
            }
        }
    }

    /// @dev Bytes of a cell of this form.
    function cellBytes(uint256 form) internal pure returns (uint256) {
        unchecked {
            return (isNibbles(form) ? 16 : 32) + (form < INT4_OFFSET ? 4 : 8);
        }
    }

    /// @dev Whether two quants share a byte.
    function isNibbles(uint256 form) internal pure returns (bool) {
        return form == INT4 || form == INT4_OFFSET;
    }

    function queryDim(Model memory m) internal pure returns (uint256) {
        unchecked {
            return m.heads * m.headDim;
        }
    }

    function kvDim(Model memory m) internal pure returns (uint256) {
        unchecked {
            return m.kvHeads * m.headDim;
        }
    }

    /// @dev Rows of q ‖ k ‖ v.
    function qkvDim(Model memory m) internal pure returns (uint256) {
        unchecked {
            return (m.heads + 2 * m.kvHeads) * m.headDim;
        }
    }

    /// @dev Rows of a matrix; 1 of a vector of gains, and a row per position of the rotary table.
    function rowsOf(Model memory m, uint256 id) internal pure returns (uint256) {
        if (id == EMBEDDING || id == CLASSIFIER) return m.vocab;
        if (id == QUERY) return queryDim(m);
        if (id == KEY || id == VALUE) return kvDim(m);
        if (id == OUTPUT || id == DOWN) return m.dim;
        if (id == GATE || id == UP) return m.hidden;
        return id == ROTARY ? m.context : 1;
    }

    /// @dev Columns of a matrix, elements of a vector of gains.
    function columnsOf(Model memory m, uint256 id) internal pure returns (uint256) {
        if (id == OUTPUT) return queryDim(m);
        return id == DOWN ? m.hidden : m.dim;
    }

    /// @dev Bytes of a parameter row: LlamaRoots.cs.
    function rowBytes(Model memory m, uint256 id, uint256 layer) internal pure returns (uint256) {
        unchecked {
            if (id == ROTARY) return 4 * m.headDim;
            if (id >= ATTENTION_NORM) return 2 * m.dim;
            uint256 cells = (columnsOf(m, id) + CELL_COLUMNS - 1) / CELL_COLUMNS;
            return cells * cellBytes(kindOf(m, id, layer));
        }
    }

    /// @dev Parameter rows of the whole model.
    function leaves(Model memory m) internal pure returns (uint256) {
        unchecked {
            return (m.isTied ? 1 : 2) * m.vocab + m.layers * _inLayer(m) + 1 + m.context;
        }
    }

    /// @dev Whose leaf stands at a place below `leaves`: RowOrder.cs.
    function rowAt(Model memory m, uint256 place)
        internal
        pure
        returns (uint256 id, uint256 layer, uint256 row)
    {
        unchecked {
            if (place < m.vocab) return (EMBEDDING, 0, place);
            place -= m.vocab;
            uint256 inLayer = _inLayer(m);
            layer = place / inLayer;
            if (layer < m.layers) {
                place %= inLayer;
                for (uint256 order = LAYER_ORDER;; order >>= 4) {
                    id = order & 15;
                    uint256 rows = rowsOf(m, id);
                    if (place < rows) return (id, layer, place);
                    place -= rows;
                }
            }
            place -= m.layers * inLayer;
            if (place == 0) return (FINAL_NORM, 0, 0);
            --place;
            if (m.isTied) return (ROTARY, 0, place);
            return place < m.vocab ? (CLASSIFIER, 0, place) : (ROTARY, 0, place - m.vocab);
        }
    }

    /// @dev The inverse of `rowAt`.
    function placeOf(Model memory m, uint256 id, uint256 layer, uint256 row)
        internal
        pure
        returns (uint256 place)
    {
        unchecked {
            if (id == EMBEDDING) return row;
            place = m.vocab + row;
            uint256 inLayer = _inLayer(m);
            if (id >= FINAL_NORM || id == CLASSIFIER) {
                place += m.layers * inLayer;
                if (id == FINAL_NORM) return place;
                return id == ROTARY && !m.isTied ? place + 1 + m.vocab : place + 1;
            }
            place += layer * inLayer;
            for (uint256 order = LAYER_ORDER; order & 15 != id; order >>= 4) {
                place += rowsOf(m, order & 15);
            }
        }
    }

    function _inLayer(Model memory m) private pure returns (uint256) {
        unchecked {
            return 2 + qkvDim(m) + 2 * m.dim + 2 * m.hidden;
        }
    }
}
