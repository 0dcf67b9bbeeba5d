// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";
import {FixedPoint} from "./FixedPoint.sol";

/// @title What an architecture may declare
/// @notice The refusals of ArchitectureCodec.cs and of the operators' constructors, one for one, so
/// far as they do not need weights: whoever could run the model has checked those.
/// @dev Numbers are 32 bits wide; sums and products of them are far below 256.
library GraphRules {
    using Architecture for Tensor;

    // GraphLimits.cs.
    uint256 internal constant OPERATORS_MAX = 1024;
    uint256 internal constant ENDS_MAX = 16;
    uint256 internal constant TENSOR_BYTES_MAX = 64 << 20;
    uint256 internal constant TRACE_BYTES_MAX = 512 << 20;
    uint256 internal constant UNITS_MAX = 1 << 40;
    /// @dev Weights of a channel: what one proof may carry.
    uint256 internal constant WEIGHTS_MAX = 96 << 10;
    int256 private constant WINDOW_EXTENT_MAX = 4096;
    /// @dev Longest row whose sum of exponentials, each at most 1, fits Q12.19.
    uint256 private constant SOFTMAX_ROW_MAX = 4095;

    // Reasons, one a family of checks.
    uint256 private constant SHAPE = 1;
    uint256 private constant TYPE = 2;
    uint256 private constant WIRING = 3;
    uint256 private constant ATTRIBUTE = 4;
    uint256 private constant WEIGHTS = 5;

    /// @dev The operator, or graph input counted from the end, that is refused, and why.
    error Refused(uint256 operator, uint256 reason);

    /// @dev Refuses a tensor that no graph can carry.
    function checkTensor(uint256 cursor, uint256 operator) internal pure returns (Tensor memory t) {
        int256 rank = Architecture.int32At(cursor + 4);
        _require(rank >= 1 && rank <= int256(Architecture.RANK_MAX), operator, SHAPE);
        uint256 elements = 1;
        for (uint256 i = 0; i < Architecture.RANK_MAX; ++i) {
            int256 dim = Architecture.int32At(cursor + 8 + 4 * i);
            if (i >= uint256(rank)) {
                _require(dim == 0, operator, SHAPE);
                continue;
            }
            _require(dim > 0, operator, SHAPE);
            elements *= uint256(dim);
            _require(elements <= TENSOR_BYTES_MAX, operator, SHAPE);
        }
        t = Architecture.tensorAt(cursor);
        _require(t.dtype == Architecture.INT8 || t.dtype == Architecture.UINT8, operator, TYPE);
        (int256 least, int256 greatest) = t.range();
        _require(
            t.zero >= least && t.zero <= greatest && Architecture.int32At(cursor + 36) == least
                && Architecture.int32At(cursor + 40) == greatest,
            operator,
            TYPE
        );
    }

    /// @dev Refuses an operator whose definition could overflow or read outside its tensors.
    /// @param op Decoded; its inputs have been checked.
    /// @param before Tensors before its output.
    /// @param unused The encoded second input where it reads one: −1.
    function check(Op memory op, uint256 before, int256 unused) internal pure {
        bool isAdd = op.kind == Architecture.ADD;
        _require(op.reads == (isAdd ? 2 : 1) && (isAdd || unused == -1), op.index, WIRING);
        for (uint256 i = 0; i < op.reads; ++i) {
            _require(op.ids[i] < before, op.index, WIRING);
        }
        _require(
            op.kind == Architecture.QUANTIZE || op.kind == Architecture.RESHAPE
                || (op.output.dtype == Architecture.INT8
                    && op.inputs[0].dtype == Architecture.INT8
                    && (!isAdd || op.inputs[1].dtype == Architecture.INT8)),
            op.index,
            TYPE
        );
        uint256 used = _checkKind(op);
        for (; used < 16; ++used) {
            _require(op.attributes[used] == 0, op.index, ATTRIBUTE);
        }
    }

    /// @dev Compute units of one run, by CostTable.cs; below 2^63.
    function unitsOf(Op memory op) internal pure returns (uint256) {
        uint256 kind = op.kind;
        uint256 out = op.output.elements;
        if (Architecture.hasParameters(kind)) return out * Architecture.weightsOf(op);
        if (kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D) {
            return out * Architecture.weightsOf(op);
        }
        if (kind == Architecture.MEAN) return op.inputs[0].elements;
        if (kind == Architecture.ADD) return out * 8;
        if (kind == Architecture.QUANTIZE) return out * 4;
        if (kind == Architecture.SOFTMAX) return out * 64;
        return out;
    }

    /// @dev Elements that a proof of one run has to show: what only moves or chooses costs nothing.
    function provedOf(Op memory op) internal pure returns (uint256) {
        uint256 kind = op.kind;
        return kind == Architecture.RESHAPE || kind == Architecture.PAD
            || kind == Architecture.TRANSPOSE || kind == Architecture.MAX_POOL_2D
            ? 0
            : op.output.elements;
    }

    /// @dev Checks by kind; gives the attributes that the kind has.
    function _checkKind(Op memory op) private pure returns (uint256 used) {
        uint256 kind = op.kind;
        if (kind == Architecture.CONV_2D) return _conv(op);
        if (kind == Architecture.DEPTHWISE_CONV_2D) return _depthwise(op);
        if (kind == Architecture.FULLY_CONNECTED) return _fullyConnected(op);
        if (kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D) {
            return _pool(op);
        }
        if (kind == Architecture.ADD) return _add(op);
        if (kind == Architecture.MEAN) return _mean(op);
        if (kind == Architecture.SOFTMAX) return _softmax(op);
        if (kind == Architecture.PAD) return _pad(op);
        if (kind == Architecture.TRANSPOSE) return _transpose(op);
        _require(op.inputs[0].elements == op.output.elements, op.index, SHAPE);
        if (kind == Architecture.QUANTIZE) return _quantize(op);
        _require(kind == Architecture.RESHAPE, op.index, ATTRIBUTE);
        _require(op.inputs[0].dtype == op.output.dtype, op.index, TYPE);
    }

    function _conv(Op memory op) private pure returns (uint256) {
        _window(op);
        int256 depth = op.attributes[8];
        uint256 channels = op.inputs[0].dims[3];
        // A depth below 1 has no weights, and one that divides is at most the input's.
        _require(depth > 0 && channels % uint256(depth) == 0, op.index, WEIGHTS);
        _require(op.output.dims[3] % (channels / uint256(depth)) == 0, op.index, WEIGHTS);
        _weights(op);
        return _clamp(op, 9);
    }

    function _depthwise(Op memory op) private pure returns (uint256) {
        _window(op);
        _require(op.output.dims[3] % op.inputs[0].dims[3] == 0, op.index, WEIGHTS);
        _weights(op);
        return _clamp(op, 8);
    }

    function _fullyConnected(Op memory op) private pure returns (uint256) {
        int256 depth = op.attributes[0];
        uint256 elements = op.inputs[0].elements;
        _require(
            depth > 0 && elements % uint256(depth) == 0
                && elements / uint256(depth) == op.output.elements / op.output.last(),
            op.index,
            WEIGHTS
        );
        _require(
            op.attributes[1] >= type(int8).min && op.attributes[1] <= type(int8).max,
            op.index,
            ATTRIBUTE
        );
        _weights(op);
        return _clamp(op, 2);
    }

    function _pool(Op memory op) private pure returns (uint256) {
        _window(op);
        _require(op.inputs[0].dims[3] == op.output.dims[3], op.index, SHAPE);
        _require(op.attributes[4] == 1 && op.attributes[5] == 1, op.index, ATTRIBUTE);
        _require(op.inputs[0].zero == op.output.zero, op.index, TYPE);
        if (op.kind == Architecture.AVERAGE_POOL_2D) {
            _bound(op, 129 * op.attributes[0] * op.attributes[1], 0);
        }
        return _clamp(op, 8);
    }

    function _add(Op memory op) private pure returns (uint256) {
        for (uint256 i = 0; i < 6; i += 2) {
            _multiplier(op, i);
            _require(op.attributes[i + 1] <= 0, op.index, ATTRIBUTE);
        }
        uint256 rank = op.inputs[0].rank;
        if (op.inputs[1].rank > rank) rank = op.inputs[1].rank;
        _require(op.output.rank == rank, op.index, SHAPE);
        for (uint256 i = 0; i < rank; ++i) {
            uint256 a = op.inputs[0].extent(i);
            uint256 b = op.inputs[1].extent(i);
            _require(
                (a == b || a == 1 || b == 1) && op.output.extent(i) == (a > b ? a : b),
                op.index,
                SHAPE
            );
        }
        return _clamp(op, 6);
    }

    function _mean(Op memory op) private pure returns (uint256) {
        Tensor memory t = op.inputs[0];
        int256 axes = op.attributes[0];
        _require(axes >= 0 && axes < int256(1 << t.rank), op.index, ATTRIBUTE);
        uint256 count = 1;
        for (uint256 i = 0; i < t.rank; ++i) {
            if ((uint256(axes) >> i) & 1 == 1) count *= t.dims[i];
        }
        _require(op.output.elements * count == t.elements, op.index, SHAPE);
        _multiplier(op, 1);
        _bound(op, int256(count) * (_magnitude(t) + 255), op.attributes[2]);
        return 3;
    }

    function _softmax(Op memory op) private pure returns (uint256) {
        Tensor memory t = op.inputs[0];
        _require(
            t.elements == op.output.elements && t.last() == op.output.last()
                && t.last() <= SOFTMAX_ROW_MAX,
            op.index,
            SHAPE
        );
        int256 shift = op.attributes[1];
        int256 least = op.attributes[2];
        _require(
            op.attributes[0] >= 0 && shift >= 0 && shift <= 31 && least <= 0,
            op.index,
            ATTRIBUTE
        );
        if (least < -255) least = -255;
        _require(least << uint256(shift) >= type(int32).min, op.index, ATTRIBUTE);
        _require(op.output.zero == type(int8).min, op.index, TYPE);
        return 3;
    }

    function _pad(Op memory op) private pure returns (uint256) {
        _require(op.inputs[0].rank == op.output.rank, op.index, SHAPE);
        for (uint256 i = 0; i < Architecture.RANK_MAX; ++i) {
            int256 before = op.attributes[i];
            int256 after_ = op.attributes[Architecture.RANK_MAX + i];
            _require(
                before >= 0 && after_ >= 0
                    && before + int256(op.inputs[0].dims[i]) + after_
                        == int256(op.output.dims[i]),
                op.index,
                SHAPE
            );
        }
        return 2 * Architecture.RANK_MAX;
    }

    function _transpose(Op memory op) private pure returns (uint256 rank) {
        rank = op.inputs[0].rank;
        _require(op.output.rank == rank, op.index, SHAPE);
        uint256 seen = 0;
        for (uint256 i = 0; i < rank; ++i) {
            int256 from = op.attributes[i];
            _require(from >= 0 && from < int256(rank), op.index, ATTRIBUTE);
            _require((seen >> uint256(from)) & 1 == 0, op.index, ATTRIBUTE);
            seen |= 1 << uint256(from);
            _require(op.output.dims[i] == op.inputs[0].dims[uint256(from)], op.index, SHAPE);
        }
    }

    function _quantize(Op memory op) private pure returns (uint256) {
        Tensor memory t = op.inputs[0];
        _require(
            t.dtype == Architecture.INT8 || op.output.dtype == Architecture.INT8, op.index, TYPE
        );
        _multiplier(op, 0);
        _bound(op, _magnitude(t), op.attributes[1]);
        return 2;
    }

    /// @dev Window.cs.
    function _window(Op memory op) private pure {
        Tensor memory input = op.inputs[0];
        _require(
            input.rank == 4 && op.output.rank == 4 && input.dims[0] == op.output.dims[0],
            op.index,
            SHAPE
        );
        for (uint256 i = 0; i < 2; ++i) {
            int256 filter = op.attributes[i];
            int256 stride = op.attributes[2 + i];
            int256 dilation = op.attributes[4 + i];
            int256 pad = op.attributes[6 + i];
            int256 extent = (filter - 1) * dilation + 1;
            _require(
                filter > 0 && stride > 0 && dilation > 0 && stride <= WINDOW_EXTENT_MAX
                    && extent <= WINDOW_EXTENT_MAX,
                op.index,
                ATTRIBUTE
            );
            _require(
                pad >= 0 && pad < extent
                    && (int256(op.output.dims[1 + i]) - 1) * stride - pad
                        < int256(input.dims[1 + i]),
                op.index,
                SHAPE
            );
        }
    }

    function _weights(Op memory op) private pure {
        _require(Architecture.weightsOf(op) <= WEIGHTS_MAX, op.index, WEIGHTS);
    }

    /// @dev Activation.cs: the two attributes at `cursor`.
    function _clamp(Op memory op, uint256 cursor) private pure returns (uint256) {
        (int256 least, int256 greatest) = op.output.range();
        _require(
            least <= op.attributes[cursor] && op.attributes[cursor] <= op.attributes[cursor + 1]
                && op.attributes[cursor + 1] <= greatest,
            op.index,
            ATTRIBUTE
        );
        return cursor + 2;
    }

    function _multiplier(Op memory op, uint256 cursor) private pure {
        _require(
            op.attributes[cursor] >= 0 && op.attributes[cursor + 1] >= FixedPoint.SHIFT_MIN
                && op.attributes[cursor + 1] <= FixedPoint.SHIFT_MAX,
            op.index,
            ATTRIBUTE
        );
    }

    /// @dev AccumulatorBound.cs.
    function _bound(Op memory op, int256 sum, int256 shift) private pure {
        uint256 left = shift > 0 ? uint256(shift) : 0;
        _require(sum <= FixedPoint.ACCUMULATOR_MAX >> left, op.index, ATTRIBUTE);
    }

    /// @dev max |x − zero| over the declared range.
    function _magnitude(Tensor memory t) private pure returns (int256) {
        (int256 least, int256 greatest) = t.range();
        return greatest - t.zero > t.zero - least ? greatest - t.zero : t.zero - least;
    }

    function _require(bool holds, uint256 operator, uint256 reason) private pure {
        if (!holds) revert Refused(operator, reason);
    }
}
