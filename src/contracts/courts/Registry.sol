// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IElements} from "../interfaces/IElements.sol";
import {IGraphs} from "../interfaces/IGraphs.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {GraphSite} from "../types/GraphSite.sol";
import {Run, Tree} from "../types/Run.sol";
import {Architecture, Op, Tensor} from "./elements/Architecture.sol";
import {GraphCosts} from "./elements/GraphCosts.sol";
import {GraphRules} from "./elements/GraphRules.sol";
import {Pages} from "./elements/Pages.sol";
import {Languages} from "./Languages.sol";
import {Trees} from "./Trees.sol";

/// @title Models whose elements a court can judge
/// @notice Anyone admits a model. What is admitted is a function of the model root alone, so nobody
/// can get in anybody's way: pages are named by their content, and the checks go on from where they
/// stopped, in as many transactions as their gas takes.
///
///     store(page)                        24,575 bytes of an architecture, once for all models
///     start(parametersRoot, pages)       header, tensors taken in, model root
///     proceed(modelRoot, operators)      the next operators; the model is admitted with the last
///     admit(parametersRoot, encoded)     all of it, where the architecture is one page
///     admitLanguage(parametersRoot, encoded)
///                                        a language model, always in one transaction
contract Registry is IRegistry, IGraphs {
    using Architecture for Tensor;

    uint8 public constant GRAPH = 1;
    uint8 public constant LANGUAGE = 2;

    // CostTable.cs: units of a proof per element that it shows, by bits of an order's flags.
    uint256 private constant FLAG_SUCCINCT = 4;
    uint256 private constant FLAG_GROTH16 = 8;
    uint256 private constant SUCCINCT_ELEMENT = 100_000;
    uint256 private constant GROTH16_ELEMENT = 200_000_000;
    /// @dev Of the operator numbers that a word holds.
    uint256 private constant LEAVES_PER_WORD = 8;

    /// @dev A graph: two words, and then its pages and leaf numbers.
    struct Graph {
        bytes32 parametersRoot;
        uint16 inputs;
        uint16 operators;
        uint16 outputs;
        /// Operators that have been checked.
        uint16 checkedOperators;
        /// Parameter leaves of the graph, and of the operators that have been checked.
        uint32 leaves;
        uint32 checkedLeaves;
        uint64 units;
        uint32 proved;
        uint32 traceBytes;
        address[] pages;
        /// First leaf of each operator, eight a word.
        mapping(uint256 word => uint256) firstLeaves;
    }

    /// @notice The contract that judges elements of graphs.
    IElements public immutable graphElements;
    /// @notice The contract that judges elements of language models.
    IElements public immutable languageElements;
    /// @notice Where language models are kept.
    Languages public immutable languages;

    /// @notice Where a page of an architecture is stored, by its keccak256.
    mapping(bytes32 digest => address) public pageOf;

    mapping(bytes32 modelRoot => Graph) private _graphs;

    /// @notice A model can be ordered under a court from now on. The units of a run of a language
    /// model depend on its tokens: 0 here.
    event Admitted(bytes32 indexed modelRoot, uint8 family, uint256 units);

    /// @notice No such model, or not checked to its end.
    error NotAdmitted(bytes32 modelRoot);
    /// @notice A page that is not stored, or not full and not the last.
    error InvalidPage(uint256 page);
    /// @notice Header, length or outputs are not those of a canonical graph.
    error InvalidArchitecture();
    /// @notice The activations, or the units of one run, are more than a graph may have.
    error TooLarge();
    /// @notice The list has no such tensor.
    error NoTensor(uint256 index);
    /// @notice A language model has no proofs: a sum with their price could leave 63 bits.
    error NoProofs();

    constructor(IElements graphElements_, IElements languageElements_, Languages languages_) {
        graphElements = graphElements_;
        languageElements = languageElements_;
        languages = languages_;
    }

    /// @notice Admits a graph whose architecture fits one page; gives its root.
    function admit(bytes32 parametersRoot, bytes calldata architecture)
        external
        returns (bytes32 modelRoot)
    {
        bytes32[] memory digests = new bytes32[](1);
        digests[0] = store(architecture);
        modelRoot = start(parametersRoot, digests);
        proceed(modelRoot, type(uint256).max);
    }

    /// @notice Admits a language model; gives its root. Its architecture, 151 bytes and 9 a layer,
    /// is what the provider's software prints and hashes, and fits one transaction.
    function admitLanguage(bytes32 parametersRoot, bytes calldata architecture)
        external
        returns (bytes32 modelRoot)
    {
        modelRoot = languages.admit(parametersRoot, architecture);
        emit Admitted(modelRoot, LANGUAGE, 0);
    }

    /// @notice Stores a page of an architecture as code; gives its name.
    function store(bytes calldata page) public returns (bytes32 digest) {
        digest = keccak256(page);
        if (pageOf[digest] == address(0)) pageOf[digest] = Pages.write(page);
    }

    /// @notice Begins with a graph: pages in order, all but the last of 24,575 bytes.
    function start(bytes32 parametersRoot, bytes32[] memory digests)
        public
        returns (bytes32 modelRoot)
    {
        address[] memory pages = new address[](digests.length);
        for (uint256 i = 0; i < digests.length; ++i) {
            pages[i] = pageOf[digests[i]];
            require(pages[i] != address(0), InvalidPage(i));
            require(
                i + 1 == digests.length || Pages.length(pages[i]) == Pages.PAGE_BYTES,
                InvalidPage(i)
            );
        }
        bytes memory all = Pages.readAll(pages);
        bytes32 digest = keccak256(abi.encodePacked(uint8(5), all));
        modelRoot = keccak256(
            abi.encodePacked(uint8(4), Trees.little(1), digest, parametersRoot)
        );
        Graph storage g = _graphs[modelRoot];
        // Whoever began with it, it is the same.
        if (g.inputs != 0) return modelRoot;
        g.parametersRoot = parametersRoot;
        g.pages = pages;
        _checkHeader(g, all);
    }

    /// @notice Checks at most so many operators more.
    function proceed(bytes32 modelRoot, uint256 operators) public {
        Graph storage g = _graphs[modelRoot];
        require(g.inputs != 0, NotAdmitted(modelRoot));
        uint256 from = g.checkedOperators;
        if (from == g.operators) return;
        uint256 end = g.operators - from > operators ? from + operators : g.operators;
        _checkOperators(g, from, end);
        if (end == g.operators) emit Admitted(modelRoot, GRAPH, g.units);
    }

    /// @inheritdoc IRegistry
    function familyOf(bytes32 modelRoot) external view returns (uint8) {
        if (_isAdmitted(_graphs[modelRoot])) return GRAPH;
        return languages.isAdmitted(modelRoot) ? LANGUAGE : 0;
    }

    /// @inheritdoc IRegistry
    function elementsOf(bytes32 modelRoot) external view returns (IElements) {
        if (_isAdmitted(_graphs[modelRoot])) return graphElements;
        require(languages.isAdmitted(modelRoot), NotAdmitted(modelRoot));
        return languageElements;
    }

    /// @inheritdoc IRegistry
    function unitsOf(bytes32 modelRoot, uint32 prompt, uint32 steps, uint8 flags)
        external
        view
        returns (uint256 units)
    {
        Graph storage g = _graphs[modelRoot];
        if (!_isAdmitted(g)) {
            require(flags & (FLAG_SUCCINCT | FLAG_GROTH16) == 0, NoProofs());
            return languages.unitsOf(modelRoot, prompt, steps);
        }
        if (steps == 0) return 0;
        units = g.units;
        if (flags & FLAG_SUCCINCT != 0) units += g.proved * SUCCINCT_ELEMENT;
        if (flags & FLAG_GROTH16 != 0) units += g.proved * GROTH16_ELEMENT;
    }

    /// @inheritdoc IRegistry
    function countOf(Tree tree, Run calldata run) external view returns (uint256) {
        Graph storage g = _graphs[run.modelRoot];
        if (!_isAdmitted(g)) return languages.countOf(tree, run);
        return tree == Tree.Trace ? uint256(g.inputs) + g.operators : g.outputs;
    }

    /// @inheritdoc IRegistry
    function tensorOf(Tree tree, Run calldata run, uint256 index)
        external
        view
        returns (bytes memory header, uint256 size)
    {
        Graph storage g = _graphs[run.modelRoot];
        if (!_isAdmitted(g)) return languages.tensorOf(tree, run, index);
        if (tree == Tree.Output) {
            require(index < g.outputs, NoTensor(index));
            index = _output(g, index);
        }
        return _shape(g, index);
    }

    /// @inheritdoc IRegistry
    function inputsOf(bytes32 modelRoot) external view returns (uint256) {
        return _graph(modelRoot).inputs;
    }

    /// @inheritdoc IRegistry
    function outputsOf(bytes32 modelRoot) external view returns (uint256[] memory places) {
        Graph storage g = _graph(modelRoot);
        places = new uint256[](g.outputs);
        for (uint256 i = 0; i < places.length; ++i) places[i] = _output(g, i);
    }

    /// @notice How far the checks of a model have come.
    function progressOf(bytes32 modelRoot)
        external
        view
        returns (uint256 checkedOperators, uint256 operators)
    {
        Graph storage g = _graphs[modelRoot];
        return (g.checkedOperators, g.operators);
    }

    /// @inheritdoc IGraphs
    function siteOf(bytes32 modelRoot, uint256 index)
        external
        view
        returns (GraphSite memory site)
    {
        Graph storage g = _graph(modelRoot);
        site.inputs = g.inputs;
        site.tensors = uint256(g.inputs) + g.operators;
        require(index >= site.inputs && index < site.tensors, NoTensor(index));
        site.parametersRoot = g.parametersRoot;
        site.leaves = g.leaves;
        uint256 op = index - site.inputs;
        uint256 word = g.firstLeaves[op / LEAVES_PER_WORD];
        site.firstLeaf = uint32(word >> (32 * (op % LEAVES_PER_WORD)));

        bytes memory own = Pages.read(
            g.pages, _operatorAt(site.inputs, op), Architecture.OPERATOR_BYTES
        );
        uint256 rest;
        assembly ("memory-safe") {
            rest := add(own, add(32, 48))
        }
        uint256 reads = uint256(Architecture.int32At(rest));
        site.record = own;
        for (uint256 i = 0; i < reads; ++i) {
            uint256 id = uint256(Architecture.int32At(rest + 4 + 4 * i));
            site.record = bytes.concat(
                site.record,
                Pages.read(g.pages, _tensorAt(site.inputs, id), Architecture.TENSOR_BYTES)
            );
        }
    }

    /// @inheritdoc IGraphs
    function traceTensorOf(bytes32 modelRoot, uint256 index)
        external
        view
        returns (bytes memory header, uint256 size)
    {
        return _shape(_graph(modelRoot), index);
    }

    function _checkHeader(Graph storage g, bytes memory all) private {
        uint256 cursor = _dataOf(all);
        require(all.length >= Architecture.HEADER_BYTES, InvalidArchitecture());
        uint256 inputs = uint256(Architecture.int32At(cursor + 4));
        uint256 operators = uint256(Architecture.int32At(cursor + 8));
        uint256 outputs = uint256(Architecture.int32At(cursor + 12));
        require(
            Architecture.int32At(cursor) == 1 && inputs != 0 && inputs <= GraphRules.ENDS_MAX
                && operators != 0 && operators <= GraphRules.OPERATORS_MAX && outputs != 0
                && outputs <= GraphRules.ENDS_MAX,
            InvalidArchitecture()
        );
        uint256 ends = _operatorAt(inputs, operators);
        require(all.length == ends + 4 * outputs, InvalidArchitecture());
        for (uint256 i = 0; i < outputs; ++i) {
            int256 id = Architecture.int32At(cursor + ends + 4 * i);
            require(id >= 0 && uint256(id) < inputs + operators, InvalidArchitecture());
        }
        uint256 bytes_ = 0;
        for (uint256 i = 0; i < inputs; ++i) {
            bytes_ += GraphRules.checkTensor(cursor + _tensorAt(inputs, i), i).elements;
        }
        require(bytes_ <= GraphRules.TRACE_BYTES_MAX, TooLarge());
        g.inputs = uint16(inputs);
        g.operators = uint16(operators);
        g.outputs = uint16(outputs);
        g.traceBytes = uint32(bytes_);
        g.leaves = uint32(_leaves(cursor + _operatorAt(inputs, 0), operators));
    }

    /// @dev Parameter leaves of all operators. What no shape is counts as none: it is refused when
    /// its turn comes.
    function _leaves(uint256 cursor, uint256 operators) private pure returns (uint256 leaves) {
        for (uint256 i = 0; i < operators; ++i) {
            uint256 rank = uint256(Architecture.int32At(cursor + 8));
            if (
                Architecture.hasParameters(uint256(Architecture.int32At(cursor))) && rank != 0
                    && rank <= Architecture.RANK_MAX
            ) leaves += uint256(uint32(int32(Architecture.int32At(cursor + 8 + 4 * rank))));
            cursor += Architecture.OPERATOR_BYTES;
        }
    }

    /// @dev Checks operators [from, end) and adds up what they take.
    function _checkOperators(Graph storage g, uint256 from, uint256 end) private {
        bytes memory all = Pages.readAll(g.pages);
        (uint256 inputs, uint256 tensors) = (g.inputs, uint256(g.inputs) + g.operators);
        uint256 all_ = g.leaves;
        (uint256 leaves, uint256 units) = (g.checkedLeaves, g.units);
        (uint256 proved, uint256 bytes_) = (g.proved, g.traceBytes);
        uint256 word = from % LEAVES_PER_WORD == 0 ? 0 : g.firstLeaves[from / LEAVES_PER_WORD];
        for (uint256 i = from; i < end; ++i) {
            Op memory op = _operator(all, inputs, i);
            word |= leaves << (32 * (i % LEAVES_PER_WORD));
            if (i % LEAVES_PER_WORD == LEAVES_PER_WORD - 1 || i + 1 == end) {
                g.firstLeaves[i / LEAVES_PER_WORD] = word;
                word = 0;
            }
            if (Architecture.hasParameters(op.kind)) leaves += op.output.last();
            units += GraphRules.unitsOf(op);
            proved += GraphRules.provedOf(op);
            bytes_ += op.output.elements;
            require(
                units <= GraphRules.UNITS_MAX && bytes_ <= GraphRules.TRACE_BYTES_MAX,
                TooLarge()
            );
            GraphCosts.check(op, tensors, all_);
        }
        g.checkedOperators = uint16(end);
        g.checkedLeaves = uint32(leaves);
        g.units = uint64(units);
        g.proved = uint32(proved);
        g.traceBytes = uint32(bytes_);
    }

    /// @dev Decodes an operator and refuses what no graph can have.
    function _operator(bytes memory all, uint256 inputs, uint256 index)
        private
        pure
        returns (Op memory op)
    {
        uint256 cursor = _dataOf(all) + _operatorAt(inputs, index);
        op.index = index;
        op.kind = uint256(Architecture.int32At(cursor));
        op.output = GraphRules.checkTensor(cursor + 4, index);
        uint256 rest = cursor + 4 + Architecture.TENSOR_BYTES;
        op.reads = uint256(Architecture.int32At(rest));
        for (uint256 i = 0; i < 2 && i < op.reads; ++i) {
            op.ids[i] = uint256(Architecture.int32At(rest + 4 + 4 * i));
            if (op.ids[i] >= inputs + index) break;
            op.inputs[i] =
                Architecture.tensorAt(_dataOf(all) + _tensorAt(inputs, op.ids[i]));
        }
        for (uint256 i = 0; i < 16; ++i) {
            op.attributes[i] = Architecture.int32At(rest + 12 + 4 * i);
        }
        GraphRules.check(op, inputs + index, Architecture.int32At(rest + 8));
    }

    function _shape(Graph storage g, uint256 index)
        private
        view
        returns (bytes memory header, uint256 size)
    {
        require(index < uint256(g.inputs) + g.operators, NoTensor(index));
        bytes memory encoded =
            Pages.read(g.pages, _tensorAt(g.inputs, index), Architecture.TENSOR_BYTES);
        Tensor memory t = Architecture.tensorAt(_dataOf(encoded));
        return (t.headerOf(), t.elements);
    }

    function _output(Graph storage g, uint256 index) private view returns (uint256) {
        bytes memory encoded =
            Pages.read(g.pages, _operatorAt(g.inputs, g.operators) + 4 * index, 4);
        return uint256(Architecture.int32At(_dataOf(encoded)));
    }

    function _graph(bytes32 modelRoot) private view returns (Graph storage g) {
        g = _graphs[modelRoot];
        require(_isAdmitted(g), NotAdmitted(modelRoot));
    }

    function _isAdmitted(Graph storage g) private view returns (bool) {
        return g.operators != 0 && g.checkedOperators == g.operators;
    }

    /// @dev Where a tensor of the trace is declared.
    function _tensorAt(uint256 inputs, uint256 id) private pure returns (uint256) {
        return id < inputs
            ? Architecture.HEADER_BYTES + Architecture.TENSOR_BYTES * id
            : _operatorAt(inputs, id - inputs) + 4;
    }

    function _operatorAt(uint256 inputs, uint256 index) private pure returns (uint256) {
        return Architecture.HEADER_BYTES + Architecture.TENSOR_BYTES * inputs
            + Architecture.OPERATOR_BYTES * index;
    }

    function _dataOf(bytes memory data) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := add(data, 32)
        }
    }
}
