// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Records} from "contracts/courts/Records.sol";
import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";

/// @notice The first tensor of a language model's trace is its record: it has no answer, so it is
/// picked only where it is another than the order's.
contract CourtRecordTest is DescentFixture {
    uint32 private constant PROMPT = 7;
    uint32 private constant STEPS = 2;

    function test_recordAsOrdered_cannotBePicked() external {
        (uint256 id, Matter memory m, bytes32[] memory hashes) = _open(false);
        vm.expectRevert(IDisputes.WrongPick.selector);
        _pick(id, m, hashes, 0);
        _pick(id, m, hashes, 1);
    }

    function test_otherRecord_losesBySilence() external {
        (uint256 id, Matter memory m, bytes32[] memory hashes) = _open(true);
        _pick(id, m, hashes, 0);
        vm.warp(NOW + 8 days);
        disputes.timeout(id, m);
        vm.assertTrue(bondOf() == 0, "convicted");
    }

    function _pick(uint256 id, Matter memory m, bytes32[] memory hashes, uint256 child) private {
        uint256 fee = feeOf(150_000);
        bytes32[] memory path = Grove.path(hashes, child, 1);
        vm.prank(holder);
        disputes.pick{value: fee}(id, m, child, hashes[child], path);
    }

    /// @dev A dispute on a trace of four tensors whose list is answered.
    function _open(bool other)
        private
        returns (uint256 id, Matter memory m, bytes32[] memory hashes)
    {
        Order memory o = graphOrder(1);
        bytes memory record = recordOf(PROMPT, 20, new uint32[](0));
        (o.modelRoot, o.inputRoot) = (toy.TALES(), listOf(3, record.length, record));
        hashes = new bytes32[](2 * STEPS);
        if (other) record[record.length - 1] = 0x01;
        hashes[0] = Grove.tensor(3, record.length, record);
        for (uint256 i = 1; i < hashes.length; ++i) hashes[i] = keccak256(abi.encode(i));
        Statement memory s = receiptOf(o, Grove.list(hashes));
        s.steps = STEPS;
        s = signed(s);
        m = matterOf(o, s, TRACE, holder);
        m.run.prompt = PROMPT;
        Records.Opening[] memory opened = new Records.Opening[](1);
        opened[0] = openingOf(recordOf(PROMPT, 20, new uint32[](0)), 0);
        uint256 fee = feeOf(150_000);
        vm.prank(holder);
        id = challenges.open{value: fee}(brief(o), s, TRACE, opened, noLeaf());
        disputes.answer(id, m, Grove.below(hashes, 1, 0, 1));
    }
}
