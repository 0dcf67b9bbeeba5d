// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Who may spend how on whom. Its EIP-712 `hashStruct` is the channel id: addressed by what
/// it says, so a reorg cannot move a signature onto another channel.
struct Channel {
    /// Owns the locked units. May be a contract: it acts by transactions.
    address holder;
    /// The node key the units are locked to. ECDSA only.
    address node;
    /// Signs orders and acks. ECDSA only.
    address spendKey;
    /// The class whose units are locked.
    uint256 classId;
    /// Free choice; makes another channel between the same parties possible.
    bytes32 salt;
}

/// @notice What redemption reads and writes: one storage slot.
struct ChannelState {
    /// Units ever locked and not handed back; never above 2^63 - 1.
    uint128 locked;
    /// Units paid for and burned; monotone, never above `locked`.
    uint128 redeemed;
}

/// @notice What redemption does not need, kept out of its slot.
struct ChannelAux {
    /// Unix seconds from which the holder may withdraw; 0 = no thaw, `type(uint40).max` = closed.
    uint40 thawAt;
    /// Units that a court holds back from withdrawal.
    uint128 reserved;
    /// Unix seconds at which `reserved` lapses.
    uint40 reservedUntil;
}
