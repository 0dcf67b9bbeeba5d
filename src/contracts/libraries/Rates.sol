// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Class} from "../types/Class.sol";
import {Limits} from "./Limits.sol";

/// @title What a unit costs, pays and burns, as exact fractions
/// @dev A unit costs price / 1e9 plus the premium, premiumBps / 1e4 of that, of which burnBps / 1e4
/// is burned. Over the common denominator SCALE all three are whole numbers and
/// `total == provider + burn`, so no rounding can create or lose money between them.
/// Callers pass classes within bounds; then nothing here overflows: 2^64 * 2e8 < 2^92.
library Rates {
    /// @dev The denominator: 1e9 (price) * 1e4 (premiumBps) * 1e4 (burnBps).
    uint256 internal constant SCALE = 1e17;

    /// @dev What the buyer pays for a unit.
    function total(Class calldata class) internal pure returns (uint256) {
        return class.unitPrice * (Limits.BPS + class.premiumBps) * Limits.BPS;
    }

    /// @dev What the provider gets for a unit: the price and its part of the premium.
    function provider(Class calldata class) internal pure returns (uint256) {
        uint256 kept = class.premiumBps * (Limits.BPS - class.burnBps);
        return class.unitPrice * (Limits.BPS * Limits.BPS + kept);
    }

    /// @dev What redemption burns of a unit.
    function burn(Class calldata class) internal pure returns (uint256) {
        return uint256(class.unitPrice) * class.premiumBps * class.burnBps;
    }

    /// @dev What a unit is worth after the end: the price without the premium.
    function backing(Class calldata class) internal pure returns (uint256) {
        return class.unitPrice * Limits.BPS * Limits.BPS;
    }
}
