// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IElements} from "../../interfaces/IElements.sol";
import {IGraphs} from "../../interfaces/IGraphs.sol";
import {GraphSite} from "../../types/GraphSite.sol";
import {Anchor, Run, Tree} from "../../types/Run.sol";
import {Architecture, Op, Tensor} from "./Architecture.sol";
import {Channel, Layers} from "./Layers.sol";
import {Merkle} from "./Merkle.sol";
import {Movers} from "./Movers.sol";
import {Openings, Reader, Source, Subject} from "./Openings.sol";
import {Reductions} from "./Reductions.sol";
import {Windows} from "./Windows.sol";
import {Trees} from "../Trees.sol";

/// @title One element of an integer graph, judged from openings
/// @notice GraphJudge.cs on chain: all twelve operators, one definition each. A proof, all numbers
/// of its frame big endian:
///
///     at  bytes
///      0      1  version: 01; 02 where operands are posted
///      1      4  place of the element's tensor in the trace
///      5      4  element in the tensor's own order
///      9      2  tensors opened, T
///     11         T sections, places rising: place 4, leaves opened N 2, leaf indices 4 N rising,
///                leaves 128 N, siblings of the leaves
///                siblings of the T tensors under the trace root
///                where the operator has parameters: the leaf of the element's channel, 25 + K
///                bytes, and its siblings under the parameters root
///
/// @dev Paths end at the trace root; an anchor is not needed and not read.
contract GraphElements is IElements {
    using Architecture for Tensor;

    uint256 private constant HEAD_BYTES = 11;
    uint256 private constant REQUEST_BYTES = 8;
    /// @dev Bytes of a parameter leaf before its weights.
    uint256 private constant LEAF_FIXED_BYTES = 25;
    /// @dev Version and place of a refutation.
    uint256 private constant REFUTATION_BYTES = 3;

    /// @notice What was admitted.
    IGraphs public immutable graphs;

    /// @dev One element on its way through a judgement.
    struct Case {
        Subject subject;
        uint256 element;
        /// 0 to 255, as the trace commits to it.
        uint256 committed;
        Channel channel;
        Reader reader;
    }

    /// @notice The output of a graph is part of its trace: compare the hashes of its tensors.
    error NotApplicable();
    /// @notice No such element.
    error InvalidElement();
    /// @notice Not the parameters of the element's channel.
    error InvalidParameters();

    constructor(IGraphs graphs_) {
        graphs = graphs_;
    }

    /// @inheritdoc IElements
    function contradicts(Run calldata run, Anchor calldata anchor, bytes calldata proof)
        external
        view
        returns (bool)
    {
        require(anchor.tree == Tree.Trace, NotApplicable());
        Case memory c = _open(run, proof, 1);
        return _computed(c) != c.committed;
    }

    /// @inheritdoc IElements
    /// @dev `request` is any element: place 4, element 4. What does not lie scattered the answer
    /// opens.
    function hasOperands(Run calldata run, bytes calldata request) external view returns (bool) {
        Case memory c;
        require(request.length == REQUEST_BYTES, InvalidElement());
        _find(c, run, uint32(bytes4(request[0:4])), uint32(bytes4(request[4:8])));
        return true;
    }

    /// @inheritdoc IElements
    /// @dev `values` is empty where the proof opens all, or holds every operand in the definition's
    /// order.
    function explains(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool) {
        require(anchor.tree == Tree.Trace, NotApplicable());
        Case memory c = _open(run, proof, 2);
        require(
            request.length == REQUEST_BYTES && bytes8(request) == bytes8(proof[1:9]),
            InvalidElement()
        );
        if (values.length == 0) return _computed(c) == c.committed;

        require(_isScattered(c.subject.op.kind) && c.reader.sections.length == 1, NotApplicable());
        c.reader.source = Source.Posted;
        uint256 first;
        assembly ("memory-safe") {
            first := values.offset
        }
        c.reader.next = first;
        uint256 computed = _computed(c);
        require(c.reader.next == first + values.length, Openings.MalformedProof());
        return computed == c.committed;
    }

    /// @inheritdoc IElements
    /// @dev The proof: version 03, place of the value 2, then one section as above with one leaf
    /// and the siblings of its tensor.
    function refutes(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool) {
        require(anchor.tree == Tree.Trace && request.length == REQUEST_BYTES, NotApplicable());
        Case memory c;
        _find(c, run, uint32(bytes4(request[0:4])), uint32(bytes4(request[4:8])));
        require(_isScattered(c.subject.op.kind), NotApplicable());
        require(proof.length > REFUTATION_BYTES && proof[0] == 0x03, Openings.MalformedProof());
        uint256 place = uint16(bytes2(proof[1:3]));
        require(place < values.length, InvalidElement());
        return _operandAt(c, place, proof) != uint8(values[place]);
    }

    /// @dev Proves all that a proof opens, and takes the committed value from it.
    function _open(Run calldata run, bytes calldata proof, uint256 version)
        private
        view
        returns (Case memory c)
    {
        uint256 cursor = _placeOf(proof);
        require(
            proof.length > HEAD_BYTES && Openings.number(cursor, 1) == version,
            Openings.MalformedProof()
        );
        uint256 tensor = Openings.number(cursor + 1, 4);
        _find(c, run, tensor, Openings.number(cursor + 5, 4));
        uint256 end = cursor + proof.length;
        (c.reader.sections, cursor) =
            Openings.parse(c.subject, Openings.number(cursor + 9, 2), cursor + HEAD_BYTES);
        if (Architecture.hasParameters(c.subject.op.kind)) cursor = _parameters(c, cursor);
        require(cursor == end, Openings.MalformedProof());
        c.committed = Openings.read(c.reader, tensor, c.element);
    }

    /// @dev Whose output the element is. Nothing of it is proven yet.
    function _find(Case memory c, Run calldata run, uint256 tensor, uint256 element)
        private
        view
    {
        Subject memory s = c.subject;
        s.graphs = graphs;
        s.modelRoot = run.modelRoot;
        s.traceRoot = run.traceRoot;
        s.site = graphs.siteOf(run.modelRoot, tensor);
        s.op = Architecture.operatorOf(tensor - s.site.inputs, s.site.record);
        require(element < s.op.output.elements, InvalidElement());
        c.element = element;
    }

    /// @dev Operand number `place` of the definition's order, which the refutation opens.
    function _operandAt(Case memory c, uint256 place, bytes calldata proof)
        private
        view
        returns (uint256)
    {
        c.reader.source = Source.Nowhere;
        c.reader.wanted = place;
        _computed(c);
        require(c.reader.isFound, InvalidElement());

        uint256 cursor = _placeOf(proof);
        uint256 end;
        (c.reader.sections, end) =
            Openings.parse(c.subject, 1, cursor + REFUTATION_BYTES);
        require(end == cursor + proof.length, Openings.MalformedProof());
        c.reader.source = Source.Opened;
        return Openings.read(c.reader, c.reader.foundTensor, c.reader.found);
    }

    /// @dev The element by its operator's definition, as the byte that the trace should have.
    function _computed(Case memory c) private pure returns (uint256) {
        return uint256(_element(c)) & 0xff;
    }

    function _element(Case memory c) private pure returns (int256) {
        (Op memory op, Reader memory r, uint256 i) = (c.subject.op, c.reader, c.element);
        uint256 kind = op.kind;
        if (kind == Architecture.CONV_2D) return Layers.conv(op, r, c.channel, i);
        if (kind == Architecture.DEPTHWISE_CONV_2D) return Layers.depthwise(op, r, c.channel, i);
        if (kind == Architecture.FULLY_CONNECTED) {
            return Layers.fullyConnected(op, r, c.channel, i);
        }
        if (kind == Architecture.ADD) return Movers.add(op, r, i);
        if (kind == Architecture.AVERAGE_POOL_2D) return Windows.averagePool(op, r, i);
        if (kind == Architecture.MAX_POOL_2D) return Windows.maxPool(op, r, i);
        if (kind == Architecture.MEAN) return Reductions.mean(op, r, i);
        if (kind == Architecture.SOFTMAX) return Reductions.softmax(op, r, i);
        if (kind == Architecture.PAD) return Movers.pad(op, r, i);
        if (kind == Architecture.TRANSPOSE) return Movers.transpose(op, r, i);
        if (kind == Architecture.QUANTIZE) return Movers.quantize(op, r, i);
        return Movers.reshape(op, r, i);
    }

    /// @dev Reads the parameter leaf at `cursor`, proves it under the parameters root, and checks
    /// that it is the one of the element's channel. Gives the place behind it.
    function _parameters(Case memory c, uint256 cursor) private pure returns (uint256 end) {
        (GraphSite memory site, Op memory op) = (c.subject.site, c.subject.op);
        uint256 count = Architecture.weightsOf(op);
        uint256 number = c.element % op.output.last();
        uint256 length = LEAF_FIXED_BYTES + count;
        require(
            Openings.number(cursor, 1) == 6
                && Architecture.int32In(cursor + 1) == int256(op.index)
                && Architecture.int32In(cursor + 5) == int256(number)
                && Architecture.int32In(cursor + 9) == int256(count),
            InvalidParameters()
        );
        c.channel = Channel({
            weights: cursor + LEAF_FIXED_BYTES,
            count: count,
            bias: Architecture.int32In(cursor + 13),
            multiplier: Architecture.int32In(cursor + 17),
            shift: Architecture.int32In(cursor + 21)
        });
        uint256[] memory places = new uint256[](1);
        bytes32[] memory hashes = new bytes32[](1);
        places[0] = site.firstLeaf + number;
        assembly ("memory-safe") {
            let m := mload(0x40)
            calldatacopy(m, cursor, length)
            mstore(add(hashes, 32), keccak256(m, length))
        }
        bytes32 root;
        (root, end) = Merkle.rootOf(places, hashes, site.leaves, cursor + length);
        require(
            Trees.counted(7, site.leaves, root) == site.parametersRoot, InvalidParameters()
        );
    }

    function _placeOf(bytes calldata data) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := data.offset
        }
    }

    function _isScattered(uint256 kind) private pure returns (bool) {
        return kind == Architecture.AVERAGE_POOL_2D || kind == Architecture.MAX_POOL_2D
            || kind == Architecture.MEAN;
    }
}
