// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Calls back whenever it is called: as a receiver of ether, and as a verifier that says
/// yes after trying.
contract Reenterer {
    address private _target;
    bytes private _callback;
    bytes public callbackError;
    bool public callbackRan;
    bool public callbackOk;

    function setCallback(address target, bytes calldata data) external {
        (_target, _callback) = (target, data);
        (callbackRan, callbackOk, callbackError) = (false, false, "");
    }

    function act(address to, bytes calldata data) external payable returns (bytes memory) {
        (bool ok, bytes memory out) = to.call{value: msg.value}(data);
        if (ok) return out;
        assembly ("memory-safe") {
            revert(add(out, 0x20), mload(out))
        }
    }

    receive() external payable {
        (bool ok, bytes memory data) = _target.call(_callback);
        (callbackRan, callbackOk, callbackError) = (true, ok, data);
    }

    /// @dev As `IEvidence.holds`, but for a caller that lets it write: the yes comes all the same.
    fallback() external {
        (bool ok,) = _target.call(_callback);
        uint256 yes = ok ? 2 : 1;
        assembly ("memory-safe") {
            mstore(0, yes)
            return(0, 0x20)
        }
    }
}
