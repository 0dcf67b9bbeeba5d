// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

/// @notice A contract that receives vouchers: accepts, refuses or calls back, as told.
contract HostileReceiver is IERC1155Receiver {
    address private _target;
    bytes private _callback;
    bytes public callbackError;
    bool public callbackRan;
    bool public refuse;

    function setRefuse(bool yes) external {
        refuse = yes;
    }

    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _callback = data;
    }

    /// @notice Acts as a smart wallet.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory result) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata)
        external
        returns (bytes4)
    {
        _react();
        return IERC1155Receiver.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external returns (bytes4) {
        _react();
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function _react() private {
        require(!refuse, "refused");
        if (_target == address(0)) return;
        (bool ok, bytes memory data) = _target.call(_callback);
        callbackRan = true;
        if (!ok) callbackError = data;
    }
}
