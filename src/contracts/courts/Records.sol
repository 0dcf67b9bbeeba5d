// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Trees} from "./Trees.sol";

/// @title The input record of a language model, opened leaf by leaf
/// @dev One UInt8 tensor: tag 8, version 1, then little endian the tokens of the prompt (at 4), the
/// most new tokens (8), the end tokens (12), top k (20); from 36 on the ids, then the end tokens.
library Records {
    /// @dev Bytes before the prompt.
    uint256 internal constant HEAD = 36;
    /// @dev Tokens of a prompt: far above every context, so that no length overflows.
    uint256 internal constant PROMPT_MAX = 2 ** 24;
    /// @dev End tokens that a record may have.
    uint256 internal constant ENDS_MAX = 16;
    uint8 internal constant UINT8 = 3;

    /// @dev One leaf with its path to the tensor's root.
    struct Opening {
        uint32 index;
        bytes leaf;
        bytes32[] siblings;
    }

    struct Record {
        uint32 prompt;
        uint32 newTokensMax;
        uint32 ends;
        uint32 topK;
    }

    /// @dev The openings do not lead to the input root, or the record is none.
    error InvalidRecord();

    /// @dev Reads the head; `first` has to be leaf 0.
    function read(bytes32 inputRoot, Opening calldata first)
        internal
        pure
        returns (Record memory r)
    {
        require(first.index == 0 && first.leaf.length == Trees.LEAF_BYTES, InvalidRecord());
        require(uint16(bytes2(first.leaf[:2])) == 0x0801, InvalidRecord());
        r.prompt = word(first.leaf, 4);
        r.newTokensMax = word(first.leaf, 8);
        r.ends = word(first.leaf, 12);
        r.topK = word(first.leaf, 20);
        require(r.prompt <= PROMPT_MAX && r.ends <= ENDS_MAX, InvalidRecord());
        check(inputRoot, r, first);
    }

    /// @dev The leaf is one of the record's.
    function check(bytes32 inputRoot, Record memory r, Opening calldata o) internal pure {
        uint256 size = HEAD + 4 * uint256(r.prompt) + 4 * uint256(r.ends);
        uint256 count = Trees.leaves(size);
        require(o.index < count && o.leaf.length == Trees.LEAF_BYTES, InvalidRecord());
        bytes32 root =
            Trees.climb(Trees.leaf(o.leaf, 0), o.index, Trees.height(count), o.siblings);
        bytes32 found = Trees.list(1, Trees.tensor(Trees.row(UINT8, size), root));
        require(found == inputRoot, InvalidRecord());
    }

    /// @dev The end token of number `i`, out of leaves that were checked.
    function endToken(Record memory r, uint256 i, Opening[] calldata opened)
        internal
        pure
        returns (uint32)
    {
        uint256 place = HEAD + 4 * (uint256(r.prompt) + i);
        for (uint256 j = 0; j < opened.length; ++j) {
            if (opened[j].index == place / Trees.LEAF_BYTES) {
                return word(opened[j].leaf, place % Trees.LEAF_BYTES);
            }
        }
        revert InvalidRecord();
    }

    /// @dev Four bytes at `place`, little endian.
    function word(bytes calldata data, uint256 place) internal pure returns (uint32) {
        return uint32(Trees.little(uint32(bytes4(data[place:place + 4]))));
    }
}
