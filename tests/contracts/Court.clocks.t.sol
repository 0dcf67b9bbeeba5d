// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clocks} from "contracts/courts/Clocks.sol";
import {Dispute, State} from "contracts/types/Dispute.sol";
import {Test} from "./base/Test.sol";

/// @notice Every boundary, one second on both sides.
contract CourtClocksTest is Test {
    uint256 private constant T = 1_900_000_000;

    function test_claimable_threeDaysAfterTheDeadline() external pure {
        vm.assertTrue(Clocks.claimable(T, T + 3 days), "last second");
        vm.assertTrue(!Clocks.claimable(T, T + 3 days + 1), "over");
        vm.assertTrue(Clocks.claimable(type(uint64).max, T), "no overflow");
    }

    /// R23: max(deadline + 14 d, claim + 11 d).
    function test_statuteBothSides() external pure {
        vm.assertTrue(Clocks.openable(T, 0, T + 14 days), "last second");
        vm.assertTrue(!Clocks.openable(T, 0, T + 14 days + 1), "AgenC#745");
        uint256 claimedAt = T + 3 days;
        vm.assertTrue(Clocks.openable(T, claimedAt, T + 14 days), "claim at the end");
        vm.assertTrue(!Clocks.openable(T, claimedAt, T + 14 days + 1), "over");
        claimedAt = T + 5 days;
        vm.assertTrue(Clocks.openable(T, claimedAt, T + 16 days), "an answer to a demand");
        vm.assertTrue(!Clocks.openable(T, claimedAt, T + 16 days + 1), "over");
    }

    function test_askable_betweenThePromiseAndSixDays() external pure {
        vm.assertTrue(!Clocks.askable(T, T + 1 days, T), "the promised second is the node's");
        vm.assertTrue(Clocks.askable(T, T + 1 days, T + 1), "late");
        vm.assertTrue(Clocks.askable(T, T, T + 6 days), "last second");
        vm.assertTrue(!Clocks.askable(T, T, T + 6 days + 1), "over");
    }

    /// R11: a promise for the end of time counts up to the deadline.
    function test_dueAtInfinity() external pure {
        vm.assertTrue(!Clocks.askable(type(uint64).max, T, T), "not yet");
        vm.assertTrue(Clocks.askable(type(uint64).max, T, T + 1), "late");
    }

    function test_bondLives_thirtyDays() external pure {
        vm.assertTrue(Clocks.bondLives(0, T), "no exit");
        vm.assertTrue(Clocks.bondLives(T + 30 days, T), "long enough");
        vm.assertTrue(!Clocks.bondLives(T + 30 days - 1, T), "too short");
    }

    function test_turn_endsWithTheBudget() external pure {
        Dispute memory d;
        d.turnedAt = uint40(T);
        for (uint8 i = uint8(State.WantRoot); i <= uint8(State.WantRefutation); ++i) {
            d.state = State(i);
            (Clocks.Side side, uint256 endsAt,) = Clocks.turn(d, T);
            bool providers = i <= uint8(State.WantOperands);
            vm.assertTrue(
                side == (providers ? Clocks.Side.Provider : Clocks.Side.Opener), "side"
            );
            vm.assertEq(endsAt, T + 3.5 days, "ends");
            (,, bool overdue) = Clocks.turn(d, endsAt);
            vm.assertTrue(!overdue, "last second");
            (,, overdue) = Clocks.turn(d, endsAt + 1);
            vm.assertTrue(overdue, "over");
        }
    }

    function test_turn_isNobodysInQueueAndAtTheEnd() external pure {
        Dispute memory d;
        State[4] memory states = [State.None, State.Queued, State.Convicted, State.Lapsed];
        for (uint256 i = 0; i < 4; ++i) {
            d.state = states[i];
            (Clocks.Side side,, bool overdue) = Clocks.turn(d, type(uint64).max);
            vm.assertTrue(side == Clocks.Side.Nobody && !overdue, "nobody");
        }
    }

    function test_turn_isSixHoursAtLeast() external pure {
        Dispute memory d;
        d.turnedAt = uint40(T);
        d.state = State.WantNodes;
        d.spentProvider = uint24(3.5 days - 6 hours);
        (, uint256 endsAt,) = Clocks.turn(d, T);
        vm.assertEq(endsAt, T + 6 hours, "just enough");
        d.spentProvider = uint24(3.5 days);
        (, endsAt,) = Clocks.turn(d, T);
        vm.assertEq(endsAt, T + 6 hours, "raised");
        d.spentProvider = uint24(3.5 days - 6 hours - 1);
        (, endsAt,) = Clocks.turn(d, T);
        vm.assertEq(endsAt, T + 6 hours + 1, "the rest");
    }

    /// cartesi/dave#275, bold#562: one side's time never touches the other's.
    function test_turn_chargesEachSideItsOwn() external pure {
        Dispute memory d;
        d.turnedAt = uint40(T);
        d.state = State.WantPick;
        d.spentProvider = uint24(3.5 days);
        (, uint256 endsAt,) = Clocks.turn(d, T);
        vm.assertEq(endsAt, T + 3.5 days, "the opener's budget is whole");
    }

    function test_spent_neverBeyondTheBudget() external pure {
        vm.assertEq(Clocks.spent(10, T, T + 5), 15, "sum");
        vm.assertEq(Clocks.spent(3.5 days, T, T + 6 hours), 3.5 days, "cap");
    }

    /// solEVM-enforcer#100: ten moves of each side, all in the last second.
    function test_turn_whenEverybodyWaitsUntilTheLastSecond() external pure {
        Dispute memory d;
        uint256 time = T;
        for (uint256 i = 0; i < 10; ++i) {
            for (uint256 side = 0; side < 2; ++side) {
                d.state = side == 0 ? State.WantNodes : State.WantPick;
                d.turnedAt = uint40(time);
                (, uint256 endsAt,) = Clocks.turn(d, time);
                if (side == 0) d.spentProvider = Clocks.spent(d.spentProvider, time, endsAt);
                else d.spentOpener = Clocks.spent(d.spentOpener, time, endsAt);
                time = endsAt;
            }
        }
        vm.assertLe(time - T, Clocks.DISPUTE_MAX, "12 days");
        vm.assertEq(Clocks.DISPUTE_MAX, 12 days, "12 days");
    }
}
