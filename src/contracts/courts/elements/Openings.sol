// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGraphs} from "../../interfaces/IGraphs.sol";
import {GraphSite} from "../../types/GraphSite.sol";
import {Architecture, Op, Tensor} from "./Architecture.sol";
import {Merkle} from "./Merkle.sol";
import {Trees} from "../Trees.sol";

/// @notice The operator whose element is judged, and what its openings are proven against.
struct Subject {
    IGraphs graphs;
    bytes32 modelRoot;
    bytes32 traceRoot;
    GraphSite site;
    Op op;
}

/// @notice Leaves of one tensor that were opened. Places are in calldata.
struct Section {
    /// Place of the tensor in the trace.
    uint256 tensor;
    /// Leaves opened.
    uint256 count;
    /// Their indices, 4 bytes each.
    uint256 indices;
    /// Their bytes, 128 each.
    uint256 leaves;
    /// Which of them was read last: definitions mostly read on to the right.
    uint256 slot;
}

/// @notice Where a definition reads its operands.
enum Source {
    /// The leaves that were opened.
    Opened,
    /// The values that the provider posted, one behind the other.
    Posted,
    /// Nowhere: the definition runs to find out which element number `wanted` is.
    Nowhere
}

/// @notice What a definition reads from.
struct Reader {
    Section[] sections;
    Source source;
    /// Posted: place of the next value in calldata.
    uint256 next;
    /// Nowhere: reads until the one that is looked for, which then stands in `found`.
    uint256 wanted;
    uint256 foundTensor;
    uint256 found;
    bool isFound;
}

