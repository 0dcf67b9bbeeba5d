// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A contract that says of every signature what its owner wants today.
contract Wallet1271 {
    uint256 private _mood;

    function become(uint256 mood) external {
        _mood = mood;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (_mood == 1) return 0x1626ba7e;
        if (_mood == 2) {
            while (true) {}
        }
        if (_mood == 3) {
            assembly {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 1000000)
            }
        }
        return 0;
    }
}
