// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dispute, State} from "../types/Dispute.sol";

/// @title Every clock of the court, as pure functions of stored times
/// @dev Seconds. A moment that is named belongs to the side that may still move: the last second is
/// inside. Sums are of `uint256`, so that no deadline overflows.
library Clocks {
    /// @dev From an order's deadline: work accepted before the deadline may still be claimed.
    uint256 internal constant CLAIM = 3 days;
    /// @dev From an order's deadline: a holder who looks once a week finds what is wrong.
    uint256 internal constant OPEN = 14 days;
    /// @dev From a claim, which can come 3 days after the deadline: as long as `OPEN` all the same.
    uint256 internal constant OPEN_AFTER_CLAIM = 11 days;
    /// @dev From a deadline: results are asked for until then. With an answer that first wants the
    /// input (9 days), the time to open a dispute of it (3) and the longest one (12) that makes 30
    /// days, for which every bond stays.
    uint256 internal constant ASK = 6 days;
    /// @dev From the answer to a demand: who asks looks as often as he may have to show the input.
    uint256 internal constant OPEN_AFTER_ANSWER = 3 days;
    /// @dev For the answer to a demand: an outage of a weekend is not a fault.
    uint256 internal constant RESPOND = 3 days;
    /// @dev Of a side in a dispute. Above the forced inclusion delay of the large rollups, a day.
    uint256 internal constant BUDGET = 3.5 days;
    /// @dev Of every turn, whatever was used before: nobody loses by a move in the last second.
    uint256 internal constant TURN_MIN = 6 hours;
    /// @dev Answers of a dispute: trace root, 8 levels of openings, operands.
    uint256 internal constant ANSWERS_MAX = 10;
    /// @dev The longest that a dispute runs, apart from its time in the queue: 12 days.
    uint256 internal constant DISPUTE_MAX = 2 * (BUDGET + ANSWERS_MAX * TURN_MIN);
    /// @dev A bond that claims stand on stays at least for this long.
    uint256 internal constant BOND_LIVES = 30 days;
    /// @dev Seconds of a bucket of claims, and how many buckets one bond stands for.
    uint256 internal constant BUCKET = 7 days;
    uint256 internal constant BUCKETS = 5;

    /// @dev Who has to move.
    enum Side {
        Nobody,
        Provider,
        Opener
    }

    /// @notice Whose turn it is at `time`, until when, and whether that is over.
    function turn(Dispute memory d, uint256 time)
        internal
        pure
        returns (Side side, uint256 endsAt, bool overdue)
    {
        if (d.state >= State.WantRoot && d.state <= State.WantOperands) side = Side.Provider;
        else if (d.state >= State.WantInput && d.state <= State.WantRefutation) {
            side = Side.Opener;
        } else {
            return (Side.Nobody, 0, false);
        }
        endsAt = d.turnedAt + _allowed(side == Side.Provider ? d.spentProvider : d.spentOpener);
        overdue = time > endsAt;
    }

    /// @notice What a side has used after a move at `time`; never charged beyond its budget.
    function spent(uint256 before, uint256 turnedAt, uint256 time) internal pure returns (uint24) {
        uint256 sum = before + (time - turnedAt);
        return uint24(sum > BUDGET ? BUDGET : sum);
    }

    /// @notice Whether an order may still be claimed without an ack.
    function claimable(uint256 deadline, uint256 time) internal pure returns (bool) {
        return time <= deadline + CLAIM;
    }

    /// @notice Whether disputes of an order may still be opened. `claimedAt` is 0 without a claim.
    function openable(uint256 deadline, uint256 claimedAt, uint256 time)
        internal
        pure
        returns (bool)
    {
        uint256 last = deadline + OPEN;
        if (claimedAt != 0 && claimedAt + OPEN_AFTER_CLAIM > last) {
            last = claimedAt + OPEN_AFTER_CLAIM;
        }
        return time <= last;
    }

    /// @notice Whether a result is late enough to be demanded, and not too late. The promise counts
    /// up to the deadline only: a node cannot promise the end of time.
    function askable(uint256 dueAt, uint256 deadline, uint256 time) internal pure returns (bool) {
        uint256 due = dueAt < deadline ? dueAt : deadline;
        return time > due && time <= deadline + ASK;
    }

    /// @notice Whether a bond that leaves at `exitAt` (0 = never) stands for claims made at `time`.
    function bondLives(uint256 exitAt, uint256 time) internal pure returns (bool) {
        return exitAt == 0 || exitAt >= time + BOND_LIVES;
    }

    function _allowed(uint256 used) private pure returns (uint256) {
        uint256 rest = BUDGET - used;
        return rest < TURN_MIN ? TURN_MIN : rest;
    }
}
