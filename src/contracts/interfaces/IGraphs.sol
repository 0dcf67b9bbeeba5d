// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GraphSite} from "../types/GraphSite.sol";

/// @title What judges of graphs ask the registry
interface IGraphs {
    /// @notice The operator whose output is number `index` of the trace. Reverts where there is
    /// none: graph inputs are nobody's output.
    function siteOf(bytes32 modelRoot, uint256 index) external view returns (GraphSite memory);

    /// @notice Number `index` of the trace: dtype, rank and dims as they are hashed; its bytes.
    function traceTensorOf(bytes32 modelRoot, uint256 index)
        external
        view
        returns (bytes memory header, uint256 size);
}
