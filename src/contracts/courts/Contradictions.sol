// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IInputs} from "../interfaces/IInputs.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Brief} from "../types/Order.sol";
import {Anchor, Run, Tree} from "../types/Run.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState, Ground} from "../types/Verdict.sol";
import {Provers} from "./Provers.sol";
import {Records} from "./Records.sol";
import {Roots} from "./Roots.sol";
import {Trees} from "./Trees.sol";

/// @title Contradictions: convictions in one transaction
/// @dev What a node signed contradicts itself, its order, or an element that the caller can open.
/// Anyone may send them: nothing is earned by being the first, the share is the channel's.
contract Contradictions is IInputs, Provers {
    /// @dev Bytes of an input that its owner can be made to show: below a transaction's 128 KiB.
    uint256 private constant INPUT_BYTES_MAX = 98_304;

    /// @notice A tensor's hash and its path to the list's root.
    struct Member {
        bytes32 hash;
        bytes32[] siblings;
    }

    constructor(ICourt court_, IRegistry registry_) Provers(court_, registry_) {}

    /// @notice Two statements of one order and step count that differ. Two receipts differ in any
    /// field; a receipt without a trace root says nothing about one.
    function equivocation(
        Brief calldata b,
        Statement calldata one,
        Statement calldata other,
        Records.Opening[] calldata record
    ) external {
        (bytes32 channel, bytes32 orderHash) = _opened(b, one);
        _checkStated(b, orderHash, other);
        require(one.steps == other.steps, NotApplicable());
        bool traces = one.traceRoot != other.traceRoot;
        if (one.isReceipt && other.isReceipt) {
            require(
                traces || one.outputRoot != other.outputRoot || one.units != other.units,
                NoContradiction()
            );
        } else {
            bool silent = one.isReceipt && one.traceRoot == 0
                || other.isReceipt && other.traceRoot == 0;
            require(traces && !silent, NoContradiction());
        }
        // The dearer one, whichever the caller names first.
        Statement calldata priced =
            other.isReceipt && (!one.isReceipt || other.units > one.units) ? other : one;
        uint32 prompt = 0;
        if (!priced.isReceipt) {
            (Run memory run,) = _runOf(b, priced, record);
            prompt = run.prompt;
        }
        _convict(b, channel, _unitsOf(b, priced, prompt));
    }

    /// @notice Units are a function of model, prompt, steps and flags, the price of proofs
    /// included.
    function units(Brief calldata b, Statement calldata s, Records.Opening[] calldata record)
        external
    {
        (bytes32 channel,) = _opened(b, s);
        require(s.isReceipt, NotApplicable());
        (Run memory run,) = _runOf(b, s, record);
        uint256 right =
            registry.unitsOf(run.modelRoot, run.prompt, run.steps, b.order.flags);
        require(right != s.units, NoContradiction());
        _convict(b, channel, _unitsOf(b, s, run.prompt));
    }

    /// @notice More steps than the order allows, or than `end`, the number of an end token that
    /// stands at `place`, leaves. `leaf` opens the leaf of that token.
    function steps(
        Brief calldata b,
        Statement calldata s,
        Records.Opening[] calldata record,
        uint32 place,
        uint32 end,
        Records.Opening calldata leaf
    ) external {
        (bytes32 channel,) = _opened(b, s);
        (Run memory run, Records.Record memory head) = _runOf(b, s, record);
        bool graph = _family(run.modelRoot) == Roots.GRAPH;
        if (s.steps <= (graph ? 1 : head.newTokensMax)) {
            require(!graph && s.isReceipt, NoContradiction());
            require(uint256(place) + 1 < s.steps && end < head.ends, NotApplicable());
            uint32 token = Roots.token(s.outputRoot, s.steps, place, leaf);
            require(token == Records.endToken(head, end, record), NoContradiction());
        }
        // The price of impossible steps is no measure: what was signed is.
        _convict(b, channel, s.isReceipt ? _unitsOf(b, s, run.prompt) : 0);
    }

    /// @notice Nothing was produced, and yet there is an output or a trace.
    function nothing(Brief calldata b, Statement calldata s) external {
        (bytes32 channel,) = _opened(b, s);
        require(s.steps == 0, NotApplicable());
        bool produced = s.isReceipt && s.outputRoot != Roots.NOTHING;
        require(produced || s.traceRoot != 0, NoContradiction());
        _convict(b, channel, s.isReceipt ? _unitsOf(b, s, 0) : 0);
    }

    /// @notice The trace of a graph begins with other inputs than the order's.
    function input(
        Brief calldata b,
        Statement calldata s,
        Member[] calldata members
    ) external {
        (bytes32 channel, Run memory run) = _graph(b, s);
        uint256 count = registry.inputsOf(run.modelRoot);
        uint256[] memory places = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) places[i] = i;
        require(_listOf(run, places, members) != run.inputRoot, NoContradiction());
        _convict(b, channel, _unitsOf(b, s, 0));
    }

    /// @notice The trace of a graph has other outputs than the receipt. `stated` is where the trace
    /// root stands: the receipt itself, or a TraceRoot that was signed later.
    function output(
        Brief calldata b,
        Statement calldata s,
        Statement calldata stated,
        Member[] calldata members
    ) external {
        (bytes32 channel, Run memory run) = _graph(b, stated);
        _checkSameRun(b, s, stated);
        require(s.isReceipt, NotApplicable());
        run.outputRoot = s.outputRoot;
        uint256[] memory places = registry.outputsOf(run.modelRoot);
        require(_listOf(run, places, members) != run.outputRoot, NoContradiction());
        _convict(b, channel, _unitsOf(b, s, 0));
    }

    /// @notice An element that somebody can open contradicts its operands: of a trace, or of an
    /// output. `stated` is where the trace root stands: `s` itself, or what was signed later.
    function element(
        Brief calldata b,
        Statement calldata s,
        Statement calldata stated,
        Records.Opening[] calldata record,
        Tree tree,
        bytes calldata proof
    ) external {
        (bytes32 channel,) = _opened(b, stated);
        _checkSameRun(b, s, stated);
        require(stated.steps != 0 && stated.traceRoot != 0, NotApplicable());
        require(s.isReceipt || tree == Tree.Trace, NotApplicable());
        (Run memory run,) = _runOf(b, s, record);
        run.traceRoot = stated.traceRoot;
        Anchor memory nowhere;
        nowhere.tree = tree;
        require(
            registry.elementsOf(run.modelRoot).contradicts(run, nowhere, proof),
            NoContradiction()
        );
        _convict(b, channel, _unitsOf(b, s, run.prompt));
    }

    /// @dev `s` is of the same order and steps as `stated`, which was checked.
    function _checkSameRun(Brief calldata b, Statement calldata s, Statement calldata stated)
        private
        view
    {
        _checkStated(b, stated.orderHash, s);
        require(s.steps == stated.steps, NotApplicable());
    }

    /// @dev Also while a dispute on the order is open: what is signed in its course comes late.
    function _opened(Brief calldata b, Statement calldata s)
        private
        view
        returns (bytes32 channel, bytes32 orderHash)
    {
        CaseState memory c;
        (channel, orderHash, c) = _standing(b, s);
        require(c.disputes != 0 || _isOpenable(b, c), CaseOver());
    }

    function _graph(Brief calldata b, Statement calldata s)
        private
        view
        returns (bytes32 channel, Run memory run)
    {
        (channel,) = _opened(b, s);
        run.modelRoot = b.order.modelRoot;
        run.inputRoot = b.order.inputRoot;
        run.outputRoot = s.outputRoot;
        run.traceRoot = s.traceRoot;
        run.steps = s.steps;
        require(
            _family(run.modelRoot) == Roots.GRAPH && s.steps == 1 && s.traceRoot != 0,
            NotApplicable()
        );
    }

    /// @dev The list of tensors that stand at `places` of the trace.
    function _listOf(Run memory run, uint256[] memory places, Member[] calldata members)
        private
        view
        returns (bytes32)
    {
        require(members.length == places.length, NotApplicable());
        uint256 count = registry.countOf(Tree.Trace, run);
        uint256 height = Trees.height(count);
        bytes32[] memory hashes = new bytes32[](places.length);
        for (uint256 i = 0; i < places.length; ++i) {
            hashes[i] = members[i].hash;
            bytes32 root =
                Trees.climb(hashes[i], places[i], height, members[i].siblings);
            require(Trees.list(count, root) == run.traceRoot, NoContradiction());
        }
        return Trees.list(hashes.length, Trees.root(hashes));
    }

    /// @inheritdoc IInputs
    function checkShowable(bytes32 modelRoot) external view {
        if (_family(modelRoot) != Roots.GRAPH) return;
        Run memory run;
        run.modelRoot = modelRoot;
        uint256 count = registry.inputsOf(modelRoot);
        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            (, uint256 size) = registry.tensorOf(Tree.Trace, run, i);
            sum += size;
        }
        require(sum <= INPUT_BYTES_MAX, InvalidInput());
    }

    /// @inheritdoc IInputs
    function checkInput(bytes32 modelRoot, bytes32 inputRoot, bytes calldata data)
        external
        view
    {
        Run memory run;
        run.modelRoot = modelRoot;
        bytes32 root = Roots.input(registry, run, _family(modelRoot), data);
        require(root != 0 && root == inputRoot, InvalidInput());
    }

    function _convict(Brief calldata b, bytes32 channel, uint128 cost) private {
        court.convict(_verdictOf(b, channel, cost, Ground.Proof));
    }
}
