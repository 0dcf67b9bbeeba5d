// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Run, Tree} from "../types/Run.sol";
import {IElements} from "./IElements.sol";

/// @title What follows from an admitted architecture
/// @notice Pure functions of what was admitted. A model that was not makes all but `familyOf`
/// revert.
interface IRegistry {
    /// @notice 0 = not admitted, 1 = graph, 2 = language model.
    function familyOf(bytes32 modelRoot) external view returns (uint8);

    /// @notice The contract that judges the elements of this model.
    function elementsOf(bytes32 modelRoot) external view returns (IElements);

    /// @notice Units of a run. Zero steps cost nothing. Reverts for flag bits 2 and 3 of a language
    /// model, whose sum could leave 63 bits.
    function unitsOf(bytes32 modelRoot, uint32 prompt, uint32 steps, uint8 flags)
        external
        view
        returns (uint256);

    /// @notice Tensors of a list that a run of this shape commits to.
    function countOf(Tree tree, Run calldata run) external view returns (uint256);

    /// @notice One of these tensors: dtype, rank and dims as they are hashed, and its bytes.
    function tensorOf(Tree tree, Run calldata run, uint256 index)
        external
        view
        returns (bytes memory header, uint256 size);

    /// @notice The input tensors of a graph, which also begin its trace.
    function inputsOf(bytes32 modelRoot) external view returns (uint256);

    /// @notice Where the outputs of a graph stand in its trace.
    function outputsOf(bytes32 modelRoot) external view returns (uint256[] memory);
}
