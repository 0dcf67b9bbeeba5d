// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from
    "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEarnings} from "./interfaces/IEarnings.sol";

/// @title Earnings: tokens come in whole, and go out when their owner asks
/// @dev Shared by `Vouchers` and `Providers`. Whoever is owed tokens is credited and fetches them
/// himself, so that no payment to one account can hold up another's.
abstract contract Earnings is IEarnings, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IEarnings
    mapping(address account => mapping(address token => uint256)) public earned;

    /// @inheritdoc IEarnings
    function settle(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = earned[msg.sender][token];
        require(amount != 0, NothingToSettle());
        _checkRecipient(to);

        earned[msg.sender][token] = 0;
        emit Settled(msg.sender, token, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @dev Takes `amount` from the caller, and from nobody else. A token that keeps a fee would
    /// leave vouchers and bonds without backing, so it fails.
    function _receive(address token, uint256 amount) internal {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        require(received == amount, UnexpectedAmountReceived(amount, received));
    }

    function _checkRecipient(address to) internal view {
        require(to != address(0) && to != address(this), InvalidRecipient(to));
    }
}
