// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The committed trees: leaves of 128 bytes, four children, tags in front
/// @dev Indices and counts are below 2^32. A missing child is 32 zero bytes, so a path that says
/// anything else of one does not lead to the root of a canonical tree.
library Trees {
    /// @dev Bytes of a leaf.
    uint256 internal constant LEAF_BYTES = 128;
    /// @dev Root over no items.
    bytes32 internal constant EMPTY = 0;

    /// @dev The leaf that does not fill up its 128 bytes has something behind the tensor.
    error NotPadded();
    /// @dev The path has another length than the tree.
    error InvalidPath();

    /// @dev Leaves of a tensor of `size` bytes.
    function leaves(uint256 size) internal pure returns (uint256) {
        return (size + LEAF_BYTES - 1) / LEAF_BYTES;
    }

    /// @dev Levels above `count` items: 0 for one.
    function height(uint256 count) internal pure returns (uint256 levels) {
        for (; count > 1; count = (count + 3) / 4) ++levels;
    }

    /// @dev Nodes on a level over `count` items.
    function width(uint256 count, uint256 level) internal pure returns (uint256) {
        return (count + 4 ** level - 1) / 4 ** level;
    }

    /// @dev keccak(00 ‖ 128 bytes) at `offset` in `data`.
    function leaf(bytes calldata data, uint256 offset) internal pure returns (bytes32) {
        uint256 cursor;
        assembly ("memory-safe") {
            cursor := add(data.offset, offset)
        }
        return leaf(cursor);
    }

    /// @dev keccak(00 ‖ 128 bytes) of the calldata at `cursor`.
    function leaf(uint256 cursor) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore8(m, 0)
            calldatacopy(add(m, 1), cursor, 128)
            hash := keccak256(m, 129)
        }
    }

    /// @dev keccak(01 ‖ four children).
    function node(bytes32 a, bytes32 b, bytes32 c, bytes32 d)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore8(m, 1)
            mstore(add(m, 1), a)
            mstore(add(m, 33), b)
            mstore(add(m, 65), c)
            mstore(add(m, 97), d)
            hash := keccak256(m, 129)
        }
    }

    /// @dev Folds `nodes` in place, `levels` times; what is missing is zero. At least one node.
    function fold(bytes32[] memory nodes, uint256 levels) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let first := add(nodes, 32)
            let end := add(first, shl(5, mload(nodes)))
            let m := mload(0x40)
            mstore8(m, 1)
            for {} levels { levels := sub(levels, 1) } {
                let out := first
                for { let group := first } lt(group, end) { group := add(group, 128) } {
                    let size := sub(end, group)
                    switch lt(size, 128)
                    // Behind the end of calldata there are zeros.
                    case 1 { calldatacopy(add(m, 1), calldatasize(), 128) }
                    default { size := 128 }
                    mcopy(add(m, 1), group, size)
                    mstore(out, keccak256(m, 129))
                    out := add(out, 32)
                }
                end := out
            }
            hash := mload(first)
        }
    }

    /// @dev The root over all of `nodes`.
    function root(bytes32[] memory nodes) internal pure returns (bytes32) {
        return nodes.length == 0 ? EMPTY : fold(nodes, height(nodes.length));
    }

    /// @dev Climbs `levels` from a node at `position`; three siblings a level, left to right.
    function climb(bytes32 hash, uint256 position, uint256 levels, bytes32[] calldata siblings)
        internal
        pure
        returns (bytes32)
    {
        require(siblings.length == 3 * levels, InvalidPath());
        for (uint256 i = 0; i < levels; ++i) {
            hash = _parent(
                hash, position & 3, siblings[3 * i], siblings[3 * i + 1], siblings[3 * i + 2]
            );
            position >>= 2;
        }
        return hash;
    }

    function _parent(bytes32 hash, uint256 place, bytes32 a, bytes32 b, bytes32 c)
        private
        pure
        returns (bytes32)
    {
        if (place == 0) return node(hash, a, b, c);
        if (place == 1) return node(a, hash, b, c);
        if (place == 2) return node(a, b, hash, c);
        return node(a, b, c, hash);
    }

    /// @dev keccak(02 ‖ dtype, rank, dims ‖ root); `header` is the part between.
    function tensor(bytes memory header, bytes32 root_) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(2), header, root_));
    }

    /// @dev A list of `count` tensors.
    function list(uint256 count, bytes32 root_) internal pure returns (bytes32) {
        return counted(3, count, root_);
    }

    /// @dev keccak(tag ‖ count u32 little endian ‖ root): a list (03) or parameters (07).
    function counted(uint8 tag, uint256 count, bytes32 root_) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(tag, little(count), root_));
    }

    /// @dev Bytes of an element: Int32 2, UInt8 3, Int64 4, Int16 7, Int8 9.
    function bytesOf(uint8 dtype) internal pure returns (uint256) {
        if (dtype == 2) return 4;
        if (dtype == 4) return 8;
        return dtype == 7 ? 2 : 1;
    }

    /// @dev `value` as four bytes, little endian.
    function little(uint256 value) internal pure returns (bytes4) {
        value = (value & 0x00ff00ff) << 8 | (value >> 8) & 0x00ff00ff;
        return bytes4(uint32(value << 16 | value >> 16));
    }

    /// @dev The header of a tensor of one dimension.
    function row(uint8 dtype, uint256 length) internal pure returns (bytes memory) {
        return abi.encodePacked(dtype, uint8(1), little(length));
    }

    /// @dev Root over the leaves of whole bytes, the last one padded with zeros.
    function rootOf(bytes calldata data) internal pure returns (bytes32) {
        uint256 count = leaves(data.length);
        bytes32[] memory nodes = new bytes32[](count);
        uint256 whole = data.length / LEAF_BYTES;
        for (uint256 i = 0; i < whole; ++i) nodes[i] = leaf(data, i * LEAF_BYTES);
        if (whole != count) {
            bytes calldata rest = data[whole * LEAF_BYTES:];
            bytes memory padding = new bytes(LEAF_BYTES - rest.length);
            nodes[whole] = keccak256(abi.encodePacked(uint8(0), rest, padding));
        }
        return root(nodes);
    }

    /// @dev Nothing but zeros from byte `used` of the leaf at `offset` on.
    function checkPadding(bytes calldata data, uint256 offset, uint256 used) internal pure {
        // Word by word: byte by byte would cost more than all hashes of an answer.
        uint256 rest = 0;
        for (uint256 i = used & ~uint256(31); i < LEAF_BYTES; i += 32) {
            uint256 word = uint256(bytes32(data[offset + i:offset + i + 32]));
            rest |= i < used ? word << (8 * (used - i)) : word;
        }
        require(rest == 0, NotPadded());
    }
}
