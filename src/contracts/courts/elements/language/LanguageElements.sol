// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IElements} from "../../../interfaces/IElements.sol";
import {ILanguages} from "../../../interfaces/ILanguages.sol";
import {Anchor, Run, Tree} from "../../../types/Run.sol";
import {Trees} from "../../Trees.sol";
import {Pages} from "../Pages.sol";
import {Llama} from "./Llama.sol";
import {LlamaAttention} from "./LlamaAttention.sol";
import {LlamaChoices} from "./LlamaChoices.sol";
import {LlamaInt16} from "./LlamaInt16.sol";
import {LlamaNorms} from "./LlamaNorms.sol";
import {LlamaProofs} from "./LlamaProofs.sol";
import {LlamaRows} from "./LlamaRows.sol";
import {LlamaTables} from "./LlamaTables.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {Leaves, LlamaReader, Reader} from "./LlamaReader.sol";

/// @title One element of a language model's run, judged from openings
/// @notice LanguageJudge.cs on chain: every tensor of a trace, one definition each. A proof, all
/// numbers of its frame big endian:
///
///     at  bytes
///      0      1  version: 01
///      1      4  place of the element's tensor in the trace
///      5      4  element in the tensor's own order
///      9      4  rival of a witness, or ffffffff
///     13         the record's leaves, its first one among them: leaves opened N 2, leaf indices
///                4 N rising, leaves 128 N, siblings of the leaves
///                tensors opened T 2, T sections, places rising: place 4, leaves as above
///                siblings of the T tensors under the trace root
///                parameter rows opened R 1, R sections, places rising: place of its parameter
///                leaf 4, leaves as above; where R is not 0, the siblings of the R parameter leaves
///
/// Of operands that are posted, 02 and the tensors; of one that is refuted, 03, its place among the
/// values 2, and the tensors. The record is not opened again: what the list follows from is the
/// run's.
///
/// An output that is no token of the trace: version 04, place of the token 4; the record's leaves,
/// the output's leaf, and one tensor as above.
///
/// @dev Paths end at the trace root; an anchor is not needed, only its tree is read.
contract LanguageElements is IElements {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    uint256 private constant REQUEST_BYTES = 8;
    uint256 private constant RIVAL_BYTES = 12;
    uint256 private constant HEAD_BYTES = 13;
    /// @dev Version and place of a refutation.
    uint256 private constant REFUTATION_BYTES = 3;
    /// @dev Version and place of a token.
    uint256 private constant OUTPUT_BYTES = 5;
    uint256 private constant NO_RIVAL = type(uint32).max;
    /// @dev Version of an answer.
    uint256 private constant ANSWER_BYTES = 1;
    /// @dev keccak256 of the tables' code, 00 and `LlamaTables.build()`: it stands in this code, so
    /// that whoever has compared that has compared the tables too.
    bytes32 private constant TABLES_HASH =
        0x3371f5ff3459aee010e5b919ad69dd518d22222ef1814f546cf61c61fabbc8ab;
    /// @dev Longest proof that is read.
    uint256 private constant BYTES_MAX = 96 << 10;

    /// @notice What was admitted.
    ILanguages public immutable languages;
    /// @notice Where the tables of exponentials and sigmoids are stored.
    address public immutable tables;

    /// @dev One element on its way through a judgement.
    struct Case {
        Site site;
        uint256 element;
        uint256 rival;
        Reader reader;
    }

    /// @notice No such element, or no such rival.
    error InvalidElement();
    /// @notice This tree or tensor is not judged so.
    error NotApplicable();
    /// @notice The tables are not those of the protocol.
    error OtherTables();

    constructor(ILanguages languages_) {
        languages = languages_;
        tables = Pages.write(LlamaTables.build());
    }

    /// @inheritdoc IElements
    function contradicts(Run calldata run, Anchor calldata anchor, bytes calldata proof)
        external
        view
        returns (bool)
    {
        if (anchor.tree == Tree.Output) return _isOtherToken(run, proof);

        Case memory c;
        _open(c, run, proof);
        return _differs(c);
    }

    /// @inheritdoc IElements
    /// @dev `request` is the element: place 4, element 4; of a witness the rival 4. Asked for are
    /// the weighted sums of attention, and what reads one: they read as many positions as there
    /// are tokens. Behind 96 of these the sums are committed, and what reads them opens them.
    function hasOperands(Run calldata run, bytes calldata request) external view returns (bool) {
        Case memory c;
        _start(c, run);
        _plan(c, run);
        _find(c, run, request);
        // No rival has one form.
        return _isScattered(c) && (request.length == RIVAL_BYTES) == (c.rival != NO_RIVAL);
    }

    /// @inheritdoc IElements
    /// @dev `values` is all that the definition reads of rope and its scalars, in its order.
    function explains(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool) {
        Case memory c;
        _answer(c, run, anchor, request, values, proof, ANSWER_BYTES, 2);
        c.reader.wanted = type(uint256).max;
        bool differs = _differs(c);
        require(c.reader.next == c.reader.end, LlamaProofs.MalformedProof());
        return !differs;
    }

    /// @inheritdoc IElements
    /// @dev The proof opens what that of the answer does, and the operand.
    function refutes(
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external view returns (bool) {
        Case memory c;
        _answer(c, run, anchor, request, values, proof, REFUTATION_BYTES, 3);
        c.reader.wanted = uint16(bytes2(proof[1:REFUTATION_BYTES]));
        _differs(c);
        Reader memory r = c.reader;
        require(r.isFound, InvalidElement());
        uint256 operand = r.spanOf(r.foundAt, r.foundElement, 1);
        return LlamaReader.numberAt(operand, LlamaTrace.typeOf(r.model, r.foundAt.tensor))
            != r.foundValue;
    }

    /// @dev Proves the tensors behind the `head` of a proof about posted operands. The record is
    /// none of them: its shape does not follow from the run.
    function _answer(
        Case memory c,
        Run calldata run,
        Anchor calldata anchor,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof,
        uint256 head,
        uint256 version
    ) private view {
        require(anchor.tree == Tree.Trace, NotApplicable());
        uint256 cursor = _check(proof, version);
        uint256 end = cursor + proof.length;
        _start(c, run);
        _plan(c, run);
        cursor = LlamaProofs.tensors(c.reader, run, cursor + head, 1);
        require(cursor == end, LlamaProofs.MalformedProof());
        _find(c, run, request);
        require(_isScattered(c), NotApplicable());
        assembly ("memory-safe") {
            cursor := values.offset
        }
        (c.reader.isClaimed, c.reader.next) = (true, cursor);
        c.reader.end = cursor + values.length;
    }

    /// @dev Proves all that a proof opens.
    function _open(Case memory c, Run calldata run, bytes calldata proof) private view {
        uint256 cursor = _check(proof, 1);
        uint256 end = cursor + proof.length;
        bytes32 parametersRoot = _start(c, run);
        cursor = LlamaProofs.record(c.reader, run, cursor + HEAD_BYTES);
        cursor = LlamaProofs.tensors(c.reader, run, cursor, 0);
        cursor = LlamaProofs.rows(c.reader, parametersRoot, cursor);
        require(cursor == end, LlamaProofs.MalformedProof());
        _find(c, run, proof[1:HEAD_BYTES]);
    }

    /// @dev Where a proof stands.
    function _check(bytes calldata proof, uint256 version) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := proof.offset
        }
        require(
            proof.length > HEAD_BYTES && proof.length <= BYTES_MAX
                && LlamaProofs.number(cursor, 1) == version,
            LlamaProofs.MalformedProof()
        );
    }

    /// @dev Whose element it is.
    function _start(Case memory c, Run calldata run)
        private
        view
        returns (bytes32 parametersRoot)
    {
        bytes memory encoding;
        (parametersRoot, encoding) = languages.languageOf(run.modelRoot);
        c.reader.model = Llama.decode(encoding);
    }

    /// @dev The list, by the run; the length of the record says nothing of it.
    function _plan(Case memory c, Run calldata run) private pure {
        c.reader.plan =
            LlamaTrace.layoutOf(c.reader.model, run.prompt, run.prompt, run.topK);
    }

    /// @dev The element, and the rival of its witness, that a proof or a request names.
    function _find(Case memory c, Run calldata run, bytes calldata request) private view {
        Reader memory r = c.reader;
        require(
            request.length == REQUEST_BYTES || request.length == RIVAL_BYTES, InvalidElement()
        );
        uint256 index = uint32(bytes4(request[:4]));
        c.element = uint32(bytes4(request[4:8]));
        c.rival = request.length == RIVAL_BYTES ? uint32(bytes4(request[8:])) : NO_RIVAL;
        require(
            index < LlamaTrace.before(r.model, r.plan, r.plan.prompt - 1 + run.steps),
            InvalidElement()
        );
        Site memory site = LlamaTrace.siteOf(r.model, r.plan, index);
        c.site = site;
        (,, uint256[3] memory dims) =
            LlamaTrace.shapeOf(r.model, r.plan, site.tensor, site.position);
        require(
            c.element < dims[0] * dims[1] * dims[2]
                && (c.rival == NO_RIVAL || c.rival < LlamaChoices.rivals(r, site, c.element)),
            InvalidElement()
        );
        bool isExp = site.tensor == LlamaTrace.WEIGHTS || site.tensor == LlamaTrace.TOKEN;
        if (isExp || site.tensor == LlamaTrace.SWIGLU || site.tensor + 1 == LlamaTrace.SWIGLU) {
            _load(r, isExp ? 0 : LlamaTables.ENTRIES);
        }
    }

    /// @dev Takes one of the tables, and one entry more.
    function _load(Reader memory r, uint256 from) private view {
        address page = tables;
        require(page.codehash == TABLES_HASH, OtherTables());
        bytes memory table = new bytes(LlamaTables.ENTRY_BYTES * (LlamaTables.ENTRIES + 1));
        from = 1 + LlamaTables.ENTRY_BYTES * from;
        assembly ("memory-safe") {
            extcodecopy(page, add(table, 32), from, mload(table))
        }
        r.table = table;
    }

    /// @dev Whether the element reads rope or its scalars at as many positions as there are
    /// tokens, and a witness against its rival.
    function _isScattered(Case memory c) private pure returns (bool) {
        uint256 tensor = c.site.tensor;
        if (tensor == LlamaTrace.WEIGHTS_SUM || tensor == LlamaTrace.WEIGHTS_MIX) {
            return c.rival == NO_RIVAL;
        }
        bool isWitness = LlamaChoices.rivals(c.reader, c.site, c.element) != 0;
        return c.site.position < LlamaTrace.PARTIAL_TOKENS
            && (tensor == LlamaTrace.ATTENTION_OUTPUT
                || tensor == LlamaTrace.ATTENTION_OUTPUT_SCALARS)
            && isWitness == (c.rival != NO_RIVAL);
    }

    /// @dev Whether the committed element is another than its definition gives, or its rival
    /// stands before it, or something was read that no honest run commits to.
    function _differs(Case memory c) private pure returns (bool) {
        Reader memory r = c.reader;
        int256 committed = r.get(c.site, c.element);
        bool differs = c.rival == NO_RIVAL
            ? _computed(r, c.site, c.element) != committed
            : LlamaChoices.beats(r, c.site, c.element, c.rival);
        return differs || r.isRefuted;
    }

    /// @dev LlamaElement.cs: the operator that defines an element, looked up.
    function _computed(Reader memory r, Site memory site, uint256 i) private pure returns (int256) {
        uint256 tensor = site.tensor;
        if (tensor == LlamaTrace.INPUT) return r.ordered(i);
        if (tensor == LlamaTrace.EMBED) return LlamaRows.embed(r, site, i);
        if (LlamaTrace.isScalars(tensor)) return _scalar(r, site, i);
        if (LlamaTrace.isPart(tensor)) return LlamaRows.part(r, site.to(tensor + 1), i);
        if (LlamaTrace.typeOf(r.model, tensor) == LlamaTrace.INT16) {
            return LlamaInt16.element(r, site, i);
        }
        if (tensor == LlamaTrace.WEIGHTS) return LlamaAttention.weight(r, site, i);
        if (tensor == LlamaTrace.WEIGHTS_SUM) return LlamaAttention.sumPart(r, site, i);
        if (tensor == LlamaTrace.WEIGHTS_MIX) return LlamaAttention.mixPart(r, site, i);
        if (tensor == LlamaTrace.CANDIDATE_LOGITS) return LlamaChoices.candidateLogit(r, site, i);
        if (tensor == LlamaTrace.TOKEN && r.plan.candidates != 0) {
            return LlamaChoices.drawn(r, site);
        }
        return tensor >= LlamaTrace.CANDIDATES
            ? LlamaChoices.element(r, site, i)
            : LlamaRows.product(r, site, i);
    }

    function _scalar(Reader memory r, Site memory site, uint256 i) private pure returns (int256) {
        (uint256 kind, uint256 part) = LlamaTrace.scalarAt(r.model, site.tensor, i);
        Site memory row = site.to(site.tensor + 1);
        if (kind == LlamaTrace.NORM_MAX) return LlamaNorms.max(r, row);
        if (kind == LlamaTrace.NORM_SQUARES) return LlamaNorms.squarePart(r, row, part);
        if (kind == LlamaTrace.NORM_ROOT) return LlamaNorms.statistics(r, row).root;
        if (kind == LlamaTrace.ROW_EXPONENT) return LlamaInt16.exponent(r, row, part);
        if (kind == LlamaTrace.SOFTMAX_MAX) return LlamaAttention.max(r, row, part);
        if (kind == LlamaTrace.SOFTMAX_SUM) return LlamaAttention.sum(r, row, part);
        return LlamaChoices.element(r, site, i);
    }

    /// @dev Whether the output has another token than the trace.
    function _isOtherToken(Run calldata run, bytes calldata proof) private view returns (bool) {
        Case memory c;
        uint256 cursor = _check(proof, 4);
        uint256 end = cursor + proof.length;
        _start(c, run);
        Reader memory r = c.reader;
        uint256 place = LlamaProofs.number(cursor + 1, 4);
        cursor = LlamaProofs.record(r, run, cursor + OUTPUT_BYTES);
        require(place < run.steps, InvalidElement());

        Leaves memory output;
        bytes32 root;
        (root, cursor) = LlamaProofs.rootOf(
            output, 4 * uint256(run.steps), LlamaProofs.leaves(output, cursor)
        );
        root = Trees.tensor(Trees.row(uint8(LlamaTrace.INT32), run.steps), root);
        require(Trees.list(1, root) == run.outputRoot, LlamaProofs.MalformedProof());
        cursor = LlamaProofs.tensors(r, run, cursor, 0);
        require(cursor == end, LlamaProofs.MalformedProof());
        Site memory site;
        (site.tensor, site.position) = (LlamaTrace.TOKEN, r.plan.prompt - 1 + place);
        return LlamaReader.numberAt(r.spanOf(site, 0, 1), LlamaTrace.INT32)
            != LlamaReader.numberAt(
                LlamaReader.openedAt(output, 4 * place, 4), LlamaTrace.INT32
            );
    }
}
