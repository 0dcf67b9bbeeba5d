// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IElements} from "contracts/interfaces/IElements.sol";
import {IRegistry} from "contracts/interfaces/IRegistry.sol";
import {Anchor, Run, Tree} from "contracts/types/Run.sol";
import {Grove} from "../base/Grove.sol";

/// @notice Two models small enough to know by heart, with shapes that exercise every descent, and
/// their judge. Byte j of tensor i of the graph is 7 i + j; operands are its two neighbours' sum.
contract ToyModel is IRegistry, IElements {
    bytes32 public constant GRAPH = keccak256("graph");
    bytes32 public constant TALES = keccak256("tales");
    /// One list level more than an answer opens; one tensor of each height that matters.
    uint256 public constant TENSORS = 70;
    uint256 public constant BIG = 65;
    uint256 public constant BIG_BYTES = 128 * 300 - 5;

    function familyOf(bytes32 modelRoot) public pure returns (uint8) {
        if (modelRoot == GRAPH) return 1;
        return modelRoot == TALES ? 2 : 0;
    }

    function elementsOf(bytes32) external view returns (IElements) {
        return this;
    }

    function unitsOf(bytes32 modelRoot, uint32 prompt, uint32 steps, uint8 flags)
        external
        pure
        returns (uint256)
    {
        require(familyOf(modelRoot) != 0);
        if (steps == 0) return 0;
        if (familyOf(modelRoot) == 2) {
            require(flags & 12 == 0);
            return 100 * uint256(prompt) + 30 * uint256(steps);
        }
        return 1_000 + (flags & 4 != 0 ? 500 : 0) + (flags & 8 != 0 ? 7_000 : 0);
    }

    function countOf(Tree tree, Run calldata run) external pure returns (uint256) {
        if (tree == Tree.Output) return 1;
        return familyOf(run.modelRoot) == 1 ? TENSORS : 2 * uint256(run.steps);
    }

    function sizeOf(uint256 index) public pure returns (uint256) {
        if (index == BIG) return BIG_BYTES;
        return index == TENSORS - 1 ? 40 : 300 + index;
    }

    function tensorOf(Tree tree, Run calldata run, uint256 index)
        external
        pure
        returns (bytes memory header, uint256 size)
    {
        if (familyOf(run.modelRoot) == 2) {
            uint256 length = tree == Tree.Output ? run.steps : 5;
            return (abi.encodePacked(uint8(2), uint8(1), Grove.little(length)), 4 * length);
        }
        size = sizeOf(tree == Tree.Output ? TENSORS - 1 : index);
        header = abi.encodePacked(uint8(9), uint8(1), Grove.little(size));
    }

    function inputsOf(bytes32) external pure returns (uint256) {
        return 1;
    }

    function outputsOf(bytes32) external pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = TENSORS - 1;
    }

    /// @dev A proof is (element, leaf index, leaf, siblings up to the anchor).
    function contradicts(Run calldata, Anchor calldata anchor, bytes calldata proof)
        external
        pure
        returns (bool)
    {
        (uint256 element, uint8 value) = _open(anchor, proof);
        return value != uint8(7 * anchor.index + element);
    }

    /// @dev Of whatever is no input; there are no witnesses.
    function hasOperands(Run calldata, bytes calldata request) external pure returns (bool) {
        return request.length == 8 && uint32(bytes4(request)) != 0;
    }

    function explains(
        Run calldata,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external pure returns (bool) {
        (uint256 element, uint8 value) = _open(anchor, proof);
        require(element == uint32(bytes4(request[4:])) && values.length == 2, "shape");
        unchecked {
            return uint8(values[0]) + uint8(values[1]) == value;
        }
    }

    function refutes(
        Run calldata,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external pure returns (bool) {
        (uint256 place, uint8 right) = abi.decode(proof, (uint256, uint8));
        // The toy's operands are 7 i and the element itself, so one number opens them.
        uint256 element = uint32(bytes4(request[4:]));
        require(
            right == (place == 0 ? uint8(7 * anchor.index) : uint8(element)), "not an opening"
        );
        return uint8(values[place]) != right;
    }

    function _open(Anchor calldata anchor, bytes calldata proof)
        private
        pure
        returns (uint256 element, uint8 value)
    {
        uint256 index;
        bytes memory leaf;
        bytes32[] memory siblings;
        (element, index, leaf, siblings) =
            abi.decode(proof, (uint256, uint256, bytes, bytes32[]));
        require(leaf.length == 128 && element / 128 == index, "shape");
        require(element < sizeOf(anchor.index), "beyond");
        require(index >> (2 * uint256(anchor.level)) == anchor.position, "elsewhere");
        require(siblings.length == 3 * uint256(anchor.level), "path");
        bytes32 hash = keccak256(abi.encodePacked(uint8(0), leaf));
        for (uint256 l = 0; l < anchor.level; ++l) {
            bytes32[4] memory four;
            uint256 n = 3 * l;
            for (uint256 k = 0; k < 4; ++k) four[k] = k == index % 4 ? hash : siblings[n++];
            hash = keccak256(abi.encodePacked(uint8(1), four));
            index /= 4;
        }
        require(hash == anchor.node, "root");
        value = uint8(leaf[element % 128]);
    }
}
