// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";

/// @title EIP-712 `hashStruct` of the types that the contracts check
/// @dev The strings are frozen: a change breaks every client. Off-chain code has the same vectors.
library SignedTypes {
    bytes32 internal constant CLASS_TYPEHASH = keccak256(
        "Class(address token,uint128 unitPrice,uint64 expiry,uint32 thaw,uint32 window,"
        "uint16 premiumBps,uint16 burnBps,bytes32 costTable,address court)"
    );
    bytes32 internal constant CHANNEL_TYPEHASH = keccak256(
        "Channel(address holder,address node,address spendKey,uint256 classId,bytes32 salt)"
    );
    bytes32 internal constant NODE_JOIN_TYPEHASH = keccak256("NodeJoin(address provider)");
    bytes32 internal constant ACK_TYPEHASH =
        keccak256("Ack(bytes32 channel,uint128 cumUnits,uint64 nextSeq)");
    bytes32 internal constant RELEASE_TYPEHASH =
        keccak256("Release(bytes32 channel,uint128 cumUnits)");

    function hashClass(Class calldata class) internal pure returns (bytes32) {
        return keccak256(abi.encode(CLASS_TYPEHASH, class));
    }

    function hashChannel(Channel calldata terms) internal pure returns (bytes32) {
        return hashChannel(
            terms.holder, terms.node, terms.spendKey, terms.classId, terms.salt
        );
    }

    /// @dev By hand, beyond the free memory pointer: a batch does this 256 times, and encoding into
    /// fresh memory each time would make the last rows pay for the memory of the first.
    function hashChannel(
        address holder,
        address node,
        address spendKey,
        uint256 classId,
        bytes32 salt
    ) internal pure returns (bytes32 hash) {
        bytes32 typeHash = CHANNEL_TYPEHASH;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            mstore(add(p, 0x20), shr(96, shl(96, holder)))
            mstore(add(p, 0x40), shr(96, shl(96, node)))
            mstore(add(p, 0x60), shr(96, shl(96, spendKey)))
            mstore(add(p, 0x80), classId)
            mstore(add(p, 0xa0), salt)
            hash := keccak256(p, 0xc0)
        }
    }

    function hashNodeJoin(address provider) internal pure returns (bytes32) {
        return keccak256(abi.encode(NODE_JOIN_TYPEHASH, provider));
    }

    /// @dev By hand for the same reason as `hashChannel`.
    function hashAck(bytes32 channel, uint128 cumUnits, uint64 nextSeq)
        internal
        pure
        returns (bytes32 hash)
    {
        bytes32 typeHash = ACK_TYPEHASH;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            mstore(add(p, 0x20), channel)
            mstore(add(p, 0x40), shr(128, shl(128, cumUnits)))
            mstore(add(p, 0x60), shr(192, shl(192, nextSeq)))
            hash := keccak256(p, 0x80)
        }
    }

    function hashRelease(bytes32 channel, uint128 cumUnits) internal pure returns (bytes32) {
        return keccak256(abi.encode(RELEASE_TYPEHASH, channel, cumUnits));
    }
}
