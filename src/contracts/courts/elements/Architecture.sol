// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The declaration of one activation.
struct Tensor {
    uint256 dtype;
    uint256 rank;
    /// Six; beyond the rank zero.
    uint256[6] dims;
    int256 zero;
    /// Elements, and bytes too: every activation is 8 bits wide.
    uint256 elements;
    /// Place in memory of its encoding.
    uint256 encoded;
}

/// @notice One operator as the architecture encodes it.
struct Op {
    uint256 kind;
    /// Place in the source graph.
    uint256 index;
    /// Tensors read: 1, and 2 for ADD.
    uint256 reads;
    /// Their places in the trace.
    uint256[2] ids;
    Tensor output;
    Tensor[2] inputs;
    /// As declared for each kind in ArchitectureCodec.cs.
    int256[16] attributes;
}

/// @title The canonical encoding of a graph: 32-bit numbers, little endian, of fixed width
/// @dev Reads what was admitted; what may be admitted is checked by `GraphRules`.
library Architecture {
    uint256 internal constant HEADER_BYTES = 16;
    uint256 internal constant TENSOR_BYTES = 44;
    uint256 internal constant OPERATOR_BYTES = 124;
    uint256 internal constant RANK_MAX = 6;

    // Kinds: BuiltinOperator of the TensorFlow Lite schema.
    uint256 internal constant ADD = 0;
    uint256 internal constant AVERAGE_POOL_2D = 1;
    uint256 internal constant CONV_2D = 3;
    uint256 internal constant DEPTHWISE_CONV_2D = 4;
    uint256 internal constant FULLY_CONNECTED = 9;
    uint256 internal constant MAX_POOL_2D = 17;
    uint256 internal constant RESHAPE = 22;
    uint256 internal constant SOFTMAX = 25;
    uint256 internal constant PAD = 34;
    uint256 internal constant TRANSPOSE = 39;
    uint256 internal constant MEAN = 40;
    uint256 internal constant QUANTIZE = 114;

    // Element types: TensorType of the same schema.
    uint256 internal constant UINT8 = 3;
    uint256 internal constant INT8 = 9;

    /// @dev The signed number of 32 bits, little endian, at a place in memory.
    function int32At(uint256 cursor) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            let v := shr(224, mload(cursor))
            v := or(shl(8, and(v, 0x00ff00ff)), and(shr(8, v), 0x00ff00ff))
            v := or(shl(16, v), shr(16, v))
            value := signextend(3, v)
        }
    }

    /// @dev The same of calldata.
    function int32In(uint256 cursor) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            let v := shr(224, calldataload(cursor))
            v := or(shl(8, and(v, 0x00ff00ff)), and(shr(8, v), 0x00ff00ff))
            v := or(shl(16, v), shr(16, v))
            value := signextend(3, v)
        }
    }

    /// @dev The tensor at a place in memory.
    function tensorAt(uint256 cursor) internal pure returns (Tensor memory t) {
        t.dtype = uint256(int32At(cursor));
        t.rank = uint256(int32At(cursor + 4));
        t.encoded = cursor;
        t.elements = 1;
        for (uint256 i = 0; i < t.rank && i < RANK_MAX; ++i) {
            t.dims[i] = uint256(int32At(cursor + 8 + 4 * i));
            unchecked {
                // Admission has bounded the product; until then a wrapped one changes nothing.
                t.elements *= t.dims[i];
            }
        }
        t.zero = int32At(cursor + 32);
    }

    /// @dev Operator number `index` from its record: 124 bytes, then 44 of each tensor it reads.
    function operatorOf(uint256 index, bytes memory record) internal pure returns (Op memory op) {
        uint256 cursor;
        assembly ("memory-safe") {
            cursor := add(record, 32)
        }
        op.index = index;
        op.kind = uint256(int32At(cursor));
        op.output = tensorAt(cursor + 4);
        uint256 rest = cursor + 4 + TENSOR_BYTES;
        op.reads = uint256(int32At(rest));
        for (uint256 i = 0; i < op.reads; ++i) {
            op.ids[i] = uint256(int32At(rest + 4 + 4 * i));
            op.inputs[i] = tensorAt(cursor + OPERATOR_BYTES + TENSOR_BYTES * i);
        }
        unchecked {
            // Places in memory, far below 2^64.
            for (uint256 i = 0; i < 16; ++i) {
                op.attributes[i] = int32At(rest + 12 + 4 * i);
            }
        }
    }

    /// @dev dtype, rank and dims as a tensor's hash covers them.
    function headerOf(Tensor memory t) internal pure returns (bytes memory header) {
        (uint256 dtype, uint256 rank, uint256 encoded) = (t.dtype, t.rank, t.encoded);
        header = new bytes(2 + 4 * rank);
        assembly ("memory-safe") {
            mstore8(add(header, 32), dtype)
            mstore8(add(header, 33), rank)
            mcopy(add(header, 34), add(encoded, 8), shl(2, rank))
        }
    }

    /// @dev Dimension `i` counted from the last, 1 beyond the first.
    function extent(Tensor memory t, uint256 i) internal pure returns (uint256) {
        return i < t.rank ? t.dims[t.rank - 1 - i] : 1;
    }

    /// @dev Least and greatest value of a tensor's type.
    function range(Tensor memory t) internal pure returns (int256 least, int256 greatest) {
        least = t.dtype == UINT8 ? int256(0) : type(int8).min;
        greatest = least + int256(uint256(type(uint8).max));
    }

    /// @dev The last dimension: the channels of an NHWC tensor.
    function last(Tensor memory t) internal pure returns (uint256) {
        return t.dims[t.rank - 1];
    }

    /// @dev Whether output channels of this kind have parameters of their own.
    function hasParameters(uint256 kind) internal pure returns (bool) {
        return kind == CONV_2D || kind == DEPTHWISE_CONV_2D || kind == FULLY_CONNECTED;
    }

    /// @dev Weights of one output channel.
    function weightsOf(Op memory op) internal pure returns (uint256) {
        if (op.kind == FULLY_CONNECTED) return uint256(op.attributes[0]);
        uint256 taps = uint256(op.attributes[0] * op.attributes[1]);
        return op.kind == CONV_2D ? taps * uint256(op.attributes[8]) : taps;
    }
}
