// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProviders} from "contracts/interfaces/IProviders.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";

/// @notice A court that does what anybody tells it: the hooks, and nothing else.
contract MockCourt {
    IVouchers private immutable _vouchers;
    IProviders private immutable _providers;

    constructor(IVouchers vouchers, IProviders providers) {
        _vouchers = vouchers;
        _providers = providers;
    }

    function reserve(Class calldata class, Channel calldata terms, uint128 units, uint40 until)
        external
    {
        _vouchers.reserve(class, terms, units, until);
    }

    function advance(Class calldata class, Channel calldata terms, uint128 cumUnits)
        external
        returns (uint256 batchId, uint256 paid)
    {
        return _vouchers.advance(class, terms, cumUnits);
    }

    function refund(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external {
        _vouchers.refund(class, terms, batchId, row, amount, records);
    }

    function split(
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        uint40 maturesAt,
        bytes calldata records
    ) external returns (uint256 newBatchId) {
        return _vouchers.split(class, terms, batchId, row, amount, maturesAt, records);
    }

    function slash(address node, address token, uint256 amount, address reporter)
        external
        returns (uint256 taken, uint256 reward)
    {
        return _providers.slash(node, token, amount, reporter);
    }
}
