// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dispute, Matter, State} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Run} from "contracts/types/Run.sol";
import {Statement} from "contracts/types/Statement.sol";
import {CourtFixture} from "./CourtFixture.sol";
import {Grove} from "./Grove.sol";

/// @notice Both sides of a descent, playing from what they hold in memory.
abstract contract DescentFixture is CourtFixture {
    uint8 internal constant TRACE = 0;
    uint8 internal constant OUTPUT = 1;
    uint8 internal constant CANCEL = 2;

    function matterOf(Order memory order, Statement memory s, uint8 purpose, address opener)
        internal
        view
        returns (Matter memory m)
    {
        m.run = Run({
            modelRoot: order.modelRoot,
            inputRoot: order.inputRoot,
            outputRoot: s.outputRoot,
            traceRoot: s.traceRoot,
            prompt: 0,
            steps: s.steps,
            topK: 0
        });
        m.channel = order.channel;
        m.orderHash = s.orderHash;
        m.node = node;
        m.spendKey = spend;
        m.token = class.token;
        m.opener = opener;
        m.seq = order.seq;
        m.rate = uint96(providerRate(class));
        m.units = s.units < order.maxUnits ? s.units : order.maxUnits;
        m.purpose = purpose;
    }

    function openTrace(Order memory order, Statement memory s, address opener)
        internal
        returns (uint256 id, Matter memory m)
    {
        m = matterOf(order, s, TRACE, opener);
        vm.prank(opener);
        id = challenges.open{value: feeOf(150_000)}(
            brief(order), s, TRACE, noRecord(), noLeaf()
        );
    }

    /// @dev What the provider of a trace with byte `wrong` flipped posts.
    function answerData(uint256 id, uint256 wrong) internal view returns (bytes memory) {
        Dispute memory d = disputes.disputeOf(id);
        if (d.wraps & 18 == 0) {
            uint256 levels = d.level < 3 ? d.level : 3;
            return Grove.below(tensorsOf(wrong), d.level, d.position, levels);
        }
        bytes32[] memory items = itemsOf(d.index, wrong);
        uint256 level = d.wraps & 2 != 0 ? Grove.height(items.length) : d.level;
        uint256 position = d.wraps & 2 != 0 ? 0 : d.position;
        if (level > 2) {
            return Grove.below(items, level, position, level - 2 < 3 ? level - 2 : 3);
        }
        bytes memory out;
        uint256 first = position << (2 * level);
        for (uint256 i = first; i < items.length && i < first + (1 << (2 * level)); ++i) {
            out = abi.encodePacked(out, leafOf(d.index, i, wrong));
        }
        return out;
    }

    /// @dev The pick that leads to leaf `leaf` of tensor `index`.
    function pickTo(uint256 id, uint256 index, uint256 leaf, uint256 wrong)
        internal
        view
        returns (uint256 child, bytes32 hash, bytes32[] memory siblings)
    {
        Dispute memory d = disputes.disputeOf(id);
        bool inside = d.wraps & 16 != 0;
        bytes32[] memory items =
            inside ? itemsOf(d.index, wrong) : tensorsOf(wrong);
        uint256 levels = inside ? d.level - 2 : d.level;
        if (levels > 3) levels = 3;
        uint256 level = d.level - levels;
        uint256 place = (inside ? leaf : index) >> (2 * level);
        bytes32[] memory row = Grove.above(items, level);
        child = place & ((1 << (2 * levels)) - 1);
        return (child, row[place], Grove.path(row, place, levels));
    }

    /// @dev Plays answers and picks until an element can be judged; returns the answers.
    function descend(uint256 id, Matter memory m, uint256 index, uint256 leaf, uint256 wrong)
        internal
        returns (uint256 answers)
    {
        while (true) {
            disputes.answer(id, m, answerData(id, wrong));
            ++answers;
            if (disputes.disputeOf(id).state == State.WantProof) return answers;
            pick(id, m, index, leaf, wrong);
        }
    }

    function pick(uint256 id, Matter memory m, uint256 index, uint256 leaf, uint256 wrong)
        internal
    {
        (uint256 child, bytes32 hash, bytes32[] memory siblings) =
            pickTo(id, index, leaf, wrong);
        vm.prank(m.opener);
        disputes.pick{value: feeOf(150_000)}(id, m, child, hash, siblings);
    }

    /// @dev Opens element `element` of tensor BIG below the dispute's anchor.
    function proofOf(uint256 id, uint256 element, uint256 wrong)
        internal
        view
        returns (bytes memory)
    {
        Dispute memory d = disputes.disputeOf(id);
        bytes32[] memory items = itemsOf(d.index, wrong);
        return abi.encode(
            element,
            element / 128,
            leafOf(d.index, element / 128, wrong),
            Grove.path(items, element / 128, d.level)
        );
    }

    function requestOf(uint256 index, uint256 element) internal pure returns (bytes memory) {
        return abi.encodePacked(uint32(index), uint32(element));
    }
}
