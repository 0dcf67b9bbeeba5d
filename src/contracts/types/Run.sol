// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The trees that a statement commits to.
enum Tree {
    Trace,
    Output
}

/// @notice One run as it was signed, and what its shapes follow from.
struct Run {
    bytes32 modelRoot;
    bytes32 inputRoot;
    /// Zero where only a TraceRoot was shown.
    bytes32 outputRoot;
    /// Zero where none was signed yet.
    bytes32 traceRoot;
    /// Tokens of the prompt; 0 for a graph.
    uint32 prompt;
    uint32 steps;
    /// Candidates of the sampler; 0 for a graph and when greedy.
    uint32 topK;
}

/// @notice A node of a tree that its signer has opened down to the leaves: paths may end here.
struct Anchor {
    Tree tree;
    /// Place of the tensor in its list.
    uint32 index;
    /// Height of the node above the leaves, 0 to 2.
    uint8 level;
    /// Place of the node on its level.
    uint32 position;
    /// Zero where there is no anchor: every path ends at the root.
    bytes32 node;
}
