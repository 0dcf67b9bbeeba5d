// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What accounts have earned, and how they are paid
/// @notice Part of `IVouchers` and of `IProviders`.
interface IEarnings {
    /// @notice What an account had earned was paid out.
    event Settled(
        address indexed account, address indexed token, address to, uint256 amount
    );

    /// @notice Nothing was earned in this token.
    error NothingToSettle();
    /// @notice Tokens would be sent where nobody can use them.
    error InvalidRecipient(address to);
    /// @notice The token moved another amount than it was asked to.
    error UnexpectedAmountReceived(uint256 expected, uint256 received);

    /// @notice Pays all that the caller has earned in `token` to `to`.
    function settle(address token, address to) external returns (uint256 amount);

    /// @notice Earned and not yet paid out: redemptions and refunds, or a reporter's rewards.
    function earned(address account, address token) external view returns (uint256);
}
