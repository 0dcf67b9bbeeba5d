// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bytes stored as the code of contracts that do nothing
/// @dev A page begins with 00, the instruction STOP, so that a call to it ends at once.
library Pages {
    /// @dev Bytes of a full page: the code limit of EIP-170, less the 00 in front.
    uint256 internal constant PAGE_BYTES = 24_575;
    /// @dev PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN.
    uint256 private constant CREATOR_BYTES = 10;

    /// @dev A page holds 1 to 24,575 bytes.
    error InvalidLength(uint256 length);
    /// @dev The code could not be created.
    error NotStored();

    /// @dev Stores one page.
    function write(bytes memory data) internal returns (address page) {
        require(data.length != 0 && data.length <= PAGE_BYTES, InvalidLength(data.length));
        bytes memory code = abi.encodePacked(
            hex"61", uint16(data.length + 1), hex"80600a3d393df3", uint8(0), data
        );
        assembly ("memory-safe") {
            page := create(0, add(code, 32), mload(code))
        }
        require(page != address(0), NotStored());
    }

    /// @dev Bytes of a page.
    function length(address page) internal view returns (uint256) {
        return page.code.length - 1;
    }

    /// @dev All pages, one behind the other.
    function readAll(address[] memory pages) internal view returns (bytes memory all) {
        uint256 total = 0;
        for (uint256 i = 0; i < pages.length; ++i) total += length(pages[i]);
        all = new bytes(total);
        uint256 cursor = 0;
        for (uint256 i = 0; i < pages.length; ++i) {
            uint256 part = length(pages[i]);
            _copy(pages[i], 0, part, all, cursor);
            cursor += part;
        }
    }

    /// @dev `count` bytes from `from` on, which the pages have, over at most one border between
    /// them.
    function read(address[] storage pages, uint256 from, uint256 count)
        internal
        view
        returns (bytes memory data)
    {
        data = new bytes(count);
        uint256 page = from / PAGE_BYTES;
        uint256 skip = from % PAGE_BYTES;
        uint256 part = PAGE_BYTES - skip < count ? PAGE_BYTES - skip : count;
        _copy(_at(pages, page), skip, part, data, 0);
        if (part < count) _copy(_at(pages, page + 1), 0, count - part, data, part);
    }

    /// @dev Without a look at their number: whoever reads of what was admitted stays within it.
    function _at(address[] storage pages, uint256 page) private view returns (address found) {
        assembly ("memory-safe") {
            mstore(0, pages.slot)
            found := sload(add(keccak256(0, 32), page))
        }
    }

    function _copy(address page, uint256 from, uint256 count, bytes memory into, uint256 cursor)
        private
        view
    {
        assembly ("memory-safe") {
            extcodecopy(page, add(add(into, 32), cursor), add(from, 1), count)
        }
    }
}
