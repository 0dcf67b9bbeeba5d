// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Constants of the protocol, computed by integer arithmetic alone: Tables.cs
library LlamaTables {
    /// @dev Entries of the table of exponentials, and steps of that of sigmoids.
    uint256 internal constant ENTRIES = 1024;
    /// @dev Of an entry.
    uint256 internal constant ENTRY_BYTES = 2;
    uint256 private constant BITS = 60;
    uint256 private constant ONE = 1 << BITS;
    uint256 private constant EXP_ONE = 32_767;
    uint256 private constant SIGMOID_ONE = 65_536;
    /// @dev Square roots of 1/2 down to 2^(−1/1024).
    uint256 private constant ROOTS = 10;

    /// @dev round(32767 · 2^(−i/1024)) for i < 1,024, then round(65536 / (1 + e^(−i/64))) − 32768
    /// for i ≤ 1,024: 16 bits each.
    function build() internal pure returns (bytes memory tables) {
        tables = new bytes(ENTRY_BYTES * (2 * ENTRIES + 1));
        uint256 step = ONE / 2;
        for (uint256 i = 0; i < ROOTS; ++i) step = Math.sqrt(step << BITS);
        uint256 power = ONE;
        for (uint256 i = 0; i < ENTRIES; ++i) {
            _write(tables, i, (EXP_ONE * power + ONE / 2) >> BITS);
            power = power * step >> BITS;
        }

        // e^(−1/64) by its alternating series.
        step = 0;
        uint256 k = 0;
        for (uint256 term = ONE; term != 0; term /= 64 * ++k) {
            if (k & 1 == 0) step += term;
            else step -= term;
        }
        power = ONE;
        for (uint256 i = 0; i <= ENTRIES; ++i) {
            uint256 entry = ((SIGMOID_ONE << (BITS + 1)) / (ONE + power) + 1) >> 1;
            _write(tables, ENTRIES + i, entry - SIGMOID_ONE / 2);
            power = power * step >> BITS;
        }
    }

    function _write(bytes memory tables, uint256 place, uint256 entry) private pure {
        tables[ENTRY_BYTES * place] = bytes1(uint8(entry >> 8));
        tables[ENTRY_BYTES * place + 1] = bytes1(uint8(entry));
    }
}
