// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fees} from "contracts/courts/Fees.sol";
import {IClaims} from "contracts/interfaces/IClaims.sol";
import {IDisputes} from "contracts/interfaces/IDisputes.sol";
import {Delivery} from "contracts/types/Claim.sol";
import {Class} from "contracts/types/Class.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {HostileToken} from "../mocks/HostileToken.sol";
import {Reenterer} from "../mocks/Reenterer.sol";
import {Refuser} from "../mocks/Refuser.sol";

/// @notice Whoever a court calls, a verifier, a token or a receiver, cannot act in the middle of
/// it, hold it up, or take what belongs to another class.
contract CourtReentrancyTest is DescentFixture {
    bytes32 private constant GUARDED =
        bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    uint256 private constant SHARE = BOND / 5;
    HostileToken private _evil;

    // Verifiers

    /// `holds` is asked without the right to write anything anywhere.
    function test_reentrancy_verifierActsForNobody() external {
        Reenterer verifier = new Reenterer();
        (Order memory o, bytes memory records) = _claimed(address(verifier));
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, 0);
        bytes[3] memory calls = [
            abi.encodeCall(
                claims.finalise, (b, s, noLeaf(), address(verifier), "", records)
            ),
            abi.encodeCall(Fees.collect, (stranger)),
            abi.encodeCall(claims.trust, (terms, address(verifier), true))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = vm.snapshotState();
            verifier.setCallback(address(claims), calls[i]);
            claims.finalise(b, s, noLeaf(), address(verifier), "", records);
            vm.assertEq(escrowOf(2), paidFor(class, 0, 1_000), "once");
            vm.assertEq(vouchers.batchCount(), 2, "one split");
            vm.revertToState(before);
        }
    }

    /// Gas griefing: a verifier that burns all it gets, floods, reverts or lies is a no, and
    /// nothing of a no is kept.
    function test_gasGriefing_hostileVerifiersAreANo() external {
        Refuser verifier = new Refuser();
        (Order memory o, bytes memory records) = _claimed(address(verifier));
        Brief memory b = brief(o);
        Statement memory s = receiptOf(o, 0);
        for (uint256 mood = 0; mood < 5; ++mood) {
            verifier.become(mood);
            vm.expectRevert(IClaims.NoEvidence.selector);
            claims.finalise(b, s, noLeaf(), address(verifier), "", records);
            vm.expectRevert(IClaims.NoEvidence.selector);
            claims.attest(b, s, noLeaf(), address(verifier), "");
        }
        vm.assertTrue(!theCourt.caseOf(channel, o.seq).finalised, "nothing kept");
    }

    /// Gas griefing: whatever gas the sender leaves, a verdict is whole or not there.
    function test_gasGriefing_aVerdictIsWholeOrNothing() external {
        Order memory o = graphOrder(1);
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, 0), holder);
        vm.warp(NOW + 4 days);
        uint256 landed = 0;
        for (uint256 gas = 20_000; gas < 300_000; gas += 7_000) {
            uint256 before = vm.snapshotState();
            bytes memory data = abi.encodeCall(IDisputes.timeout, (id, m));
            (bool ok,) = address(disputes).call{gas: gas}(data);
            if (ok) ++landed;
            vm.assertEq(bondOf(), ok ? 0 : BOND, "bond");
            vm.assertTrue(theCourt.caseOf(channel, 1).convicted == ok, "case");
            vm.assertEq(theCourt.openIn(node, 0), ok ? 0 : 1, "dispute");
            vm.assertEq(disputes.credit(holder), ok ? feeOf(150_000) : 0, "fee");
            vm.revertToState(before);
        }
        vm.assertTrue(landed > 3 && landed < 35, "both were tried");
    }

    // Tokens

    /// From each of the two transfers of a share, into everything that moves money.
    function test_reentrancy_tokenInTheMiddleOfAShare() external {
        _becomeEvil();
        vm.warp(NOW + 5 days - 1);
        _refuseShare();
        vm.warp(NOW + 5 days);
        bytes memory again = abi.encodeCall(
            theCourt.collectShare, (node, address(_evil), 0, channel)
        );
        bytes memory refund =
            abi.encodeCall(theCourt.refund, (class, terms, 1, 1, 0, 1, _records()));
        for (uint256 i = 0; i < 2; ++i) {
            uint256 before = vm.snapshotState();
            // The court has its share already, or fetches it first.
            if (i == 1) _settle();
            _evil.setCallback(address(theCourt), again);
            theCourt.collectShare(node, address(_evil), 0, channel);
            vm.assertEq(bytes32(_evil.callbackError()), GUARDED, "collectShare");
            vm.assertEq(_evil.balanceOf(holder), SHARE, "one share");
            vm.revertToState(before);
            before = vm.snapshotState();
            if (i == 1) _settle();
            _evil.setCallback(address(theCourt), refund);
            theCourt.collectShare(node, address(_evil), 0, channel);
            vm.assertEq(bytes32(_evil.callbackError()), GUARDED, "refund");
            vm.revertToState(before);
        }
    }

    /// Slash, refund and split call no token at all: a callback that waits for one never comes.
    function test_reentrancy_noTokenIsCalledByAVerdict() external {
        _openEvil();
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        (uint256 id, Matter memory m) =
            openTrace(graphOrder(2), receiptOf(graphOrder(2), 0), holder);
        _evil.setCallback(address(theCourt), "");
        _evil.setRefuse(true);
        bytes memory records = recordOf(channel, 0, 1_000, 0);
        vm.prank(holder);
        uint256 part = disputes.defer(id, m, class, terms, 1, 0, 7, records);
        _equivocate(graphOrder(1));
        theCourt.refund(class, terms, 1, 1, 0, 500, records);
        theCourt.refund(class, terms, 1, part, 0, 3, records);
        vm.assertTrue(!_evil.callbackRan(), "not called");
        vm.assertEq(vouchers.earned(holder, address(_evil)), 503, "credited");
        (uint128 bond,) = providers.bond(node, address(_evil), address(theCourt));
        vm.assertEq(bond, 0, "slashed");
    }

    /// A token that freezes, lies or takes fees harms its own class and no other.
    function test_hostileTokenTouchesNoOtherClass() external {
        (uint256 batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        vm.assertEq(batchId, 1, "usd");
        bytes32 usdChannel = channel;
        Class memory usdClass = class;
        _openEvil();
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        _equivocate(graphOrder(1));
        vm.warp(NOW + 5 days);
        _evil.setRefuse(true);
        _refuseShare();
        _evil.setRefuse(false);
        _evil.setLies(true);
        _refuseShare();
        _evil.setLies(false);
        // With a fee the share does not come in whole, and nothing else makes up for it.
        _evil.setFee(100);
        _refuseShare();
        class = usdClass;
        terms = channelOf(class);
        channel = usdChannel;
        _equivocate(graphOrder(1));
        vm.warp(NOW + 10 days);
        vm.assertEq(
            theCourt.collectShare(node, address(usd), 1, usdChannel), SHARE, "its own share"
        );
        vm.assertEq(usd.balanceOf(holder), SHARE, "paid");
    }

    // Receivers of ether

    function test_reentrancy_receiverOfEther() external {
        Reenterer receiver = new Reenterer();
        vm.deal(address(receiver), 10 ether);
        vm.prank(holder);
        theCourt.appoint(terms, address(receiver), true);
        for (uint64 i = 1; i < 4; ++i) _openAndWin(receiver, i);
        bytes memory again = abi.encodeCall(Fees.collect, (address(receiver)));
        receiver.setCallback(address(disputes), again);
        receiver.act(address(disputes), again);
        vm.assertTrue(receiver.callbackRan() && !receiver.callbackOk(), "tried");
        vm.assertEq(bytes32(receiver.callbackError()), GUARDED, "guarded");
        vm.assertEq(address(receiver).balance, 10 ether, "its own and no more");
        vm.assertEq(address(disputes).balance, 0, "nothing left");
    }

    // Helpers

    function _openAndWin(Reenterer receiver, uint64 seq) private {
        Order memory o = graphOrder(seq);
        Statement memory s = receiptOf(o, 0);
        Matter memory m = matterOf(o, s, TRACE, address(receiver));
        bytes memory data =
            abi.encodeCall(challenges.open, (brief(o), s, TRACE, noRecord(), noLeaf()));
        uint256 fee = feeOf(150_000);
        vm.prank(address(receiver));
        (bool ok, bytes memory out) = address(challenges).call{value: fee}(data);
        vm.assertTrue(ok, "opened");
        vm.warp(block.timestamp + 4 days);
        disputes.timeout(abi.decode(out, (uint256)), m);
    }

    function _claimed(address verifier)
        private
        returns (Order memory o, bytes memory records)
    {
        o = graphOrder(1);
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(o);
        claims.claim(class, terms, zeroStart(), d);
        records = recordOf(channel, 0, 1_000, 0);
        vm.prank(holder);
        claims.trust(terms, verifier, true);
    }

    function _equivocate(Order memory o) private {
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
    }

    /// @dev The court of everybody, in a class whose token is hostile.
    function _openEvil() private {
        _evil = new HostileToken();
        class.token = address(_evil);
        terms = channelOf(class);
        _evil.mint(holder, 1e30);
        vm.startPrank(holder);
        _evil.approve(address(vouchers), type(uint256).max);
        vouchers.mint(class, LOCKED, holder);
        channel = vouchers.open(class, terms, LOCKED);
        vm.stopPrank();
        _evil.mint(provider, BOND);
        vm.startPrank(provider);
        _evil.approve(address(providers), BOND);
        providers.stake(node, address(_evil), address(theCourt), BOND);
        vm.stopPrank();
        uint256 left = _evil.balanceOf(holder);
        vm.prank(holder);
        _evil.transfer(stranger, left);
    }

    function _becomeEvil() private {
        _openEvil();
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        _equivocate(graphOrder(1));
    }

    function _records() private view returns (bytes memory) {
        return recordOf(channel, 0, 1_000, 0);
    }

    function _settle() private {
        vm.prank(address(theCourt));
        providers.settle(address(_evil), address(theCourt));
    }

    function _refuseShare() private {
        vm.expectRevert();
        theCourt.collectShare(node, address(_evil), 0, channel);
    }
}
