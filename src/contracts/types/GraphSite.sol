// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One operator of an admitted graph, and what its proofs are checked against.
struct GraphSite {
    bytes32 parametersRoot;
    /// Tensors that the graph takes in: they begin its trace.
    uint256 inputs;
    /// Tensors of its trace.
    uint256 tensors;
    /// Parameter leaves of the graph.
    uint256 leaves;
    /// Place of the first leaf of this operator, or of the next that has any.
    uint256 firstLeaf;
    /// 124 bytes of the operator, then 44 of each tensor that it reads: as the architecture
    /// encodes them.
    bytes record;
}
