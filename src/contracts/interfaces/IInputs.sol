// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a provider that has lost an input can be shown
/// @notice `Disputes` and `Claims` ask, `Contradictions` answers: it has the room.
interface IInputs {
    /// @notice The input is not what the order commits to, or is too long to show.
    error InvalidInput();

    /// @notice Reverts unless an input of the model can be shown in one transaction. A record is as
    /// long as its context allows, which fits.
    function checkShowable(bytes32 modelRoot) external view;

    /// @notice Reverts unless `input` is what an order commits to.
    function checkInput(bytes32 modelRoot, bytes32 inputRoot, bytes calldata input)
        external
        view;
}
