// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A party that is a contract: it does what it is told, and takes no ether kindly, and
/// no question.
contract Refuser {
    uint256 private _mood;

    function become(uint256 mood) external {
        _mood = mood;
    }

    function act(address to, uint256 value, bytes calldata data)
        external
        payable
        returns (bytes memory)
    {
        (bool ok, bytes memory out) = to.call{value: value}(data);
        if (ok) return out;
        assembly ("memory-safe") {
            revert(add(out, 0x20), mload(out))
        }
    }

    receive() external payable {
        _react();
    }

    /// @dev As a verifier: never a yes. Mood 4 says two, which is none either.
    fallback() external {
        require(_mood != 0, "no");
        _react();
        assembly ("memory-safe") {
            mstore(0, 2)
            return(0, 0x20)
        }
    }

    function _react() private view {
        if (_mood == 1) revert("no");
        if (_mood == 2) {
            while (true) {}
        }
        if (_mood == 3) {
            assembly {
                return(0, 1000000)
            }
        }
    }
}
