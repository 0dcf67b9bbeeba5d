// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Every bound of the contracts, with its unit and its reason
library Limits {
    /// @dev The longest a node lets an order run, in seconds. Not longer than the shortest thaw: an
    /// order accepted before a thaw must be redeemable before the thaw ends.
    uint256 internal constant ORDER_HORIZON = 3 days;

    /// @dev Seconds after a class's expiry in which it can still be redeemed. As long as the
    /// longest thaw, so that no expiry cuts a thaw short for the node.
    uint256 internal constant REDEEM_GRACE = 30 days;

    /// @dev Shortest thaw in seconds: a sequencer outage or a weekend must not cost a node its pay.
    uint256 internal constant THAW_MIN = 3 days;
    /// @dev Longest thaw in seconds: a holder gets unspent units back within a month.
    uint256 internal constant THAW_MAX = 30 days;
    /// @dev Longest dispute window in seconds: a provider is paid within about a month.
    uint256 internal constant WINDOW_MAX = 30 days;
    /// @dev Seconds after the end of redemption in which a court can still hold units back and
    /// redeem them: an order may run up to that end, and a claim for it comes within so many days.
    uint256 internal constant COURT_GRACE = 3 days;
    /// @dev Seconds after its first maturity by which a court may put off what a row paid. A
    /// dispute that is opened in time ends within 26 days of the order's deadline.
    uint256 internal constant DEFERRAL_MAX = 30 days;
    /// @dev Furthest expiry from the first mint, in seconds.
    uint256 internal constant EXPIRY_MAX = 5 * 365 days;

    /// @dev Highest price in token base units per 1e9 units. With `SUPPLY_MAX` and `Rates` every
    /// product stays below 2^220.
    uint256 internal constant UNIT_PRICE_MAX = 2 ** 64;
    /// @dev Units a class may ever mint.
    uint256 internal constant SUPPLY_MAX = type(uint128).max;
    /// @dev Units of one channel: they stay exact in a signed 64-bit number everywhere.
    uint256 internal constant CHANNEL_UNITS_MAX = 2 ** 63 - 1;
    /// @dev 100 % in basis points.
    uint256 internal constant BPS = 10_000;

    /// @dev Least share of a slash that is burned, in basis points: a provider that slashes itself
    /// through a friendly reporter still loses this much.
    uint256 internal constant SLASH_BURN_BPS = 8_000;

    /// @dev Rows in one redemption: one bit each in a word, about 3.5 M gas when full.
    uint256 internal constant BATCH_ROWS_MAX = 256;
}
