// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Multiproofs of the 4-ary trees: several known nodes, one stream of siblings
/// @dev leaf = keccak(00 ‖ 128 bytes), node = keccak(01 ‖ 4 children); a level of n items has
/// ⌈n/4⌉ parents until one is left. A missing child is never taken from the stream: it is zero, so
/// no other than the canonical tree verifies.
library Merkle {
    /// @notice The root above known nodes. Both arrays are used up.
    /// @param places Places of the known nodes: at least one, strictly rising, below `count`.
    /// @param hashes Their hashes.
    /// @param count Items of the level.
    /// @param cursor Place in calldata of the siblings: level by level from below, left to right.
    /// @return root The root.
    /// @return end Behind the last sibling; the caller checks that it stays within its bytes.
    function rootOf(uint256[] memory places, bytes32[] memory hashes, uint256 count, uint256 cursor)
        internal
        pure
        returns (bytes32 root, uint256 end)
    {
        assembly ("memory-safe") {
            let known := mload(places)
            let ps := add(places, 32)
            let hs := add(hashes, 32)
            let m := mload(0x40)
            mstore8(m, 1)
            for {} and(gt(count, 1), gt(known, 1)) {} {
                let out := 0
                let i := 0
                for {} lt(i, known) {} {
                    let group := shr(2, mload(add(ps, shl(5, i))))
                    let first := shl(2, group)
                    for { let k := 0 } lt(k, 4) { k := add(k, 1) } {
                        let hash := 0
                        let place := add(first, k)
                        switch and(lt(i, known), eq(mload(add(ps, shl(5, i))), place))
                        case 1 {
                            hash := mload(add(hs, shl(5, i)))
                            i := add(i, 1)
                        }
                        default {
                            if lt(place, count) {
                                hash := calldataload(cursor)
                                cursor := add(cursor, 32)
                            }
                        }
                        mstore(add(add(m, 1), shl(5, k)), hash)
                    }
                    mstore(add(hs, shl(5, out)), keccak256(m, 129))
                    mstore(add(ps, shl(5, out)), group)
                    out := add(out, 1)
                }
                known := out
                count := shr(2, add(count, 3))
            }
            root := mload(hs)
            // One node is left: its siblings stand side by side.
            let place := mload(ps)
            for { let children := add(m, 1) } gt(count, 1) {} {
                let first := and(place, not(3))
                let left := shl(5, sub(place, first))
                let all := sub(count, first)
                if gt(all, 3) { all := 4 }
                all := shl(5, all)
                // Zeros where the group ends early, before anything is copied over them.
                if lt(all, 128) { calldatacopy(children, calldatasize(), 128) }
                calldatacopy(children, cursor, left)
                mstore(add(children, left), root)
                calldatacopy(
                    add(children, add(left, 32)), add(cursor, left), sub(sub(all, 32), left)
                )
                cursor := add(cursor, sub(all, 32))
                root := keccak256(m, 129)
                place := shr(2, place)
                count := shr(2, add(count, 3))
            }
        }
        end = cursor;
    }
}
