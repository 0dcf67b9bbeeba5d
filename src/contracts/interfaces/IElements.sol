// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Anchor, Run} from "../types/Run.sol";

/// @title One element, judged from openings alone
/// @notice Stateless. A proof that does not prove anything reverts; "false" says that the element
/// is as it has to be.
interface IElements {
    /// @notice Whether a committed element contradicts its operands, or is out of range.
    function contradicts(Run calldata run, Anchor calldata anchor, bytes calldata proof)
        external
        view
        returns (bool);

    /// @notice Whether operands of an element may be asked for, and `request` names it in the one
    /// form that there is. Reverts where there is no such element.
    function hasOperands(Run calldata run, bytes calldata request) external view returns (bool);

    /// @notice Whether `values` are operands from which the committed element of `request` comes
    /// out. `proof` opens what is contiguous.
    function explains(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool);

    /// @notice Whether one opening shows another value than `values` has.
    function refutes(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool);
}
