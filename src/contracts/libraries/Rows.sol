// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The packed rows of a redemption
/// @dev A row is holder 20, spendKey 20, salt 32, cumUnits 16, nextSeq 8, signature 64 (EIP-2098:
/// r, then yParity and s), big endian, without gaps. A row can be read in one way only.
library Rows {
    /// @dev Bytes of a row.
    uint256 internal constant ROW_BYTES = 160;
    /// @dev Bytes of a record: channel id 32, units before 16, units after 16, nextSeq 8.
    uint256 internal constant RECORD_BYTES = 72;

    struct Row {
        address holder;
        address spendKey;
        bytes32 salt;
        uint128 cumUnits;
        uint64 nextSeq;
        bytes32 r;
        bytes32 vs;
    }

    /// @dev Reads row `index` into `row`, which the caller reuses for all rows. The caller has
    /// checked that `(index + 1) * ROW_BYTES <= rows.length`.
    function read(bytes calldata rows, uint256 index, Row memory row) internal pure {
        assembly ("memory-safe") {
            let p := add(rows.offset, mul(index, ROW_BYTES))
            mstore(row, shr(96, calldataload(p)))
            mstore(add(row, 0x20), shr(96, calldataload(add(p, 20))))
            mstore(add(row, 0x40), calldataload(add(p, 40)))
            mstore(add(row, 0x60), shr(128, calldataload(add(p, 72))))
            mstore(add(row, 0x80), shr(192, calldataload(add(p, 88))))
            mstore(add(row, 0xa0), calldataload(add(p, 96)))
            mstore(add(row, 0xc0), calldataload(add(p, 128)))
        }
    }

    /// @dev Writes record `index`, which the caller has checked to fit. The last store overlaps the
    /// one before it, with equal bytes, so that it ends where the record ends.
    function writeRecord(
        bytes memory records,
        uint256 index,
        bytes32 channelId,
        uint128 from,
        uint128 to,
        uint64 nextSeq
    ) internal pure {
        assembly ("memory-safe") {
            let p := add(add(records, 0x20), mul(index, RECORD_BYTES))
            mstore(p, channelId)
            mstore(add(p, 32), or(shl(128, from), shr(128, shl(128, to))))
            let tail := or(shr(64, shl(128, to)), shr(192, shl(192, nextSeq)))
            mstore(add(p, 40), or(shl(192, from), tail))
        }
    }

    /// @dev Record `index` of checked records by itself.
    function recordAt(bytes calldata records, uint256 index)
        internal
        pure
        returns (bytes calldata)
    {
        return records[index * RECORD_BYTES:][:RECORD_BYTES];
    }

    /// @dev Reads record `index` of checked records.
    function readRecord(bytes calldata records, uint256 index)
        internal
        pure
        returns (bytes32 channelId, uint128 from, uint128 to)
    {
        assembly ("memory-safe") {
            let p := add(records.offset, mul(index, RECORD_BYTES))
            channelId := calldataload(p)
            from := shr(128, calldataload(add(p, 32)))
            to := shr(128, calldataload(add(p, 48)))
        }
    }
}
