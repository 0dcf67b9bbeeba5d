// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IInputs} from "../interfaces/IInputs.sol";
import {IProviders} from "../interfaces/IProviders.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Rates} from "../libraries/Rates.sol";
import {Class} from "../types/Class.sol";
import {Brief} from "../types/Order.sol";
import {Run} from "../types/Run.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState, Ground, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Records} from "./Records.sol";
import {Roots} from "./Roots.sol";

/// @title Provers: what descents and contradictions share
abstract contract Provers {
    using Rates for Class;

    /// @dev Flags without the proofs, whose price only an ack pays.
    uint8 internal constant EXECUTION_FLAGS = 3;

    /// @notice The court that this contract decides for.
    ICourt public immutable court;
    /// @notice What follows from admitted models.
    IRegistry public immutable registry;

    /// @notice The node signed no such statement of this order.
    error NotStated();
    /// @notice Too late, or convicted already.
    error CaseOver();
    /// @notice The proof does not prove anything.
    error NoContradiction();
    /// @notice Not of this family of models, or of this many steps.
    error NotApplicable();

    constructor(ICourt court_, IRegistry registry_) {
        court = court_;
        registry = registry_;
    }

    /// @dev The order stands, the node signed `s` of it, and was not convicted of it.
    function _standing(Brief calldata b, Statement calldata s)
        internal
        view
        returns (bytes32 channel, bytes32 orderHash, CaseState memory c)
    {
        (channel, orderHash) = court.check(b);
        _checkStated(b, orderHash, s);
        c = court.caseOf(channel, b.order.seq);
        require(!c.convicted, CaseOver());
    }

    function _isOpenable(Brief calldata b, CaseState memory c) internal view returns (bool) {
        return Clocks.openable(b.order.deadline, c.claimedAt, block.timestamp);
    }

    function _checkStated(Brief calldata b, bytes32 orderHash, Statement calldata s)
        internal
        view
    {
        require(s.orderHash == orderHash && court.isStated(b.terms.node, s), NotStated());
    }

    /// @dev The run of a statement; `record` opens the input record of a language model, its first
    /// leaf first. Void for a graph.
    function _runOf(Brief calldata b, Statement calldata s, Records.Opening[] calldata record)
        internal
        view
        returns (Run memory run, Records.Record memory head)
    {
        run.modelRoot = b.order.modelRoot;
        run.inputRoot = b.order.inputRoot;
        run.outputRoot = s.outputRoot;
        run.traceRoot = s.traceRoot;
        run.steps = s.steps;
        if (_family(run.modelRoot) == Roots.GRAPH) return (run, head);
        head = Records.read(run.inputRoot, record[0]);
        for (uint256 i = 1; i < record.length; ++i) {
            Records.check(run.inputRoot, head, record[i]);
        }
        (run.prompt, run.topK) = (head.prompt, head.topK);
    }

    /// @dev Units that the order cost its holder at most: of a receipt what it says, else what
    /// its steps cost.
    function _unitsOf(Brief calldata b, Statement calldata s, uint32 prompt)
        internal
        view
        returns (uint128)
    {
        uint256 units = s.isReceipt
            ? s.units
            : registry.unitsOf(
                b.order.modelRoot, prompt, s.steps, b.order.flags & EXECUTION_FLAGS
            );
        return units < b.order.maxUnits ? uint128(units) : b.order.maxUnits;
    }

    function _verdictOf(Brief calldata b, bytes32 channel, uint128 units, Ground ground)
        internal
        pure
        returns (Verdict memory)
    {
        return Verdict({
            channel: channel,
            seq: b.order.seq,
            node: b.terms.node,
            token: b.class.token,
            rate: uint96(b.class.provider()),
            units: units,
            reporter: b.terms.holder,
            ground: ground
        });
    }

    function _family(bytes32 modelRoot) internal view returns (uint8 family) {
        family = registry.familyOf(modelRoot);
        require(family != 0, ICourt.ModelNotAdmitted(modelRoot));
    }

    function _inputs() internal view returns (IInputs) {
        return IInputs(court.contradictions());
    }

    function _providers() internal view returns (IProviders) {
        return court.providers();
    }
}
