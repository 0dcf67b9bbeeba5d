// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRegistry} from "../interfaces/IRegistry.sol";
import {Run, Tree} from "../types/Run.sol";
import {Records} from "./Records.sol";
import {Trees} from "./Trees.sol";

/// @title Roots of inputs and outputs that stand in calldata
library Roots {
    uint8 internal constant GRAPH = 1;
    uint8 internal constant INT32 = 2;
    /// @dev The list of no tensors: the output of zero steps.
    bytes32 internal constant NOTHING =
        0x3b71fb7d9cc5f30b79d5b5a1f26b3fee17c98c25a7fc7b02643c0ab6e3eb7940;

    /// @dev The output root of `data`, or zero where it has another length than the run's output.
    function output(IRegistry registry, Run memory run, uint8 family, bytes calldata data)
        internal
        view
        returns (bytes32)
    {
        if (run.steps == 0) return data.length == 0 ? NOTHING : bytes32(0);
        if (family == GRAPH) {
            return _list(registry, Tree.Output, run, registry.countOf(Tree.Output, run), data);
        }
        if (data.length != 4 * uint256(run.steps)) return 0;
        return Trees.list(1, Trees.tensor(Trees.row(INT32, run.steps), Trees.rootOf(data)));
    }

    /// @dev The input root of `data`, or zero where it has another length than the inputs.
    function input(IRegistry registry, Run memory run, uint8 family, bytes calldata data)
        internal
        view
        returns (bytes32)
    {
        if (family == GRAPH) {
            return
                _list(registry, Tree.Trace, run, registry.inputsOf(run.modelRoot), data);
        }
        if (data.length == 0) return 0;
        bytes memory header = Trees.row(Records.UINT8, data.length);
        return Trees.list(1, Trees.tensor(header, Trees.rootOf(data)));
    }

    /// @dev The token of number `place` that a language model's output root commits to.
    function token(bytes32 outputRoot, uint32 steps, uint256 place, Records.Opening calldata o)
        internal
        pure
        returns (uint32)
    {
        uint256 count = Trees.leaves(4 * uint256(steps));
        require(
            place < steps && o.index == 4 * place / Trees.LEAF_BYTES
                && o.leaf.length == Trees.LEAF_BYTES,
            Records.InvalidRecord()
        );
        bytes32 root =
            Trees.climb(Trees.leaf(o.leaf, 0), o.index, Trees.height(count), o.siblings);
        bytes32 found = Trees.list(1, Trees.tensor(Trees.row(INT32, steps), root));
        require(found == outputRoot, Records.InvalidRecord());
        return Records.word(o.leaf, 4 * place % Trees.LEAF_BYTES);
    }

    /// @dev The first `count` tensors of a list, one behind the other in `data`.
    function _list(
        IRegistry registry,
        Tree tree,
        Run memory run,
        uint256 count,
        bytes calldata data
    ) private view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](count);
        uint256 place = 0;
        for (uint256 i = 0; i < count; ++i) {
            (bytes memory header, uint256 size) = registry.tensorOf(tree, run, i);
            if (place + size > data.length) return 0;
            hashes[i] = Trees.tensor(header, Trees.rootOf(data[place:place + size]));
            place += size;
        }
        return place == data.length ? Trees.list(count, Trees.root(hashes)) : bytes32(0);
    }
}
