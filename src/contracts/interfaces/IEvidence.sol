// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Evidence that a run is right, which pays its provider early
/// @notice A holder trusts a verifier for a channel. It never ends a proof against the bond: a
/// broken one costs those who trusted it their refund, and saves no cheater.
interface IEvidence {
    /// @notice What is claimed of a run.
    struct Claim {
        bytes32 orderHash;
        bytes32 modelRoot;
        bytes32 inputRoot;
        bytes32 outputRoot;
        bytes32 traceRoot;
        uint128 units;
        uint32 steps;
        address node;
    }

    /// @notice Whether `evidence` shows that the claim is right.
    function holds(Claim calldata claim, bytes calldata evidence) external view returns (bool);
}
