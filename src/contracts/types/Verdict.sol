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
/// stands in the first word, what a first claim writes in the second. Values are token base units,
/// at most 2^63 units times 2^92 / 1e17: below 2^99.
struct CaseState {
    /// By proof or silence: the whole bond, and nothing can be judged any more.
    bool convicted;
    /// A demand was not answered: a fifth of the bond. What was signed can still be proven wrong.
    bool late;
    /// Its money was paid early, by evidence: once.
    bool finalised;
    /// Disputes open on it.
    uint24 disputes;
    /// What may be refunded for it in all.
    uint104 refundable;
    /// What claims added for it to other batches than `batchId`.
    uint104 more;
    /// What one claim added for it to row 0 of `batchId`, the largest such part.
    uint104 value;
    /// The batch that this claim made; 0 = none.
    uint48 batchId;
    /// Unix seconds of the first claim, or some days before the answer to a demand, which leaves
    /// less time to open a dispute; 0 = neither.
    uint40 claimedAt;
    /// Units that a claim listed it with, the most.
    uint64 charged;
    /// What was refunded.
    uint128 refunded;
    /// What was split off for it: put off while a dispute is open, or paid early.
    uint128 moved;
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
    /// The order, not only its sequence: no other's delivery or input is an answer.
    bytes32 orderHash;
}

/// @notice The reporter's share of the slashes of one bond, until those who earned it divide it:
/// one storage slot.
struct Pot {
    /// Token base units.
    uint104 amount;
    /// Sum of the weights of the convicted channels.
    uint104 weight;
    /// Unix seconds at which one of the weights was raised last.
    uint40 weighedAt;
    /// The node was convicted in this token; told in generation 0, where it is in the same slot.
    bool condemned;
}

/// @notice One channel's part of a pot. The second slot stays empty where a proof earned the part
/// and the channel has none of an earlier pot.
struct Share {
    address to;
    /// Token base units that the channel has paid the node, and not got back.
    uint96 weight;
    /// Token base units that it gets at most where `isCapped`, besides `SHARE_PAID_MAX` times its
    /// weight.
    uint128 cap;
    bool isCapped;
    /// The generation of the channel's share before this one, or the first.
    uint24 before;
}
