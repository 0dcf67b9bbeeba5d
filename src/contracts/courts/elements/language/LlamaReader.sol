// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Trees} from "../../Trees.sol";
import {Llama, Model} from "./Llama.sol";
import {Layout, LlamaTrace, Site} from "./LlamaTrace.sol";

/// @notice Leaves of 128 bytes that were opened. Places are in calldata.
struct Leaves {
    uint256 count;
    /// Their indices, 4 bytes each, rising.
    uint256 indices;
    /// Their bytes, one leaf behind the other.
    uint256 data;
}

/// @notice What the record says beside its layout.
struct Sampling {
    uint256 newTokensMax;
    /// Q.16.
    uint256 temperature;
    /// Q.16.
    uint256 topP;
    uint256 seed;
}

/// @notice All that the definition of one element may look at.
struct Reader {
    Model model;
    Layout plan;
    Sampling sampling;
    Leaves record;
    /// List indices of the tensors that were opened, rising, and their leaves.
    uint256[] tensors;
    Leaves[] opened;
    /// Places of the parameter rows that were opened, rising, and their leaves.
    uint256[] rows;
    Leaves[] rowLeaves;
    /// The table that the operator reads: 16 bits an entry.
    bytes table;
    /// Something was read that no honest run commits to.
    bool isRefuted;
    /// Rope and its scalars are claimed: their values stand in calldata.
    bool isClaimed;
    /// Next claimed value in calldata, and their end.
    uint256 next;
    uint256 end;
    /// Claimed values before the one that is refuted, and that one.
    uint256 wanted;
    Site foundAt;
    uint256 foundElement;
    int256 foundValue;
    bool isFound;
}

