// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What judges of language models ask the registry
interface ILanguages {
    /// @notice An admitted model: the root of its parameters, and its canonical architecture.
    /// Reverts where there is none.
    function languageOf(bytes32 modelRoot)
        external
        view
        returns (bytes32 parametersRoot, bytes memory architecture);
}