/// @title Openings of a trace: parsed, proven, read
library Openings {
    using Architecture for Tensor;

    /// @dev The proof is malformed: order, range, or length.
    error MalformedProof();
    /// @dev The openings do not lead to the trace root.
    error NotInTrace();
    /// @dev The definition reads a leaf that is not open.
    error NotOpen(uint256 tensor, uint256 leaf);

    /// @dev Proves `count` sections from `cursor` on against the trace root.
    /// @return sections What was opened.
    /// @return end Behind them and their paths.
    function parse(Subject memory subject, uint256 count, uint256 cursor)
        internal
        view
        returns (Section[] memory sections, uint256 end)
    {
        sections = new Section[](count);
        uint256[] memory places = new uint256[](count);
        bytes32[] memory hashes = new bytes32[](count);
        require(count != 0, MalformedProof());
        for (uint256 i = 0; i < count; ++i) {
            Section memory s = sections[i];
            s.tensor = number(cursor, 4);
            require(s.tensor < subject.site.tensors, MalformedProof());
            require(i == 0 || s.tensor > places[i - 1], MalformedProof());
            places[i] = s.tensor;
            (hashes[i], cursor) = _tensor(subject, s, cursor + 4);
        }
        count = subject.site.tensors;
        bytes32 root;
        (root, end) = Merkle.rootOf(places, hashes, count, cursor);
        require(Trees.counted(3, count, root) == subject.traceRoot, NotInTrace());
    }

    /// @dev Copies opened bytes of an input of the operator into memory.
    function gather(
        Reader memory r,
        uint256 tensor,
        uint256 from,
        uint256 length,
        uint256 into
    ) internal pure {
        Section memory s = _sectionOf(r, tensor);
        while (length != 0) {
            uint256 skip = from % Trees.LEAF_BYTES;
            uint256 part = Trees.LEAF_BYTES - skip;
            if (part > length) part = length;
            uint256 cursor = _leaf(s, from / Trees.LEAF_BYTES) + skip;
            assembly ("memory-safe") {
                calldatacopy(into, cursor, part)
            }
            into += part;
            from += part;
            length -= part;
        }
    }

    /// @dev Copies `count` bytes of an input of the operator, `step` apart, into memory: opened or
    /// posted ones.
    function gatherStrided(
        Reader memory r,
        uint256 tensor,
        uint256 from,
        uint256 step,
        uint256 count,
        uint256 into
    ) internal pure {
        if (r.source == Source.Posted) {
            uint256 next = r.next;
            r.next = next + count;
            assembly ("memory-safe") {
                calldatacopy(into, next, count)
            }
        } else if (r.source == Source.Nowhere) {
            _pass(r, tensor, from, step, count);
        } else {
            _gatherOpened(_sectionOf(r, tensor), from, step, count, into);
        }
    }

    /// @dev One byte of an input of the operator, 0 to 255.
    function read(Reader memory r, uint256 tensor, uint256 element)
        internal
        pure
        returns (uint256 value)
    {
        uint256 cursor = _leaf(_sectionOf(r, tensor), element / Trees.LEAF_BYTES);
        return number(cursor + element % Trees.LEAF_BYTES, 1);
    }

    /// @dev The same as a number from −128 to 127.
    function readSigned(Reader memory r, uint256 tensor, uint256 element)
        internal
        pure
        returns (int256 value)
    {
        uint256 byte_ = read(r, tensor, element);
        assembly ("memory-safe") {
            value := signextend(0, byte_)
        }
    }

    /// @dev `width` bytes of calldata, big endian.
    function number(uint256 cursor, uint256 width) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), calldataload(cursor))
        }
    }

    /// @dev Counts down to the read that is looked for.
    function _pass(Reader memory r, uint256 tensor, uint256 from, uint256 step, uint256 count)
        private
        pure
    {
        if (r.isFound) return;
        if (r.wanted < count) {
            (r.foundTensor, r.found, r.isFound) = (tensor, from + r.wanted * step, true);
        } else {
            r.wanted -= count;
        }
    }

    function _gatherOpened(
        Section memory s,
        uint256 from,
        uint256 step,
        uint256 count,
        uint256 into
    ) private pure {
        (uint256 slot, uint256 opened) = (s.slot, s.count);
        (uint256 indices, uint256 leaves) = (s.indices, s.leaves);
        if (number(indices + 4 * slot, 4) > from / Trees.LEAF_BYTES) slot = 0;
        assembly ("memory-safe") {
            let end := add(into, count)
            for {} lt(into, end) {
                into := add(into, 1)
                from := add(from, step)
            } {
                let leaf := shr(7, from)
                let place := shr(224, calldataload(add(indices, shl(2, slot))))
                for {} lt(place, leaf) {} {
                    slot := add(slot, 1)
                    if eq(slot, opened) { break }
                    place := shr(224, calldataload(add(indices, shl(2, slot))))
                }
                if iszero(eq(place, leaf)) {
                    opened := 0
                    break
                }
                let value := calldataload(add(leaves, add(shl(7, slot), and(from, 127))))
                mstore8(into, shr(248, value))
            }
        }
        require(opened != 0, NotOpen(s.tensor, from / Trees.LEAF_BYTES));
        s.slot = slot;
    }

    /// @dev Reads a section and gives the hash of its tensor.
    function _tensor(Subject memory subject, Section memory s, uint256 cursor)
        private
        view
        returns (bytes32 hash, uint256 end)
    {
        (bytes memory header, uint256 size) = _shape(subject, s.tensor);
        bytes32 root;
        (root, end) = _leaves(s, size, cursor);
        hash = Trees.tensor(header, root);
    }

    /// @dev Reads a section's leaves and climbs to the root of its tensor's bytes.
    function _leaves(Section memory s, uint256 size, uint256 cursor)
        private
        pure
        returns (bytes32 root, uint256 end)
    {
        uint256 count = number(cursor, 2);
        uint256 all = (size + Trees.LEAF_BYTES - 1) / Trees.LEAF_BYTES;
        require(count != 0 && count <= all, MalformedProof());
        s.count = count;
        s.indices = cursor + 2;
        s.leaves = s.indices + 4 * count;
        uint256[] memory places = new uint256[](count);
        bytes32[] memory hashes = new bytes32[](count);
        uint256 least = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = number(s.indices + 4 * i, 4);
            require(place >= least && place < all, MalformedProof());
            least = place + 1;
            places[i] = place;
            hashes[i] = Trees.leaf(s.leaves + Trees.LEAF_BYTES * i);
        }
        return Merkle.rootOf(places, hashes, all, s.leaves + Trees.LEAF_BYTES * count);
    }

    /// @dev The shape of a tensor: of those that the operator names, without a call.
    function _shape(Subject memory subject, uint256 tensor)
        private
        view
        returns (bytes memory header, uint256 size)
    {
        Op memory op = subject.op;
        if (tensor == subject.site.inputs + op.index) {
            return (op.output.headerOf(), op.output.elements);
        }
        for (uint256 i = 0; i < op.reads; ++i) {
            if (op.ids[i] == tensor) return (op.inputs[i].headerOf(), op.inputs[i].elements);
        }
        return subject.graphs.traceTensorOf(subject.modelRoot, tensor);
    }

    function _sectionOf(Reader memory r, uint256 tensor) private pure returns (Section memory) {
        for (uint256 i = 0; i < r.sections.length; ++i) {
            if (r.sections[i].tensor == tensor) return r.sections[i];
        }
        revert NotOpen(tensor, 0);
    }

    /// @dev Where an opened leaf stands in calldata.
    function _leaf(Section memory s, uint256 leaf) private pure returns (uint256) {
        unchecked {
            // Indices rise, so a leaf stands at most as far behind the first as its index says.
            uint256 first = number(s.indices, 4);
            require(leaf >= first, NotOpen(s.tensor, leaf));
            uint256 high = leaf - first;
            if (high >= s.count) high = s.count - 1;
            if (number(s.indices + 4 * high, 4) == leaf) {
                return s.leaves + Trees.LEAF_BYTES * high;
            }
            uint256 low = 0;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (number(s.indices + 4 * middle, 4) < leaf) low = middle + 1;
                else high = middle;
            }
            require(number(s.indices + 4 * low, 4) == leaf, NotOpen(s.tensor, leaf));
            return s.leaves + Trees.LEAF_BYTES * low;
        }
    }
}
