// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Descents} from "contracts/courts/Descents.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {Trees} from "contracts/courts/Trees.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Dispute, Matter, State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Tree} from "contracts/types/Run.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";
import {WillingVerifier} from "../mocks/WillingVerifier.sol";

/// @notice Attacks on a court that have a name. Those on its clocks, demands, claims, callers and
/// money stand in the files of these, under theirs.
contract CourtAttackTest is DescentFixture {
    // Front-running

    /// Whoever copies a move out of the pool pays for it and gains nothing.
    function test_frontRunning_aCopiedMoveIsTheVictims() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        (uint256 id, Matter memory m) = _open(WRONG);
        vm.prank(stranger);
        disputes.answer(id, m, answerData(id, WRONG));
        _descendFrom(id, m);
        bytes memory proof = proofOf(id, WRONG, WRONG);
        vm.prank(stranger);
        disputes.prove(id, m, proof);
        vm.assertEq(disputes.credit(holder), 4 * feeOf(150_000), "the holder's fees");
        vm.warp(block.timestamp + 5 days);
        theCourt.collectShare(node, address(usd), 0, channel);
        vm.assertEq(usd.balanceOf(holder), BOND / 5, "the holder's share");
        vm.assertEq(disputes.credit(stranger) + usd.balanceOf(stranger), 0, "not the copy's");
    }

    /// A copy of the opening is not the opener's, and bars nobody.
    function test_frontRunning_aCopiedOpeningBarsNobody() external {
        Order memory o = graphOrder(3);
        Statement memory s = receiptOf(o, 0);
        vm.prank(holder);
        theCourt.appoint(terms, address(0), true);
        openTrace(o, s, stranger);
        (uint256 id,) = openTrace(o, s, holder);
        vm.assertTrue(disputes.disputeOf(id).state == State.WantRoot, "runs");
    }

    // Second preimages

    /// A leaf of 128 bytes is no node of four hashes, a list no tensor, whatever stands in it.
    function test_secondPreimage_everyKindOfNodeIsItsOwn() external view {
        bytes32[4] memory four;
        for (uint256 i = 0; i < 4; ++i) four[i] = keccak256(abi.encode(i));
        bytes memory data = abi.encodePacked(four);
        bytes32 node_ = Trees.node(four[0], four[1], four[2], four[3]);
        vm.assertTrue(this.leafHash(data) != node_, "leaf, node");
        vm.assertTrue(Trees.list(1, node_) != Trees.tensor(hex"09", node_), "list, tensor");
        vm.assertTrue(
            Trees.list(1, node_) != Trees.counted(7, 1, node_), "list, parameters"
        );
        vm.assertTrue(Trees.list(1, node_) != Trees.list(2, node_), "counts");
    }

    /// 64 hashes are as long as 16 leaves: where leaves are due they are no answer.
    function test_secondPreimage_hashesForLeavesAreNoAnswer() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        while (true) {
            bytes memory honest = answerData(id, WRONG);
            Dispute memory d = disputes.disputeOf(id);
            if (d.wraps & 16 != 0 && d.level <= 2) {
                bytes32[] memory items = itemsOf(d.index, WRONG);
                bytes memory hashes = Grove.below(items, 5, 0, 3);
                for (uint256 i = hashes.length; i < honest.length; i += 32) {
                    hashes = abi.encodePacked(hashes, bytes32(0));
                }
                vm.assertEq(hashes.length, honest.length, "as long");
                vm.expectRevert(Descents.NotCanonical.selector);
                disputes.answer(id, m, hashes);
                return;
            }
            disputes.answer(id, m, honest);
            pick(id, m, toy.BIG(), WRONG / 128, WRONG);
        }
    }

    // Another model, layer, position

    function test_modelSwap_nothingSignedFitsAnotherModel() external {
        Order memory o = graphOrder(3);
        Statement memory s = receiptOf(o, 0);
        Brief memory b = brief(o);
        b.order.modelRoot = toy.TALES();
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        vm.prank(holder);
        challenges.open{value: 1 ether}(b, s, TRACE, noRecord(), noLeaf());
        b = brief(b.order);
        vm.expectRevert(Provers.NotStated.selector);
        vm.prank(holder);
        challenges.open{value: 1 ether}(b, s, TRACE, noRecord(), noLeaf());
        (uint256 id, Matter memory m) = openTrace(graphOrder(3), s, holder);
        m.run.modelRoot = toy.TALES();
        vm.warp(NOW + 4 days);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongMatter.selector, id));
        disputes.timeout(id, m);
    }

    /// A proof of another tensor, of another place or of a place that was not opened is none.
    function test_wrongLayerOrPosition_isNoProof() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory leaf = leafOf(toy.BIG(), WRONG / 128, WRONG);
        bytes32[] memory path = Grove.path(itemsOf(toy.BIG(), WRONG), WRONG / 128, 2);
        uint256[4] memory places = [WRONG + 128, WRONG + 2_048, WRONG - 2_048, WRONG % 128];
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory proof = abi.encode(places[i], places[i] / 128, leaf, path);
            vm.expectRevert();
            disputes.prove(id, m, proof);
        }
        bytes memory other = abi.encode(
            uint256(7),
            uint256(0),
            leafOf(3, 0, RIGHT),
            Grove.path(itemsOf(3, RIGHT), 0, 2)
        );
        vm.expectRevert();
        disputes.prove(id, m, other);
        disputes.prove(id, m, proofOf(id, WRONG, WRONG));
    }

    // Garbage

    /// Bytes of any kind, in place of every proof: refused, or harmless.
    function testFuzz_garbageWitnesses_convictNobody(bytes calldata garbage, uint256 seed)
        external
    {
        (uint256 id, Matter memory m) = _open(RIGHT);
        descend(id, m, toy.BIG(), WRONG / 128, RIGHT);
        _try(abi.encodeCall(IDisputes.prove, (id, m, garbage)));
        bytes memory proof = proofOf(id, WRONG, RIGHT);
        for (uint256 i = 0; i < 4 && garbage.length != 0; ++i) {
            uint256 place = uint256(keccak256(abi.encode(seed, i))) % proof.length;
            proof[place] = garbage[i % garbage.length];
        }
        _try(abi.encodeCall(IDisputes.prove, (id, m, proof)));
        bytes memory request = requestOf(toy.BIG(), WRONG);
        vm.prank(holder);
        disputes.askOperands{value: feeOf(180_000)}(id, m, request);
        bytes memory data =
            abi.encodeCall(IDisputes.answerOperands, (id, m, request, garbage, proof));
        vm.prank(stranger);
        _try(data);
        _try(abi.encodeCall(IDisputes.refute, (id, m, request, garbage, garbage)));
        _tryElement(garbage);
    }

    function _tryElement(bytes calldata garbage) private {
        Brief memory b = brief(graphOrder(4));
        Statement memory s = receiptOf(graphOrder(4), Grove.list(tensorsOf(RIGHT)));
        (bool ok,) = address(contradictions).call(
            abi.encodeCall(contradictions.element, (b, s, s, noRecord(), Tree.Trace, garbage))
        );
        vm.assertTrue(!ok && bondOf() == BOND, "nobody");
    }

    function _try(bytes memory data) private {
        (bool ok,) = address(disputes).call(data);
        vm.assertTrue(!ok, "refused");
    }

    // Dust

    /// A class in which an order is worth less than a base unit: everything ends, nothing is paid,
    /// nobody is stuck.
    function test_dustClass_everythingEnds() external {
        (class.unitPrice, class.premiumBps) = (1, 0);
        (terms, channel) = openChannel(class, LOCKED);
        WillingVerifier willing = new WillingVerifier();
        vm.prank(holder);
        claims.trust(terms, address(willing), true);
        Order memory o = graphOrder(1);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        claims.claim(class, terms, zeroStart(), d);
        vm.assertEq(redeemedOf(channel), 1_000, "units move");
        vm.assertEq(theCourt.caseOf(channel, 1).value, 0, "worth nothing");
        bytes memory records = recordOf(channel, 0, 1_000, 0);
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, 0);
        vm.expectRevert(ICourt.WrongStage.selector);
        claims.finalise(b, s, noLeaf(), address(willing), "", records);
        (uint256 id, Matter memory m) = openTrace(o, s, holder);
        vm.warp(NOW + 4 days);
        disputes.timeout(id, m);
        vm.assertEq(bondOf(), 0, "slashed");
        vm.assertEq(theCourt.caseOf(channel, 1).refundable, 0, "nothing");
        vm.expectRevert(ICourt.NothingToCollect.selector);
        theCourt.collectShare(node, address(usd), 0, channel);
        vm.warp(NOW + 6 days);
        uint256[] memory ids = new uint256[](1);
        ids[0] = 1;
        vouchers.release(ids);
    }

    // Replay

    /// A statement of one order, channel or court says nothing in another.
    function test_replay_statementsOfAnotherOrder() external {
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, "a");
        Statement memory other = receiptOf(graphOrder(2), "b");
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.equivocation(b, s, other, noRecord());
        other.orderHash = s.orderHash;
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.equivocation(b, s, other, noRecord());
        terms.salt = "another channel";
        channel = idOf(terms);
        b = brief(graphOrder(1));
        vm.expectRevert(Provers.NotStated.selector);
        contradictions.equivocation(b, s, s, noRecord());
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        vm.warp(uint256(DEADLINE) + 1);
        vm.expectRevert(Provers.NotStated.selector);
        vm.prank(holder);
        claims.ask{value: 1 ether}(b, DEADLINE, sig, noLeaf());
    }

    // Helpers

    function leafHash(bytes calldata data) external pure returns (bytes32) {
        return Trees.leaf(data, 0);
    }

    function _open(uint256 wrong) private returns (uint256 id, Matter memory m) {
        Order memory o = graphOrder(3);
        return openTrace(o, receiptOf(o, Grove.list(tensorsOf(wrong))), holder);
    }

    /// @dev From the first answer on.
    function _descendFrom(uint256 id, Matter memory m) private {
        pick(id, m, toy.BIG(), WRONG / 128, WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
    }
}
