// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Claims and demands: what they say, and how they fail
interface IClaims {
    /// @notice Evidence that `verifier` accepts pays early on this channel, or no longer.
    event Trusted(bytes32 indexed channel, address indexed verifier, bool on);
    /// @notice Evidence for this receipt was accepted: a claim pays the proof it asked for.
    event Attested(bytes32 indexed channel, uint64 indexed seq, bytes32 receiptHash);
    /// @notice A claim may begin at these sums.
    event Checkpoint(bytes32 indexed channel, uint128 cumUnits, uint64 nextSeq);
    /// @notice A result is demanded until `respondBy`.
    event Asked(bytes32 indexed channel, uint64 indexed seq, address asker, uint40 respondBy);
    /// @notice The demand ended without a verdict: answered, or its input was not shown.
    event DemandEnded(bytes32 indexed channel, uint64 indexed seq, bool answered);
    /// @notice The provider has no input any more: the asker shows it, or the demand lapses.
    event InputWanted(bytes32 indexed channel, uint64 indexed seq, uint40 showBy);
    /// @notice The input, which lies in this transaction's calldata.
    event InputShown(bytes32 indexed channel, uint64 indexed seq, uint40 respondBy);

    /// @notice The bond is leaving, or smaller than what its claims of five weeks pay.
    error BondTooSmall(uint256 bond, uint256 needed);
    /// @notice The node was convicted here in this token: it claims nothing more in it.
    error NodeCondemned(address node);
    /// @notice Orders of a claim ascend from the first sequence that the start leaves open.
    error NotAscending(uint64 seq);
    /// @notice The output is not what the receipt commits to.
    error InvalidOutput();
    /// @notice Less ether than the answer has to be prepaid with.
    error FeeTooLow(uint256 value, uint256 needed);
    /// @notice The evidence does not hold, or its verifier is not trusted.
    error NoEvidence();
}