/// @title Committed elements and parameters: TraceReader.cs
/// @dev A committed number that no honest run has refutes the trace; a small one stands in for it,
/// so that the definition goes on as it does in C#.
library LlamaReader {
    /// @dev Every committed number stays below it.
    int256 private constant NUMBER_MAX = 1 << 62;
    /// @dev Exponents of numbers below 2^62 are at most 47.
    int256 private constant EXPONENTS = 48;

    /// @dev The definition reads a leaf that is not open.
    error NotOpen();
    /// @dev Fewer values were claimed than the definition reads.
    error ValuesMissing();

    function refuteUnless(Reader memory r, bool honest) internal pure {
        if (!honest) r.isRefuted = true;
    }

    /// @dev The value, where 0 ≤ value < limit; else the trace is refuted, and it is 0.
    function within(Reader memory r, int256 value, int256 limit) internal pure returns (uint256) {
        if (value >= 0 && value < limit) return uint256(value);
        r.isRefuted = true;
        return 0;
    }

    /// @dev A tensor of the same position and layer.
    function to(Site memory site, uint256 tensor) internal pure returns (Site memory) {
        return Site({tensor: tensor, position: site.position, layer: site.layer});
    }

    /// @dev A tensor of another position of the same layer.
    function to(Site memory site, uint256 tensor, uint256 position)
        internal
        pure
        returns (Site memory)
    {
        return Site({tensor: tensor, position: position, layer: site.layer});
    }

    /// @dev One committed element.
    function get(Reader memory r, Site memory site, uint256 element)
        internal
        pure
        returns (int256 value)
    {
        uint256 dtype = LlamaTrace.typeOf(r.model, site.tensor);
        return small(r, numberAt(spanOf(r, site, dtype, element, 1), dtype));
    }

    /// @dev The value, where an honest run could commit to it; else the trace is refuted, and it
    /// is 0.
    function small(Reader memory r, int256 value) internal pure returns (int256) {
        if (value > -NUMBER_MAX && value < NUMBER_MAX) return value;
        r.isRefuted = true;
        return 0;
    }

    /// @dev Where the next claimed values stand in calldata, big endian: those of one element at as
    /// many positions, from the site's on. Remembers the one that is to be refuted.
    function claim(
        Reader memory r,
        Site memory site,
        uint256 element,
        uint256 count,
        uint256 size
    ) internal pure returns (uint256 cursor) {
        unchecked {
            cursor = r.next;
            r.next = cursor + size * count;
            require(r.next <= r.end, ValuesMissing());
            if (r.isFound) return cursor;
            if (r.wanted >= count) {
                r.wanted -= count;
                return cursor;
            }
            uint256 found = cursor + size * r.wanted;
            int256 value;
            assembly ("memory-safe") {
                value := sar(sub(256, shl(3, size)), calldataload(found))
            }
            site.position += r.wanted;
            (r.isFound, r.foundAt, r.foundElement) = (true, site, element);
            r.foundValue = value;
        }
    }

    /// @dev A scalar of a row, from the tensor before it.
    function scalar(Reader memory r, Site memory row, uint256 kind, uint256 part)
        internal
        pure
        returns (int256)
    {
        return get(
            r, to(row, row.tensor - 1), LlamaTrace.scalarOf(r.model, row.tensor, kind, part)
        );
    }

    /// @dev Exponent of a committed int16 row.
    function exponent(Reader memory r, Site memory row, uint256 head)
        internal
        pure
        returns (uint256)
    {
        return within(r, scalar(r, row, LlamaTrace.ROW_EXPONENT, head), EXPONENTS);
    }

    /// @dev Where the numbers stand that a norm reads, and that its block adds to.
    function residualOf(Reader memory r, Site memory norm) internal pure returns (Site memory) {
        if (norm.tensor == LlamaTrace.FINAL_NORM) {
            return Site({
                tensor: LlamaTrace.FEED_FORWARD,
                position: norm.position,
                layer: r.model.layers - 1
            });
        }
        if (norm.tensor == LlamaTrace.FEED_FORWARD_NORM) return to(norm, LlamaTrace.ATTENTION);
        if (norm.layer == 0) return to(norm, LlamaTrace.EMBED);
        return Site({
            tensor: LlamaTrace.FEED_FORWARD,
            position: norm.position,
            layer: norm.layer - 1
        });
    }

    /// @dev x before a norm.
    function residual(Reader memory r, Site memory norm, uint256 element)
        internal
        pure
        returns (int256)
    {
        return get(r, residualOf(r, norm), element);
    }

    /// @dev Place in calldata of so many adjacent committed elements, all of them open.
    function spanOf(Reader memory r, Site memory site, uint256 element, uint256 count)
        internal
        pure
        returns (uint256)
    {
        return spanOf(r, site, LlamaTrace.typeOf(r.model, site.tensor), element, count);
    }

    function spanOf(
        Reader memory r,
        Site memory site,
        uint256 dtype,
        uint256 element,
        uint256 count
    ) internal pure returns (uint256) {
        uint256 index = LlamaTrace.indexOf(r.model, r.plan, site);
        uint256 size = Trees.bytesOf(uint8(dtype));
        return openedAt(r.opened[_find(r.tensors, index)], size * element, size * count);
    }

    /// @dev Place in calldata of bytes of a parameter row.
    function rowSpan(
        Reader memory r,
        uint256 id,
        uint256 layer,
        uint256 row,
        uint256 from,
        uint256 length
    ) internal pure returns (uint256) {
        return openedAt(rowLeavesOf(r, id, layer, row), from, length);
    }

    function rowLeavesOf(Reader memory r, uint256 id, uint256 layer, uint256 row)
        internal
        pure
        returns (Leaves memory)
    {
        uint256 index = Llama.placeOf(r.model, id, layer, row);
        return r.rowLeaves[_find(r.rows, index)];
    }

    /// @dev weight · 2^24 of one column.
    function weight(Reader memory r, uint256 id, uint256 layer, uint256 row, uint256 column)
        internal
        pure
        returns (int256)
    {
        unchecked {
            uint256 form = Llama.kindOf(r.model, id, layer);
            uint256 size = Llama.cellBytes(form);
            uint256 cell =
                rowSpan(r, id, layer, row, column / Llama.CELL_COLUMNS * size, size);
            column %= Llama.CELL_COLUMNS;
            uint256 quants = cell + size;
            int256 quant;
            if (Llama.isNibbles(form)) {
                uint256 pair = _byte(quants - 16 + column % 16);
                quant = int256((column < 16 ? pair : pair >> 4) & 15);
                if (form == Llama.INT4) quant -= 8;
            } else {
                uint256 value = _byte(quants - 32 + column);
                assembly ("memory-safe") {
                    quant := signextend(0, value)
                }
            }
            if (form == Llama.INT8_HALF && column >= 16) cell += 4;
            int256 exact = quant * numberAt(cell, LlamaTrace.INT32);
            return form == Llama.INT4_OFFSET
                ? exact - numberAt(cell + 4, LlamaTrace.INT32)
                : exact;
        }
    }

    /// @dev A gain of a norm.
    function gain(Reader memory r, uint256 id, uint256 layer, uint256 index)
        internal
        pure
        returns (int256)
    {
        return numberAt(rowSpan(r, id, layer, 0, 2 * index, 2), LlamaTrace.INT16);
    }

    /// @dev Cosine or sine of a position in Q.15.
    function rotary(Reader memory r, uint256 position, uint256 index)
        internal
        pure
        returns (int256)
    {
        return numberAt(
            rowSpan(r, Llama.ROTARY, 0, position, 4 * index, 4), LlamaTrace.INT32
        );
    }

    /// @dev A byte of the record that was ordered.
    function ordered(Reader memory r, uint256 index) internal pure returns (int256) {
        return int256(_byte(openedAt(r.record, index, 1)));
    }

    /// @dev An entry of the table.
    function entryOf(Reader memory r, uint256 index) internal pure returns (uint256 entry) {
        bytes memory table = r.table;
        assembly ("memory-safe") {
            entry := shr(240, mload(add(add(table, 32), shl(1, index))))
        }
    }

    /// @dev The number of this type at a place in calldata, little endian.
    function numberAt(uint256 cursor, uint256 dtype) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            function turn16(v) -> w {
                w := or(shl(8, and(v, 0x00ff00ff00ff00ff)), and(shr(8, v), 0x00ff00ff00ff00ff))
            }
            let word := calldataload(cursor)
            switch dtype
            case 2 {
                let v := turn16(shr(224, word))
                value := signextend(3, or(shl(16, v), shr(16, v)))
            }
            case 3 { value := shr(248, word) }
            case 7 { value := signextend(1, turn16(shr(240, word))) }
            default {
                let v := turn16(shr(192, word))
                v := or(shl(16, and(v, 0x0000ffff0000ffff)), and(shr(16, v), 0x0000ffff0000ffff))
                value := signextend(7, or(shl(32, v), shr(32, v)))
            }
        }
    }

    /// @dev Where opened bytes stand in calldata. Indices rise, so leaves between two that stand
    /// as far apart as their indices say are all there, one behind the other.
    function openedAt(Leaves memory o, uint256 from, uint256 length)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 first = from / Trees.LEAF_BYTES;
            uint256 last = (from + length - 1) / Trees.LEAF_BYTES;
            uint256 low = 0;
            uint256 high = o.count - 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (indexAt(o, middle) < first) low = middle + 1;
                else high = middle;
            }
            high = low + last - first;
            require(
                high < o.count && indexAt(o, low) == first && indexAt(o, high) == last, NotOpen()
            );
            return o.data + Trees.LEAF_BYTES * low + from % Trees.LEAF_BYTES;
        }
    }

    function indexAt(Leaves memory o, uint256 place) internal pure returns (uint256 index) {
        unchecked {
            uint256 cursor = o.indices + 4 * place;
            assembly ("memory-safe") {
                index := shr(224, calldataload(cursor))
            }
        }
    }

    /// @dev Place of a value among rising ones.
    function _find(uint256[] memory values, uint256 wanted) private pure returns (uint256 low) {
        unchecked {
            uint256 high = values.length;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (values[middle] < wanted) low = middle + 1;
                else high = middle;
            }
            require(low < values.length && values[low] == wanted, NotOpen());
        }
    }

    function _byte(uint256 cursor) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(248, calldataload(cursor))
        }
    }
}
