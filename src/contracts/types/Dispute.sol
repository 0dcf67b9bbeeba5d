// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Run} from "./Run.sol";

/// @notice Whose move it is, and which.
enum State {
    None,
    /// Behind another opening of the channel: nobody's time runs.
    Queued,
    // The provider's moves.
    WantRoot,
    WantCancel,
    WantNodes,
    WantOperands,
    // The opener's moves.
    WantInput,
    WantPick,
    WantProof,
    WantRefutation,
    // Ends.
    Convicted,
    Lapsed
}

/// @notice A dispute as it stands: four words.
struct Dispute {
    /// keccak256 of its `Matter`, which travels in calldata; zero when over.
    bytes32 matter;
    /// What the provider has to open, or has opened, next.
    bytes32 commit;
    State state;
    /// To go back to after the input was shown.
    State resume;
    /// `Descents` flags: which headers lie between `commit` and the tree, and who opened.
    uint8 wraps;
    /// Height of the node above the items of its tree.
    uint8 level;
    /// Answers given.
    uint8 answers;
    /// Which openings against the bond it belongs to (see `Rewards`).
    uint24 generation;
    /// Unix seconds at which the turn began.
    uint40 turnedAt;
    /// Seconds used up.
    uint24 spentProvider;
    uint24 spentOpener;
    /// Place of the tensor in its list.
    uint32 index;
    /// Place of the node on its level.
    uint32 position;
    /// Items of the list, or bytes of the tensor.
    uint40 size;
    /// Wei that the opener has prepaid, and what of it the answers have cost.
    uint96 deposit;
    uint96 due;
    /// In its line, until its first answer; 0 = none: it began with another one, or waits with it.
    uint64 place;
}

/// @notice What a dispute is about. It does not change but for a trace root that is signed later.
struct Matter {
    Run run;
    bytes32 channel;
    bytes32 orderHash;
    address node;
    address spendKey;
    address token;
    address opener;
    uint64 seq;
    /// `Rates.provider` of the class.
    uint96 rate;
    /// Units that the order cost at most.
    uint128 units;
    /// A `Tree`, or `Descents.CANCEL`.
    uint8 purpose;
}
