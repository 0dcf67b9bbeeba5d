// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Architecture, Op, Tensor} from "./Architecture.sol";

/// @title What a proof of one element costs at most
/// @dev ProofSize.cs in the encoding of `GraphElements`: bytes of the longest proof, and the gas of
/// the transaction that carries them.
library GraphCosts {
    using Architecture for Tensor;

    /// @dev Gas of a judgement: what a transaction can count on in every block.
    uint256 internal constant GAS_MAX = 1_000_000;
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// @dev The floor of EIP-7623 per byte that is not zero. Judging costs less than the floor,
    /// but for SOFTMAX.
    uint256 private constant BYTE_GAS = 40;
    /// @dev SOFTMAX: 256 exponentials at most, and the elements of a row.
    uint256 private constant EXPONENTIALS_GAS = 400_000;
    uint256 private constant ROW_ELEMENT_GAS = 70;

    /// @dev Judging one element of the operator would cost more than a court takes.
    error TooCostly(uint256 operator, uint256 gas);

    /// @dev Refuses an operator whose elements no court could judge.
    /// @param tensors Of the whole trace.
    function check(Op memory op, uint256 tensors) internal pure {
        uint256 gas_ = gasOf(op, tensors);
        if (gas_ > GAS_MAX) revert TooCostly(op.index, gas_);
    }

    function gasOf(Op memory op, uint256 tensors) internal pure returns (uint256 gas_) {
        gas_ = TRANSACTION_GAS + BYTE_GAS * bytesOf(op, tensors);
        if (op.kind == Architecture.SOFTMAX) {
            gas_ += EXPONENTIALS_GAS + ROW_ELEMENT_GAS * op.inputs[0].last();
        }
    }

    /// @dev Bytes of the longest proof of one element.
    function bytesOf(Op memory op, uint256 tensors) internal pure returns (uint256) {
        uint256 kind = op.kind;
        uint256 fixed_ = 11 + _section(op.output.elements, 1) + _path(tensors, 1);
        if (Architecture.hasParameters(kind)) {
            // As many leaves as a tree can have: 16 levels of three siblings.
            fixed_ += 25 + Architecture.weightsOf(op) + 16 * 96;
        }
        (uint256 runs, uint256 length, uint256 span) = readsOf(op);
        uint256 size = op.inputs[0].elements;
        uint256 opened = runs * _section(size, _leaves(length));
        uint256 whole = op.reads * _section(size, _leaves(span));
        if (whole < opened) opened = whole;
        // Operands that lie scattered are posted where that takes fewer bytes.
        bool isScattered = kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D
            || kind == Architecture.MEAN;
        if (isScattered && runs < opened) opened = runs;
        return fixed_ + opened;
    }

    /// @dev Runs of adjacent elements that one element reads, the longest run, and the bytes from
    /// the first to the last.
    function readsOf(Op memory op)
        internal
        pure
        returns (uint256 runs, uint256 length, uint256 span)
    {
        uint256 kind = op.kind;
        Tensor memory t = op.inputs[0];
        if (kind == Architecture.FULLY_CONNECTED) {
            length = uint256(op.attributes[0]);
            return (1, length, length);
        }
        if (kind == Architecture.SOFTMAX) return (1, t.last(), t.last());
        if (kind == Architecture.MEAN) return _meanReads(op);
        if (
            kind != Architecture.CONV_2D && kind != Architecture.DEPTHWISE_CONV_2D
                && kind != Architecture.AVERAGE_POOL_2D && kind != Architecture.MAX_POOL_2D
        ) return (op.reads, 1, 1);

        uint256 width = uint256(op.attributes[1]);
        runs = uint256(op.attributes[0]) * width;
        uint256 rows = uint256((op.attributes[0] - 1) * op.attributes[4]);
        uint256 columns = uint256((op.attributes[1] - 1) * op.attributes[5]);
        span = (rows * t.dims[2] + columns) * t.dims[3];
        if (kind != Architecture.CONV_2D) return (runs, 1, span + 1);
        length = uint256(op.attributes[8]);
        span += t.dims[3];
        if (op.attributes[5] == 1 && length == t.dims[3]) {
            return (uint256(op.attributes[0]), width * length, span);
        }
    }

    function _meanReads(Op memory op)
        private
        pure
        returns (uint256 runs, uint256 length, uint256 span)
    {
        (runs, length, span) = (1, 1, 1);
        uint256 stride = 1;
        Tensor memory t = op.inputs[0];
        for (uint256 i = t.rank; i != 0; --i) {
            if ((uint256(op.attributes[0]) >> (i - 1)) & 1 == 1) {
                runs *= t.dims[i - 1];
                span += (t.dims[i - 1] - 1) * stride;
            }
            stride *= t.dims[i - 1];
        }
    }

    /// @dev Leaves that so many adjacent bytes lie in at most.
    function _leaves(uint256 length) private pure returns (uint256) {
        return (length + 126) / 128 + 1;
    }

    /// @dev Bytes of a section that opens `known` adjacent leaves of a tensor.
    function _section(uint256 size, uint256 known) private pure returns (uint256) {
        uint256 all = (size + 127) / 128;
        if (known > all) known = all;
        return 6 + 132 * known + _path(all, known);
    }

    /// @dev Siblings of adjacent nodes up to the root: 3 a level for one, 6 for several.
    function _path(uint256 nodes, uint256 known) private pure returns (uint256) {
        uint256 siblings = 0;
        while (nodes > 1) {
            uint256 lacking = known == 1 ? 3 : 6;
            siblings += lacking < nodes - known ? lacking : nodes - known;
            nodes = (nodes + 3) / 4;
            known = (known + 2) / 4 + 1;
            if (known > nodes) known = nodes;
        }
        return 32 * siblings;
    }
}
