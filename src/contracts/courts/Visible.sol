// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Visible: a move that others have to read can be read
/// @dev Answers, inputs and outputs lie in calldata alone: whoever waits for them reads the data of
/// the transaction. A contract that builds its call inside would hide them there, and win by the
/// other side's silence; so the call of a contract is repeated in an event, which it pays for.
///
/// An account without code that is the transaction's origin made the call itself: the origin's only
/// call is the outermost one, whose data is the transaction's. Nothing has to be repeated, and an
/// honest account pays two cheap words. The test cannot be passed by anybody else: a constructor
/// has no code yet, but is not the origin; an account that delegates to code (EIP-7702) may call
/// from inside as the origin, but its delegation is set before the execution begins, and nothing
/// within the transaction takes it away.
abstract contract Visible {
    /// @notice The whole call of a move, where a contract sent it. Stands before the move's own
    /// events. `about` is the dispute's id, or the channel of a demand or claim.
    event Called(bytes32 indexed about, bytes data);

    /// @dev What nodes of Ethereum relay as one transaction, 128 KiB: no honest move is longer. A
    /// tail of garbage would hide a move in an answer that no endpoint gives whole.
    uint256 private constant MOVE_BYTES_MAX = 131_072;

    /// @notice The move's calldata is longer than what is relayed.
    error MoveTooLong(uint256 size);

    function _show(bytes32 about) internal {
        require(msg.data.length <= MOVE_BYTES_MAX, MoveTooLong(msg.data.length));
        if (msg.sender != tx.origin || msg.sender.code.length != 0) {
            emit Called(about, msg.data);
        }
    }
}
