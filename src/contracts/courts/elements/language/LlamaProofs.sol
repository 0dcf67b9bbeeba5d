// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Run} from "../../../types/Run.sol";
import {Trees} from "../../Trees.sol";
import {Merkle} from "../Merkle.sol";
import {Llama} from "./Llama.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {Leaves, LlamaReader, Reader, Sampling} from "./LlamaReader.sol";

/// @title Parts of a proof about a language model: parsed and proven
/// @dev The numbers of the frame are big endian, what is hashed is little endian. Each function
/// gives the place behind what it read; the caller checks that it stays within the proof.
library LlamaProofs {
    uint256 private constant RECORD_MAGIC = 0x08010000;
    /// @dev Ids of either kind: no tensor of bytes could hold more.
    uint256 private constant IDS_MAX = 1 << 27;
    uint256 private constant END_TOKENS_MAX = 16;
    uint256 private constant TEMPERATURE_MAX = 100 << 16;
    uint256 private constant TOP_K_MAX = 1024;
    uint256 private constant TOP_P_MAX = 1 << 16;
    /// @dev Tensors of the longest list.
    uint256 internal constant LIST_MAX = 1 << 24;

    /// @dev The proof is malformed: order, range, or length.
    error MalformedProof();
    /// @dev The record is none, not the order's, or asks for other steps.
    error InvalidRecord();
    /// @dev The openings do not lead to the trace root.
    error NotInTrace();
    /// @dev The rows are not of this model.
    error InvalidParameters();

    /// @dev The record that was ordered: leaves, its first one among them, and their siblings.
    function record(Reader memory r, Run calldata run, uint256 cursor)
        internal
        pure
        returns (uint256 end)
    {
        cursor = leaves(r.record, cursor);
        uint256 head = LlamaReader.openedAt(r.record, 0, LlamaTrace.RECORD_HEAD_BYTES);
        require(number(head, 4) == RECORD_MAGIC, InvalidRecord());
        uint256 prompt = little(head + 4);
        uint256 ends = little(head + 12);
        require(prompt != 0 && prompt <= IDS_MAX && ends <= END_TOKENS_MAX, InvalidRecord());
        uint256 topK = _sampling(r.sampling, head);
        r.plan = LlamaTrace.layoutOf(r.model, prompt, prompt + ends, topK);
        bytes32 root;
        (root, end) = rootOf(r.record, r.plan.recordBytes, cursor);
        root = Trees.tensor(Trees.row(uint8(LlamaTrace.UINT8), r.plan.recordBytes), root);
        require(Trees.list(1, root) == run.inputRoot, InvalidRecord());
        require(
            run.steps != 0 && run.steps <= r.sampling.newTokensMax
                && prompt - 1 + run.steps <= r.model.context,
            InvalidRecord()
        );
    }

    /// @dev Leaves of tensors, and the siblings of these under the trace root.
    /// @param least The first place that may be opened.
    function tensors(Reader memory r, Run calldata run, uint256 cursor, uint256 least)
        internal
        pure
        returns (uint256 end)
    {
        uint256 all = LlamaTrace.before(r.model, r.plan, r.plan.prompt - 1 + run.steps);
        require(all <= LIST_MAX, InvalidRecord());
        uint256 count = number(cursor, 2);
        cursor += 2;
        require(count != 0, MalformedProof());
        r.tensors = new uint256[](count);
        r.opened = new Leaves[](count);
        uint256[] memory places = new uint256[](count);
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = number(cursor, 4);
            require(index >= least && index < all, MalformedProof());
            least = index + 1;
            (r.tensors[i], places[i]) = (index, index);
            (hashes[i], cursor) = _tensor(r, r.opened[i], index, cursor + 4);
        }
        bytes32 root;
        (root, end) = Merkle.rootOf(places, hashes, all, cursor);
        require(Trees.list(all, root) == run.traceRoot, NotInTrace());
    }

    /// @dev Leaves of parameter rows, and the siblings of these under the parameters root.
    function rows(Reader memory r, bytes32 parametersRoot, uint256 cursor)
        internal
        pure
        returns (uint256 end)
    {
        uint256 all = Llama.leaves(r.model);
        uint256 count = number(cursor, 1);
        ++cursor;
        if (count == 0) return cursor;
        r.rows = new uint256[](count);
        r.rowLeaves = new Leaves[](count);
        uint256[] memory places = new uint256[](count);
        bytes32[] memory hashes = new bytes32[](count);
        uint256 least = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 place = number(cursor, 4);
            require(place >= least && place < all, MalformedProof());
            least = place + 1;
            (r.rows[i], places[i]) = (place, place);
            (hashes[i], cursor) = _row(r, r.rowLeaves[i], place, cursor + 4);
        }
        bytes32 root;
        (root, end) = Merkle.rootOf(places, hashes, all, cursor);
        require(Trees.counted(7, all, root) == parametersRoot, InvalidParameters());
    }

    /// @dev Leaves and their indices; where they are is not yet proven.
    function leaves(Leaves memory o, uint256 cursor) internal pure returns (uint256) {
        o.count = number(cursor, 2);
        o.indices = cursor + 2;
        o.data = o.indices + 4 * o.count;
        require(o.count != 0, MalformedProof());
        return o.data + Trees.LEAF_BYTES * o.count;
    }

    /// @dev The root over so many bytes that the leaves are of.
    function rootOf(Leaves memory o, uint256 size, uint256 cursor)
        internal
        pure
        returns (bytes32 root, uint256 end)
    {
        uint256 count = o.count;
        uint256 all = Trees.leaves(size);
        require(count <= all, MalformedProof());
        uint256[] memory places = new uint256[](count);
        bytes32[] memory hashes = new bytes32[](count);
        uint256 least = 0;
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                uint256 place = LlamaReader.indexAt(o, i);
                require(place >= least && place < all, MalformedProof());
                least = place + 1;
                bytes32 hash = Trees.leaf(o.data + Trees.LEAF_BYTES * i);
                assembly ("memory-safe") {
                    let at := shl(5, add(i, 1))
                    mstore(add(places, at), place)
                    mstore(add(hashes, at), hash)
                }
            }
        }
        return Merkle.rootOf(places, hashes, all, cursor);
    }

    /// @dev `width` bytes of calldata, big endian.
    function number(uint256 cursor, uint256 width) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), calldataload(cursor))
        }
    }

    /// @dev Four bytes of calldata, little endian.
    function little(uint256 cursor) internal pure returns (uint256) {
        return uint32(Trees.little(number(cursor, 4)));
    }

    /// @dev How a token is chosen: the one way to write what it means.
    function _sampling(Sampling memory s, uint256 head) private pure returns (uint256 topK) {
        s.newTokensMax = little(head + 8);
        s.temperature = little(head + 16);
        topK = little(head + 20);
        s.topP = little(head + 24);
        s.seed = little(head + 28) | little(head + 32) << 32;
        bool isCanonical = s.temperature == 0
            ? topK == 0 && s.topP == 0 && s.seed == 0
            : s.temperature <= TEMPERATURE_MAX && topK != 0 && topK <= TOP_K_MAX && s.topP != 0
                && s.topP <= TOP_P_MAX;
        require(s.newTokensMax != 0 && isCanonical, InvalidRecord());
    }

    function _tensor(Reader memory r, Leaves memory o, uint256 index, uint256 cursor)
        private
        pure
        returns (bytes32 hash, uint256 end)
    {
        Site memory site = LlamaTrace.siteOf(r.model, r.plan, index);
        (bytes memory header, uint256 size) =
            LlamaTrace.headerOf(r.model, r.plan, site.tensor, site.position);
        bytes32 root;
        (root, end) = rootOf(o, size, leaves(o, cursor));
        hash = Trees.tensor(header, root);
    }

    function _row(Reader memory r, Leaves memory o, uint256 place, uint256 cursor)
        private
        pure
        returns (bytes32 hash, uint256 end)
    {
        (uint256 id, uint256 layer, uint256 row) = Llama.rowAt(r.model, place);
        uint256 size = Llama.rowBytes(r.model, id, layer);
        bytes32 root;
        (root, end) = rootOf(o, size, leaves(o, cursor));
        hash = keccak256(
            abi.encodePacked(
                uint8(6),
                Trees.little(id),
                Trees.little(layer),
                Trees.little(row),
                Trees.little(size),
                root
            )
        );
    }
}
