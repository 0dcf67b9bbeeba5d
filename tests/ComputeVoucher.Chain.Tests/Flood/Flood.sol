// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

struct Class {
    address token;
    uint128 unitPrice;
    uint64 expiry;
    uint32 thaw;
    uint32 window;
    uint16 premiumBps;
    uint16 burnBps;
    bytes32 costTable;
    address court;
}

struct Channel {
    address holder;
    address node;
    address spendKey;
    uint256 classId;
    bytes32 salt;
}

interface IVouchers {
    function mint(Class calldata, uint256, address) external returns (uint256, uint256);
    function open(Class calldata, Channel calldata, uint128) external returns (bytes32);
}

/// A stranger who opens channels in bulk: token, holder and opener in one.
contract Flood {
    mapping(address => uint256) public balanceOf;

    function transferFrom(address, address to, uint256 amount) external returns (bool) {
        balanceOf[to] += amount;
        return true;
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata)
        external pure returns (bytes4)
    {
        return 0xf23a6e61;
    }

    /// Units of a class whose worthless token is this contract.
    function mint(IVouchers vouchers, Class calldata terms, uint256 units) external {
        vouchers.mint(terms, units, address(this));
    }

    function open(
        IVouchers vouchers,
        Class calldata terms,
        uint256 classId,
        address node,
        uint256 from,
        uint256 count
    ) external {
        for (uint256 i = from; i < from + count; ++i) {
            vouchers.open(
                terms, Channel(address(this), node, address(1), classId, bytes32(i)), 1);
        }
    }
}
