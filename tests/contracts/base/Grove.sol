// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The committed trees written a second time, slowly: what a prover holds in memory.
library Grove {
    function leaf(bytes memory data, uint256 index) internal pure returns (bytes memory out) {
        out = new bytes(128);
        for (uint256 i = 0; i < 128; i += 32) {
            uint256 rest = data.length > 128 * index + i ? data.length - 128 * index - i : 0;
            bytes32 mask = rest < 32 ? ~(bytes32(type(uint256).max) >> (8 * rest)) : ~bytes32(0);
            assembly ("memory-safe") {
                let word := mload(add(add(data, 0x20), add(mul(index, 128), i)))
                mstore(add(add(out, 0x20), i), and(word, mask))
            }
        }
    }

    /// @dev All nodes of a level above the leaves of `data`.
    function nodes(bytes memory data, uint256 level) internal pure returns (bytes32[] memory) {
        bytes32[] memory items = new bytes32[]((data.length + 127) / 128);
        for (uint256 i = 0; i < items.length; ++i) {
            items[i] = keccak256(abi.encodePacked(uint8(0), leaf(data, i)));
        }
        return above(items, level);
    }

    function above(bytes32[] memory items, uint256 level)
        internal
        pure
        returns (bytes32[] memory)
    {
        for (; level != 0; --level) {
            bytes32[] memory up = new bytes32[]((items.length + 3) / 4);
            for (uint256 i = 0; i < up.length; ++i) {
                bytes32[4] memory four;
                for (uint256 k = 0; k < 4 && 4 * i + k < items.length; ++k) {
                    four[k] = items[4 * i + k];
                }
                up[i] = keccak256(abi.encodePacked(uint8(1), four));
            }
            items = up;
        }
        return items;
    }

    function height(uint256 count) internal pure returns (uint256 levels) {
        for (; count > 1; count = (count + 3) / 4) ++levels;
    }

    function root(bytes32[] memory items) internal pure returns (bytes32) {
        return items.length == 0 ? bytes32(0) : above(items, height(items.length))[0];
    }

    /// @dev Siblings of `position` from the level of `items` up, `levels` times three.
    function path(bytes32[] memory items, uint256 position, uint256 levels)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        siblings = new bytes32[](3 * levels);
        uint256 n = 0;
        for (uint256 level = 0; level < levels; ++level) {
            uint256 first = position & ~uint256(3);
            for (uint256 k = first; k < first + 4; ++k) {
                if (k != position) siblings[n++] = k < items.length ? items[k] : bytes32(0);
            }
            items = above(items, 1);
            position /= 4;
        }
    }

    function little(uint256 value) internal pure returns (bytes4) {
        return bytes4(
            abi.encodePacked(
                uint8(value), uint8(value >> 8), uint8(value >> 16), uint8(value >> 24)
            )
        );
    }

    function tensor(uint8 dtype, uint256 length, bytes memory data)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(uint8(2), dtype, uint8(1), little(length), root(nodes(data, 0)))
        );
    }

    function list(bytes32[] memory tensors) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(3), little(tensors.length), root(tensors)));
    }

    /// @dev The nodes that stand `levels` below the node (level, position), in a row.
    function below(bytes32[] memory items, uint256 level, uint256 position, uint256 levels)
        internal
        pure
        returns (bytes memory out)
    {
        bytes32[] memory row = above(items, level - levels);
        uint256 first = position << (2 * levels);
        for (uint256 i = first; i < row.length && i < first + (1 << (2 * levels)); ++i) {
            out = abi.encodePacked(out, row[i]);
        }
    }
}
