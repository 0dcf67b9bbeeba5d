// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from
    "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title Fees: ether that pays for answers, credited and fetched
/// @dev Nobody is paid in passing: a receiver that reverts holds up nobody's verdict.
abstract contract Fees is ReentrancyGuardTransient {
    /// @dev Least price of gas that is prepaid: a base fee near zero must not make answers free.
    uint256 internal constant GAS_PRICE_MIN = 1 gwei;
    /// @dev An answer is prepaid at so many times the base fee of the day it is asked for, and paid
    /// at 5/4 of the base fee of the day it is given: what is left goes back.
    uint256 internal constant PREPAID = 4;

    /// @dev One word, so that the end of what was paid for writes none that was empty.
    struct Account {
        /// Wei that may be collected.
        uint128 credit;
        /// Prepayments of the account whose end is not there yet.
        uint128 deposits;
    }

    mapping(address account => Account) private _accounts;

    /// @notice What was credited was paid out.
    event Collected(address indexed account, address to, uint256 amount);

    /// @notice Nothing was credited.
    error NothingCredited();
    /// @notice The receiver refused the ether.
    error PaymentRefused(address to);

    /// @notice Pays all that the caller was credited with to `to`.
    function collect(address to) external nonReentrant returns (uint256 amount) {
        Account storage a = _accounts[msg.sender];
        amount = a.credit;
        require(amount != 0, NothingCredited());
        a.credit = 0;
        emit Collected(msg.sender, to, amount);
        (bool ok,) = to.call{value: amount}("");
        require(ok, PaymentRefused(to));
    }

    /// @notice Wei that an account may collect.
    function credit(address account) external view returns (uint256) {
        return _accounts[account].credit;
    }

    /// @notice Wei to prepay for an answer of `gasUnits` now.
    function prepaid(uint256 gasUnits) public view returns (uint256) {
        return PREPAID * gasUnits * _gasPrice();
    }

    /// @dev Counts a prepayment of the account in, and credits it with what was too much.
    function _hold(address account, uint256 excess) internal {
        Account storage a = _accounts[account];
        (a.credit, a.deposits) = (a.credit + uint128(excess), a.deposits + 1);
    }

    /// @dev Ends a prepayment of the account: `rest` of it goes back.
    function _release(address account, uint256 rest) internal {
        Account storage a = _accounts[account];
        (a.credit, a.deposits) = (a.credit + uint128(rest), a.deposits - 1);
    }

    /// @dev Credits an answer.
    function _pay(address account, uint256 amount) internal {
        _accounts[account].credit += uint128(amount);
    }

    /// @dev What an answer of `gasUnits` given now has earned, out of `deposit`.
    function _earns(uint256 gasUnits, uint256 deposit) internal view returns (uint256) {
        uint256 price = gasUnits * _gasPrice() * 5 / 4;
        return price < deposit ? price : deposit;
    }

    function _gasPrice() private view returns (uint256) {
        return block.basefee < GAS_PRICE_MIN ? GAS_PRICE_MIN : block.basefee;
    }
}
