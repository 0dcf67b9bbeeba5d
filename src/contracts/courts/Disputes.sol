// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Statements} from "../libraries/Statements.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Dispute, Matter, State} from "../types/Dispute.sol";
import {Anchor, Tree} from "../types/Run.sol";
import {Statement} from "../types/Statement.sol";
import {Ground, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Descents} from "./Descents.sol";
import {Docket} from "./Docket.sol";
import {Provers} from "./Provers.sol";
import {Roots} from "./Roots.sol";
import {Trees} from "./Trees.sol";

/// @title Disputes: from a root, move by move, to one element
/// @dev The opener asks, the provider opens canonically or loses by silence. Anyone may send a move
/// of which only one is valid (an answer, a proof); what is a choice (a pick, a request, operands)
/// is its side's alone. `Docket` keeps the clocks, the queue and the fees; here are the moves.
contract Disputes is Docket {
    /// @notice Checks what a dispute is opened with.
    address public immutable challenges;
    /// @dev Orders whose input lies in some dispute's calldata.
    mapping(bytes32 orderHash => bool) private _inputShown;

    constructor(ICourt court_, IRegistry registry_, address challenges_)
        Provers(court_, registry_)
    {
        challenges = challenges_;
    }

    /// @inheritdoc IDisputes
    function open(Matter calldata m, bool stranger)
        external
        payable
        nonReentrant
        returns (uint256 id)
    {
        require(msg.sender == challenges, ICourt.NotAuthorised(msg.sender));
        Dispute memory d;
        if (stranger) d.wraps = Descents.STRANGER;
        d.matter = _hash(m);
        _aim(d, m);
        if (d.state == State.WantNodes) d.wraps &= ~Descents.FRESH;
        _prepay(d);
        id = _enter(d, m);
    }

    // The provider's moves

    /// @inheritdoc IDisputes
    function answerRoot(uint256 id, Matter calldata m, Statement calldata s)
        external
        nonReentrant
    {
        _show(bytes32(id));
        Dispute memory d = _take(id, m, State.WantRoot);
        require(
            !s.isReceipt && s.orderHash == m.orderHash && s.steps == m.run.steps
                && s.traceRoot != 0 && court.isStated(m.node, s),
            NotStated()
        );
        Matter memory found = m;
        found.run.traceRoot = s.traceRoot;
        d.matter = keccak256(abi.encode(found));
        _aim(d, found);
        d.state = State.WantPick;
        emit RootStated(id, s.traceRoot);
        _answered(id, d, m);
    }

    /// @inheritdoc IDisputes
    function answerCancel(uint256 id, Matter calldata m, CompactSignature calldata signature)
        external
        nonReentrant
    {
        Dispute memory d = _take(id, m, State.WantCancel);
        bytes32 cancel = Statements.hashCancel(m.orderHash);
        require(
            court.isSigned(m.spendKey, cancel, signature), ICourt.InvalidSignature(m.spendKey)
        );
        _earn(d);
        _end(id, d, m, false, Ground.Proof);
    }

    /// @inheritdoc IDisputes
    function answer(uint256 id, Matter calldata m, bytes calldata data) external nonReentrant {
        _show(bytes32(id));
        Dispute memory d = _take(id, m, State.WantNodes);
        bytes memory header;
        if (d.wraps & Descents.TENSOR != 0) {
            uint256 size;
            (header, size) = registry.tensorOf(Tree(m.purpose), m.run, d.index);
            d.size = uint40(size);
            d.position = 0;
            d.level = uint8(Trees.height(Trees.leaves(size)));
            d.wraps |= Descents.INSIDE;
        }
        bool leaves = Descents.atLeaves(d);
        bytes32 root = leaves ? Descents.leavesRoot(d, data) : Descents.nodesRoot(d, data);
        bytes32 outer = root;
        if (d.wraps & Descents.TENSOR != 0) outer = Trees.tensor(header, outer);
        if (d.wraps & Descents.LIST != 0) {
            outer = Trees.list(d.wraps & Descents.TENSOR != 0 ? 1 : d.size, outer);
        }
        require(outer == d.commit, Descents.NotCanonical());

        d.commit = root;
        d.wraps &= ~(Descents.LIST | Descents.TENSOR);
        d.state = leaves ? State.WantProof : State.WantPick;
        _answered(id, d, m);
    }

    /// @inheritdoc IDisputes
    function answerOperands(
        uint256 id,
        Matter calldata m,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external nonReentrant {
        // False values that explain the element convict him who posted them: nobody else may.
        require(
            msg.sender == m.node || msg.sender == _providers().providerOf(m.node),
            ICourt.NotAuthorised(msg.sender)
        );
        _show(bytes32(id));
        Dispute memory d = _take(id, m, State.WantOperands);
        require(operandsOf[id] == keccak256(request), WrongRequest());
        require(
            registry.elementsOf(m.run.modelRoot).explains(
                m.run, _anchor(d, m), request, values, proof
            ),
            NotExplained()
        );
        operandsOf[id] = keccak256(abi.encode(request, values));
        d.state = State.WantRefutation;
        _answered(id, d, m);
    }

    /// @inheritdoc IDisputes
    function wantInput(uint256 id, Matter calldata m) external nonReentrant {
        Dispute memory d = _load(id, m);
        require(_providers().providerOf(m.node) == msg.sender, ICourt.NotAuthorised(msg.sender));
        require(
            d.answers == 0 && d.wraps & Descents.ASKED == 0 && !_inputShown[m.orderHash]
                && (d.state == State.WantRoot || d.state == State.WantNodes),
            WrongMove(d.state)
        );
        _checkTurn(d, d.state);
        _inputs().checkShowable(m.run.modelRoot);
        _leave(d, m.channel);
        d.wraps |= Descents.ASKED;
        d.resume = d.state;
        d.state = State.WantInput;
        _charge(d, Clocks.Side.Provider);
        _save(id, d);
        emit InputWanted(id);
    }

    // The opener's moves

    /// @inheritdoc IDisputes
    function showInput(uint256 id, Matter calldata m, bytes calldata input)
        external
        nonReentrant
    {
        _show(bytes32(id));
        Dispute memory d = _take(id, m, State.WantInput);
        if (!_inputShown[m.orderHash]) {
            _inputs().checkInput(m.run.modelRoot, m.run.inputRoot, input);
            _inputShown[m.orderHash] = true;
        }
        d.state = d.resume;
        _charge(d, Clocks.Side.Opener);
        _save(id, d);
        emit InputShown(id);
    }

    /// @inheritdoc IDisputes
    function pick(
        uint256 id,
        Matter calldata m,
        uint256 child,
        bytes32 hash,
        bytes32[] calldata siblings
    ) external payable nonReentrant {
        // Every child is a valid one: whoever chooses decides where the dispute goes.
        require(msg.sender == m.opener, ICourt.NotAuthorised(msg.sender));
        Dispute memory d = _take(id, m, State.WantPick);
        if (d.wraps & Descents.FRESH != 0) {
            require(child == 0 && hash == d.commit && siblings.length == 0, WrongPick());
            d.wraps &= ~Descents.FRESH;
        } else {
            _descend(d, child, hash, siblings);
            _checkRecord(d, m);
        }
        d.state = State.WantNodes;
        _askNext(id, d);
    }

    /// @inheritdoc IDisputes
    function askOperands(uint256 id, Matter calldata m, bytes calldata request)
        external
        payable
        nonReentrant
    {
        require(msg.sender == m.opener, ICourt.NotAuthorised(msg.sender));
        Dispute memory d = _take(id, m, State.WantProof);
        _checkRequest(d, m, request);
        operandsOf[id] = keccak256(request);
        d.state = State.WantOperands;
        _askNext(id, d);
        emit OperandsWanted(id, request);
    }

    /// @inheritdoc IDisputes
    function prove(uint256 id, Matter calldata m, bytes calldata proof) external nonReentrant {
        Dispute memory d = _take(id, m, State.WantProof);
        require(
            registry.elementsOf(m.run.modelRoot).contradicts(m.run, _anchor(d, m), proof),
            NoContradiction()
        );
        _end(id, d, m, true, Ground.Proof);
    }

    /// @inheritdoc IDisputes
    function refute(
        uint256 id,
        Matter calldata m,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external nonReentrant {
        Dispute memory d = _take(id, m, State.WantRefutation);
        require(operandsOf[id] == keccak256(abi.encode(request, values)), WrongRequest());
        require(
            registry.elementsOf(m.run.modelRoot).refutes(
                m.run, _anchor(d, m), request, values, proof
            ),
            NoContradiction()
        );
        _end(id, d, m, true, Ground.Proof);
    }

    /// @inheritdoc IDisputes
    function defer(
        uint256 id,
        Matter calldata m,
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external nonReentrant returns (uint256 newBatchId) {
        Dispute memory d = _load(id, m);
        require(m.opener == msg.sender, ICourt.NotAuthorised(msg.sender));
        require(d.state < State.Convicted, WrongMove(d.state));
        Verdict memory v = _verdictOf(m, Ground.Proof);
        return court.defer(v, class, terms, batchId, row, amount, records);
    }

    // Inside

    /// @dev An element of the opened leaves (list index and number first, 4 bytes each, big endian)
    /// that has operands. Nobody can answer anything else, so silence would prove nothing.
    function _checkRequest(Dispute memory d, Matter calldata m, bytes calldata request)
        private
        view
    {
        require(m.purpose == uint8(Tree.Trace) && request.length >= 8, WrongRequest());
        (bytes memory header,) = registry.tensorOf(Tree.Trace, m.run, d.index);
        uint256 start = uint256(uint32(bytes4(request[4:]))) * Trees.bytesOf(uint8(header[0]));
        require(
            uint32(bytes4(request)) == d.index && start < d.size
                && (start / Trees.LEAF_BYTES) >> (2 * uint256(d.level)) == d.position
                && registry.elementsOf(m.run.modelRoot).hasOperands(m.run, request),
            WrongRequest()
        );
    }

    /// @dev Points a dispute at what has to come first.
    function _aim(Dispute memory d, Matter memory m) private view {
        if (m.purpose == Descents.CANCEL) {
            d.state = State.WantCancel;
            return;
        }
        Tree tree = Tree(m.purpose);
        d.commit = tree == Tree.Trace ? m.run.traceRoot : m.run.outputRoot;
        // Of the output too: an output is wrong where its trace has another.
        if (m.run.traceRoot == 0) {
            d.state = State.WantRoot;
            return;
        }
        uint256 count = registry.countOf(tree, m.run);
        d.state = State.WantNodes;
        d.wraps |= Descents.LIST | Descents.FRESH;
        if (count == 1) {
            d.wraps |= Descents.TENSOR;
        } else {
            d.size = uint40(count);
            d.level = uint8(Trees.height(count));
        }
    }

    /// @dev The trace of a language model begins with its record, whose length only the order's
    /// input says: an answer to it could never be checked. As ordered, it cannot be picked; another
    /// one has no answer, and loses by silence.
    function _checkRecord(Dispute memory d, Matter calldata m) private view {
        if (d.wraps & Descents.TENSOR == 0 || d.index != 0) return;
        require(
            _family(m.run.modelRoot) == Roots.GRAPH
                || Trees.list(1, d.commit) != m.run.inputRoot,
            WrongPick()
        );
    }

    function _descend(
        Dispute memory d,
        uint256 child,
        bytes32 hash,
        bytes32[] calldata siblings
    ) private pure {
        uint256 levels = Descents.depth(d);
        uint256 position = (uint256(d.position) << (2 * levels)) + child;
        uint256 level = d.level - levels;
        require(
            child >> (2 * levels) == 0
                && position < Trees.width(Descents.items(d), level)
                && Trees.climb(hash, child, levels, siblings) == d.commit,
            WrongPick()
        );
        d.commit = hash;
        (d.level, d.position) = (uint8(level), uint32(position));
        // A tensor of the list: its header comes next.
        if (d.wraps & Descents.INSIDE == 0 && level == 0) {
            d.index = uint32(position);
            d.wraps |= Descents.TENSOR;
        }
    }

    function _anchor(Dispute memory d, Matter calldata m) private pure returns (Anchor memory) {
        return Anchor({
            tree: Tree(m.purpose),
            index: d.index,
            level: d.level,
            position: d.position,
            node: d.commit
        });
    }
}
