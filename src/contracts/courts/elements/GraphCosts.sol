// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";

/// @title What judging one element costs at most
/// @dev ProofSize.cs, OpeningSize.cs and ElementGas.cs: bytes of the longest proof, and the gas of
/// the transaction that carries it. Admission refuses beyond it, as import does.
library GraphCosts {
    using Architecture for Tensor;

    /// @dev Gas of one judgement at most.
    uint256 internal constant GAS_MAX = 1_000_000;
    /// @dev Longest proof that is read.
    uint256 private constant BYTES_MAX = 96 << 10;
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// @dev The floor of EIP-7623 per byte that is not zero.
    uint256 private constant FLOOR_BYTE_GAS = 40;
    /// @dev Per byte without the floor, with its share of a leaf's hash.
    uint256 private constant BYTE_GAS = 18;
    uint256 private constant PRODUCT_GAS = 10;
    uint256 private constant EXPONENTIAL_GAS = 1_300;
    /// @dev The run's own words, the operator's site, the paths.
    uint256 private constant FIXED_GAS = 60_000;
    uint256 private constant COUNTED_GAS = 115;
    /// @dev Version, place, element, number of tensors; then place and leaf count of a section.
    uint256 private constant HEAD_BYTES = 11;
    uint256 private constant SECTION_BYTES = 6;
    /// @dev A leaf and its index.
    uint256 private constant OPENED_BYTES = 132;
    uint256 private constant LEAF_FIXED_BYTES = 25;

    /// @dev Judging one element of the operator would cost more than a court takes.
    error TooCostly(uint256 operator, uint256 gas);

    /// @dev Where the input elements of one output element lie: ElementReads of Operator.cs.
    struct Reads {
        uint256 runs;
        uint256 length;
        uint256 span;
    }

    /// @dev Refuses an operator whose elements no court could judge.
    /// @param tensors Of the whole trace.
    /// @param leaves Parameter leaves of the whole graph.
    function check(Op memory op, uint256 tensors, uint256 leaves) internal pure {
        Reads memory reads = readsOf(op);
        uint256 size = _whole(op, reads, tensors, leaves);
        if (_gas(size, 0, 0) > GAS_MAX && _isScattered(op.kind)) {
            size = _own(op) + reads.runs * reads.length + _siblings(tensors, 1, 1);
        }
        bool hasParameters = Architecture.hasParameters(op.kind);
        uint256 gas_ = _gas(
            size,
            hasParameters ? Architecture.weightsOf(op) : 0,
            op.kind == Architecture.SOFTMAX ? op.inputs[0].last() : 0
        );
        if (gas_ > GAS_MAX || size > BYTES_MAX) revert TooCostly(op.index, gas_);
    }

    /// @dev Runs of adjacent elements that one element reads, the longest run, and the bytes from
    /// the first to the last, of every input.
    function readsOf(Op memory op) internal pure returns (Reads memory r) {
        uint256 kind = op.kind;
        Tensor memory t = op.inputs[0];
        if (kind == Architecture.MEAN) return _meanReads(op);
        r = Reads({runs: 1, length: 1, span: 1});
        if (kind == Architecture.FULLY_CONNECTED) r.length = uint256(op.attributes[0]);
        else if (kind == Architecture.SOFTMAX) r.length = t.last();
        r.span = r.length;
        if (!_isWindow(kind)) return r;

        uint256 width = uint256(op.attributes[1]);
        r.runs = uint256(op.attributes[0]) * width;
        uint256 rows = uint256((op.attributes[0] - 1) * op.attributes[4]);
        uint256 columns = uint256((op.attributes[1] - 1) * op.attributes[5]);
        r.span = (rows * t.dims[2] + columns) * t.dims[3] + 1;
        if (kind != Architecture.CONV_2D) return r;
        r.length = uint256(op.attributes[8]);
        r.span += t.dims[3] - 1;
        if (op.attributes[5] == 1 && r.length == t.dims[3]) {
            (r.runs, r.length) = (uint256(op.attributes[0]), width * r.length);
        }
    }

    function _gas(uint256 size, uint256 products, uint256 row) private pure returns (uint256) {
        uint256 exponentials = row < 256 ? row : 256;
        uint256 floor = FLOOR_BYTE_GAS * size;
        uint256 computed = BYTE_GAS * size + PRODUCT_GAS * products
            + EXPONENTIAL_GAS * exponentials + COUNTED_GAS * row;
        return TRANSACTION_GAS + FIXED_GAS + (floor > computed ? floor : computed);
    }

    /// @dev Bytes of a proof that opens everything.
    function _whole(Op memory op, Reads memory r, uint256 tensors, uint256 leaves)
        private
        pure
        returns (uint256 size)
    {
        size = _own(op) + _siblings(tensors, 1 + op.reads, 1);
        for (uint256 i = 0; i < op.reads; ++i) size += _section(op.inputs[i].elements, r);
        if (Architecture.hasParameters(op.kind)) {
            size += LEAF_FIXED_BYTES + Architecture.weightsOf(op) + _siblings(leaves, 1, 1);
        }
    }

    function _own(Op memory op) private pure returns (uint256) {
        return HEAD_BYTES + _section(op.output.elements, Reads({runs: 1, length: 1, span: 1}));
    }

    /// @dev So many runs of so many adjacent bytes, all within one span.
    function _section(uint256 size, Reads memory r) private pure returns (uint256) {
        uint256 all = (size + 127) / 128;
        uint256 run = _least(all, _touched(r.length));
        uint256 known = _least(_least(all, _touched(r.span)), r.runs * run);
        return SECTION_BYTES + OPENED_BYTES * known + _siblings(all, _least(r.runs, known), run);
    }

    /// @dev Siblings of so many runs of adjacent nodes up to the root, in bytes.
    function _siblings(uint256 nodes, uint256 runs, uint256 run) private pure returns (uint256) {
        uint256 siblings = 0;
        while (nodes > 1) {
            // One node lacks three of its group; several lack at most three at either end.
            siblings += _least(runs * (run == 1 ? 3 : 6), nodes - 1);
            nodes = (nodes + 3) / 4;
            run = _least(nodes, (run + 2) / 4 + 1);
            runs = _least(runs, nodes);
        }
        return 32 * siblings;
    }

    /// @dev Mean.cs: every element is a run of its own.
    function _meanReads(Op memory op) private pure returns (Reads memory r) {
        r = Reads({runs: 1, length: 1, span: 1});
        uint256 stride = 1;
        Tensor memory t = op.inputs[0];
        for (uint256 i = t.rank; i != 0; --i) {
            if ((uint256(op.attributes[0]) >> (i - 1)) & 1 == 1) {
                r.runs *= t.dims[i - 1];
                r.span += (t.dims[i - 1] - 1) * stride;
            }
            stride *= t.dims[i - 1];
        }
    }

    /// @dev Leaves that so many adjacent bytes lie in at most.
    function _touched(uint256 length) private pure returns (uint256) {
        return (length + 126) / 128 + 1;
    }

    function _isWindow(uint256 kind) private pure returns (bool) {
        return kind == Architecture.CONV_2D || kind == Architecture.DEPTHWISE_CONV_2D
            || kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D;
    }

    /// @dev Operators whose operands may be posted as values.
    function _isScattered(uint256 kind) private pure returns (bool) {
        return kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D
            || kind == Architecture.MEAN;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
