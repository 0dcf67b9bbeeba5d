// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Why a node was convicted.
enum Ground {
    /// What it signed is wrong.
    Proof,
    /// It did not answer in a dispute: the reporter's share is bounded by the price of the order.
    Silence,
    /// It did not deliver what it accepted: a fifth of the bond, and the same bound.
    Late
}

/// @notice What a court decides once for an order.
struct Verdict {
    bytes32 channel;
    uint64 seq;
    address node;
    /// Token of the class, in which the bond stands.
    address token;
    /// `Rates.provider` of the class: at most 2^92.
    uint96 rate;
    /// Units that the order cost at most; the refund is their value.
    uint128 units;
    /// Who is paid the channel's part of the reporter's share.
    address reporter;
    Ground ground;
}

/// @notice What is known of an order, by case key keccak256(channel, seq). What a verdict writes
/// stands in the first word, what a claim writes in the second.
struct CaseState {
    bool convicted;
    /// Its money was put off while a dispute was open: once.
    bool deferred;
    /// Its money was paid early, by evidence: once.
    bool finalised;
    /// Disputes open on it.
    uint32 disputes;
    /// Token base units that may be refunded for it in all.
    uint128 refundable;
    /// Token base units that a claim added for this order to row 0 of `batchId`.
    uint128 value;
    /// The batch that the claim made; 0 = none.
    uint48 batchId;
    /// Unix seconds of the first claim; 0 = never claimed.
    uint40 claimedAt;
    /// Token base units that were refunded.
    uint128 refunded;
}

/// @notice A demand for a result that was accepted and did not come.
struct Demand {
    address asker;
    /// Unix seconds; 0 = never asked.
    uint40 respondBy;
    bool ended;
    /// The asker has to show the input before the clock runs again.
    bool wantsInput;
    bool inputShown;
    /// Wei prepaid for the answer.
    uint96 deposit;
    uint128 maxUnits;
}

/// @notice The reporter's share of the slashes of one bond, until those who earned it divide it.
struct Pot {
    uint128 amount;
    /// Sum of the weights of the convicted channels.
    uint128 weight;
}

/// @notice One channel's part of a pot.
struct Share {
    address to;
    /// Token base units that the channel has paid the node.
    uint96 weight;
    /// Token base units that it gets at most; 0 = `SHARE_PAID_MAX` times its weight.
    uint128 cap;
}
