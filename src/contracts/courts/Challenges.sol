// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Rates} from "../libraries/Rates.sol";
import {Class} from "../types/Class.sol";
import {Matter} from "../types/Dispute.sol";
import {Brief} from "../types/Order.sol";
import {Run, Tree} from "../types/Run.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState} from "../types/Verdict.sol";
import {Descents} from "./Descents.sol";
import {Provers} from "./Provers.sol";
import {Records} from "./Records.sol";
import {Roots} from "./Roots.sol";

/// @title Challenges: what a dispute is opened with, checked once
/// @dev `Disputes` takes the matter from here and from nowhere else, and believes it.
contract Challenges is Provers {
    using Rates for Class;

    /// @notice Where the moves are made.
    IDisputes public immutable disputes;

    constructor(ICourt court_, IRegistry registry_, IDisputes disputes_)
        Provers(court_, registry_)
    {
        disputes = disputes_;
    }

    /// @notice Opens a dispute about a statement: `purpose` 0 descends into its trace, 1 into its
    /// output (both ask for the trace root first where the receipt has none), 2 asks for the Cancel
    /// of a result that is short. `record` opens the input record of a language model, first leaf
    /// first and for purpose 2 the leaves of its end tokens; `last` the leaf of the last token.
    function open(
        Brief calldata b,
        Statement calldata s,
        uint8 purpose,
        Records.Opening[] calldata record,
        Records.Opening calldata last
    ) external payable returns (uint256 id) {
        (bytes32 channel,, CaseState memory c) = _standing(b, s);
        require(_isOpenable(b, c), CaseOver());
        bool stranger = !court.isOwnSide(b.terms, channel, msg.sender);
        require(
            !stranger || court.mayAct(b.terms, channel, msg.sender),
            ICourt.NotAuthorised(msg.sender)
        );
        (Run memory run, Records.Record memory head) = _runOf(b, s, record);
        if (purpose == Descents.CANCEL) _checkShort(s, head, record, last);
        else _checkPurpose(s, purpose);
        Matter memory m = _matterOf(b, s, run, purpose);
        m.channel = channel;
        return disputes.open{value: msg.value}(m, stranger);
    }

    function _checkPurpose(Statement calldata s, uint8 purpose) private pure {
        require(s.steps != 0, NotApplicable());
        require(purpose <= uint8(Tree.Output), NotApplicable());
        // A trace root is asked for by the receipt's steps; an output needs a receipt.
        require(s.isReceipt || purpose == uint8(Tree.Trace) && s.traceRoot != 0, NotApplicable());
    }

    /// @dev Fewer steps than the order allows, and the last token ends nothing. A graph allows one.
    function _checkShort(
        Statement calldata s,
        Records.Record memory head,
        Records.Opening[] calldata record,
        Records.Opening calldata last
    ) private pure {
        require(s.isReceipt, NotApplicable());
        if (s.steps == 0) return;
        require(s.steps < head.newTokensMax, NotApplicable());
        uint32 token = Roots.token(s.outputRoot, s.steps, s.steps - 1, last);
        for (uint256 i = 0; i < head.ends; ++i) {
            require(token != Records.endToken(head, i, record), NotApplicable());
        }
    }

    function _matterOf(Brief calldata b, Statement calldata s, Run memory run, uint8 purpose)
        private
        view
        returns (Matter memory m)
    {
        m.run = run;
        m.orderHash = s.orderHash;
        m.node = b.terms.node;
        m.spendKey = b.terms.spendKey;
        m.token = b.class.token;
        m.opener = msg.sender;
        m.seq = b.order.seq;
        m.rate = uint96(b.class.provider());
        m.units = _unitsOf(b, s, run.prompt);
        m.purpose = purpose;
    }
}
