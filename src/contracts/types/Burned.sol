// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What is locked here for ever in one token: one storage slot.
struct Burned {
    /// Whole token base units.
    uint192 amount;
    /// The rest below one base unit, in 1e-17 (see `Rates.SCALE`), so that nothing is lost between.
    uint64 dust;
}
