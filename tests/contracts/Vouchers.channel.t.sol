// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEarnings} from "contracts/interfaces/IEarnings.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";
import {HostileReceiver} from "./mocks/HostileReceiver.sol";

contract VouchersChannelTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;
    Class private _class;

    function setUp() public override {
        super.setUp();
        _class = plainClass();
    }

    // open

    function test_open_locksTheCallersUnits() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ChannelOpened(
            idOf(terms), holder, node, spend, idOf(_class), terms.salt, UNITS
        );
        vm.prank(holder);
        bytes32 id = vouchers.open(_class, terms, UNITS);
        vm.assertEq(id, idOf(terms), "id is hashStruct");
        vm.assertEq(lockedOf(id), UNITS, "locked");
        vm.assertEq(vouchers.balanceOf(address(vouchers), idOf(_class)), UNITS, "held");
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), 0, "taken");
    }

    function test_open_addsToAnOpenChannel() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 5));
        fund(holder, _class, 11);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ChannelOpened(
            id, holder, node, spend, idOf(_class), terms.salt, UNITS + 11
        );
        vm.prank(holder);
        vm.assertEq(vouchers.open(_class, terms, 11), id, "the same");
        vm.assertEq(lockedOf(id), UNITS + 11, "locked");
        vm.assertEq(redeemedOf(id), 5, "redeemed");
    }

    /// Whoever opens another's channel before him, with one unit, has given him a unit.
    function test_squattedChannelDoesNotBlockAward() external {
        Channel memory terms = channelOf(_class);
        fund(stranger, _class, 1);
        vm.prank(stranger);
        vouchers.open(_class, terms, 1);
        bytes32 id = openChannel(_class, terms, UNITS);
        vm.assertEq(lockedOf(id), UNITS + 1, "both");
        _thawAndWithdraw(terms);
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS + 1, "the holder's");
    }

    function test_open_failsIfThawing() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        fund(holder, _class, 1);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelThawing.selector, id));
        vouchers.open(_class, terms, 1);
    }

    /// Invariant 6, also for a channel that never paid anything.
    function test_open_failsIfClosedUnused() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        _thawAndWithdraw(terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelEnded.selector, id));
        vouchers.open(_class, terms, UNITS);
    }

    function test_open_failsIfClosedAfterUse() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 5));
        _thawAndWithdraw(terms);
        fund(holder, _class, UNITS);
        _expect(abi.encodeWithSelector(IVouchers.ChannelEnded.selector, id));
        vouchers.open(_class, terms, UNITS);
    }

    /// The caller's units, the holder's channel.
    function test_open_locksForSomebodyElse() external {
        fund(stranger, _class, UNITS);
        Channel memory terms = channelOf(_class);
        vm.prank(stranger);
        bytes32 id = vouchers.open(_class, terms, UNITS);
        vm.assertEq(vouchers.balanceOf(stranger, idOf(_class)), 0, "paid");
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotHolder.selector, holder, stranger)
        );
        vm.prank(stranger);
        vouchers.thaw(_class, terms);
        _thawAndWithdraw(terms);
        vm.assertEq(thawAtOf(id), CLOSED, "closed");
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS, "the holder's");
    }

    /// Even with an allowance for all his vouchers nobody locks another's units.
    function test_open_failsWithTheHoldersUnits() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        vm.prank(holder);
        vouchers.setApprovalForAll(stranger, true);
        bytes memory why = abi.encodeWithSelector(
            IERC1155Errors.ERC1155InsufficientBalance.selector, stranger, 0, 1, idOf(_class)
        );
        vm.expectRevert(why);
        vm.prank(stranger);
        vouchers.open(_class, terms, 1);
        vm.prank(holder);
        vouchers.open(_class, terms, 1);
        vm.expectRevert(why);
        vm.prank(stranger);
        vouchers.topUp(_class, terms, 1);
    }

    function test_open_failsForAHolderThatNobodyIs() external {
        fund(stranger, _class, UNITS);
        Channel memory terms = channelOf(_class);
        address[2] memory nobody = [address(0), address(vouchers)];
        for (uint256 i = 0; i < nobody.length; ++i) {
            terms.holder = nobody[i];
            vm.expectRevert(
                abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, nobody[i])
            );
            vm.prank(stranger);
            vouchers.open(_class, terms, UNITS);
        }
    }

    function test_open_failsWithoutUnits() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        _expect(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector,
                holder,
                UNITS,
                UNITS + 1,
                idOf(_class)
            )
        );
        vouchers.open(_class, terms, UNITS + 1);
    }

    function test_open_failsIfZeroUnits() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        _expect(abi.encodePacked(IVouchers.ZeroUnits.selector));
        vouchers.open(_class, terms, 0);
    }

    function test_open_failsAboveTheUnitsOfAChannel() external {
        fund(holder, _class, 2 ** 64);
        Channel memory terms = channelOf(_class);
        _expect(
            abi.encodeWithSelector(IVouchers.TooManyUnits.selector, UNITS_MAX + 1, UNITS_MAX)
        );
        vouchers.open(_class, terms, uint128(UNITS_MAX + 1));
        vm.prank(holder);
        bytes32 id = vouchers.open(_class, terms, uint128(UNITS_MAX));
        vm.assertEq(lockedOf(id), UNITS_MAX, "the most");
        _expect(
            abi.encodeWithSelector(IVouchers.TooManyUnits.selector, UNITS_MAX + 1, UNITS_MAX)
        );
        vouchers.topUp(_class, terms, 1);
    }

    function test_open_failsIfNodeIsUnknown() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        terms.node = stranger;
        _expect(abi.encodeWithSelector(IVouchers.UnknownNode.selector, stranger));
        vouchers.open(_class, terms, UNITS);
    }

    function test_open_failsIfNodeIsRevoked() external {
        fund(holder, _class, UNITS);
        vm.prank(provider);
        providers.revoke(node);
        Channel memory terms = channelOf(_class);
        _expect(abi.encodeWithSelector(IVouchers.NodeIsRevoked.selector, node));
        vouchers.open(_class, terms, UNITS);
    }

    function test_open_failsWithoutSpendKey() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        terms.spendKey = address(0);
        _expect(abi.encodePacked(IVouchers.ZeroSpendKey.selector));
        vouchers.open(_class, terms, UNITS);
    }

    function test_open_failsIfClassIsAnother() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        Class memory other = courtClass();
        fund(holder, other, UNITS);
        _expect(
            abi.encodeWithSelector(
                IVouchers.ClassMismatch.selector, idOf(other), idOf(_class)
            )
        );
        vouchers.open(other, terms, UNITS);
    }

    function test_open_failsIfClassIsUnknown() external {
        Channel memory terms = channelOf(_class);
        _expect(abi.encodeWithSelector(IVouchers.UnknownClass.selector, idOf(_class)));
        vouchers.open(_class, terms, UNITS);
    }

    function test_open_failsIfExpired() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        vm.warp(_class.expiry);
        _expect(abi.encodeWithSelector(IVouchers.ClassExpired.selector, _class.expiry));
        vouchers.open(_class, terms, UNITS);
    }

    // topUp

    function test_topUp_adds() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        fund(holder, _class, 11);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ToppedUp(id, node, 11, UNITS + 11);
        vm.prank(holder);
        vouchers.topUp(_class, terms, 11);
        vm.assertEq(lockedOf(id), UNITS + 11, "locked");
    }

    function test_topUp_failsIfNeverOpened() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        _expect(abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, idOf(terms)));
        vouchers.topUp(_class, terms, 1);
    }

    function test_topUp_failsIfThawing() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        fund(holder, _class, 1);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelThawing.selector, id));
        vouchers.topUp(_class, terms, 1);
    }

    function test_topUp_failsIfClosed() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 5));
        _thawAndWithdraw(terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, id));
        vouchers.topUp(_class, terms, 1);
    }

    function test_topUp_addsForSomebodyElse() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        fund(stranger, _class, 11);
        vm.prank(stranger);
        vouchers.topUp(_class, terms, 11);
        vm.assertEq(lockedOf(id), UNITS + 11, "locked");
        vm.assertEq(vouchers.balanceOf(stranger, idOf(_class)), 0, "paid");
        _thawAndWithdraw(terms);
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS + 11, "the holder's");
    }

    function test_topUp_failsIfRevokedOrExpired() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        fund(holder, _class, 1);
        vm.prank(provider);
        providers.revoke(node);
        _expect(abi.encodeWithSelector(IVouchers.NodeIsRevoked.selector, node));
        vouchers.topUp(_class, terms, 1);
        vm.warp(_class.expiry);
        _expect(abi.encodeWithSelector(IVouchers.ClassExpired.selector, _class.expiry));
        vouchers.topUp(_class, terms, 1);
    }

    // thaw and withdraw

    function testFuzz_withdraw_failsBeforeThawAt(uint256 wait) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint40 thawAt = uint40(NOW + _class.thaw);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ThawStarted(id, node, thawAt);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + bound(wait, 0, _class.thaw - 1));
        _expect(abi.encodeWithSelector(IVouchers.NotThawed.selector, thawAt));
        vouchers.withdraw(_class, terms);
    }

    function test_withdraw_failsWithoutThaw() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vm.warp(uint256(_class.expiry) + GRACE - 1);
        _expect(abi.encodeWithSelector(IVouchers.NotThawed.selector, uint40(0)));
        vouchers.withdraw(_class, terms);
    }

    function test_withdraw_returnsTheUnredeemedRest() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 7));
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + _class.thaw);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ChannelClosed(id, node, 7, UNITS - 7);
        vm.prank(holder);
        uint128 units = vouchers.withdraw(_class, terms);
        vm.assertEq(units, UNITS - 7, "rest");
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS - 7, "handed back");
        vm.assertEq(lockedOf(id), redeemedOf(id), "nothing left");
        vm.assertEq(thawAtOf(id), CLOSED, "closed");
    }

    function test_withdraw_failsTwice() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 7));
        _thawAndWithdraw(terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, id));
        vouchers.withdraw(_class, terms);
    }

    function test_withdraw_failsIfNotHolder() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + _class.thaw);
        _expectNotHolder();
        vouchers.withdraw(_class, terms);
    }

    /// After expiry and grace nothing can be redeemed: there is nobody to wait for.
    function test_withdraw_succeedsWithoutThawAfterTheEnd() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vm.warp(uint256(_class.expiry) + GRACE);
        vm.startPrank(holder);
        vouchers.withdraw(_class, terms);
        uint256 amount = vouchers.reclaim(_class, UNITS, holder);
        vm.stopPrank();
        vm.assertEq(amount, uint256(UNITS) * _class.unitPrice / 1e9, "no stranded backing");
    }

    function test_thaw_failsTwice() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        _expect(abi.encodeWithSelector(IVouchers.ChannelThawing.selector, id));
        vouchers.thaw(_class, terms);
    }

    function test_thaw_failsIfNotHolder() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        _expectNotHolder();
        vouchers.thaw(_class, terms);
    }

    function test_thaw_failsIfNeverOpened() external {
        fund(holder, _class, UNITS);
        Channel memory terms = channelOf(_class);
        _expect(abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, idOf(terms)));
        vouchers.thaw(_class, terms);
    }

    // close

    function testFuzz_close_paysAndReturnsAtOnce(uint128 units, uint128 cum) external {
        units = uint128(bound(units, 1, UNITS_MAX));
        cum = uint128(bound(cum, 0, units));
        (Channel memory terms, bytes32 id) = openChannel(_class, units);
        vm.prank(holder);
        vouchers.close(_class, terms, cum, 3, _ack(id, cum, 3), _release(id, cum));
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), units - cum, "rest");
        vm.assertEq(
            vouchers.earned(provider, address(usd)), paidFor(_class, 0, cum), "provider paid"
        );
        vm.assertEq(thawAtOf(id), CLOSED, "closed");
        vm.assertEq(
            usd.balanceOf(address(vouchers)) * SCALE,
            burnedScaled(address(usd)) + paidFor(_class, 0, cum) * SCALE
                + (units - cum) * totalRate(_class),
            "to the last fraction"
        );
    }

    /// When the node has redeemed more than it released, it keeps that; no ack is needed.
    function test_close_succeedsWithoutAckIfRedeemed() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, 50));
        CompactSignature memory none;
        vm.prank(holder);
        vouchers.close(_class, terms, 20, 0, none, _release(id, 20));
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), UNITS - 50, "rest");
        vm.assertEq(redeemedOf(id), 50, "redeemed is monotone");
    }

    function test_close_failsWithoutRelease() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory ack = _ack(id, 20, 1);
        CompactSignature memory wrong = _release(id, 21);
        _expect(abi.encodeWithSelector(IVouchers.InvalidRelease.selector, id));
        vouchers.close(_class, terms, 20, 1, ack, wrong);
        wrong = sign(SPEND_KEY, releaseDigest(id, 20));
        _expect(abi.encodeWithSelector(IVouchers.InvalidRelease.selector, id));
        vouchers.close(_class, terms, 20, 1, ack, wrong);
    }

    /// A thief of a node key must not be able to wave the provider's claims.
    function test_close_failsIfNodeIsRevoked() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.prank(provider);
        providers.revoke(node);
        CompactSignature memory ack = _ack(id, 20, 1);
        CompactSignature memory release = _release(id, 20);
        _expect(abi.encodeWithSelector(IVouchers.NodeIsRevoked.selector, node));
        vouchers.close(_class, terms, 20, 1, ack, release);
    }

    function test_close_failsWithoutAck() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory release = _release(id, 20);
        CompactSignature memory wrong = _ack(id, 20, 2);
        _expect(abi.encodeWithSelector(IVouchers.InvalidAck.selector, id));
        vouchers.close(_class, terms, 20, 1, wrong, release);
        wrong = sign(NODE_KEY, ackDigest(id, 20, 1));
        _expect(abi.encodeWithSelector(IVouchers.InvalidAck.selector, id));
        vouchers.close(_class, terms, 20, 1, wrong, release);
    }

    function test_close_failsIfNotHolder() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory ack = _ack(id, 20, 1);
        CompactSignature memory release = _release(id, 20);
        _expectNotHolder();
        vouchers.close(_class, terms, 20, 1, ack, release);
    }

    function test_close_failsTwice() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory ack = _ack(id, 20, 1);
        CompactSignature memory release = _release(id, 20);
        vm.prank(holder);
        vouchers.close(_class, terms, 20, 1, ack, release);
        _expect(abi.encodeWithSelector(IVouchers.ChannelNotOpen.selector, id));
        vouchers.close(_class, terms, 20, 1, ack, release);
    }

    function test_close_failsToRedeemAfterTheEnd() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory ack = _ack(id, 20, 1);
        CompactSignature memory release = _release(id, 20);
        uint256 end = uint256(_class.expiry) + GRACE;
        vm.warp(end);
        _expect(abi.encodeWithSelector(IVouchers.RedemptionEnded.selector, end));
        vouchers.close(_class, terms, 20, 1, ack, release);
    }

    function test_close_failsAboveTheUnitsOfAChannel() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint128 cum = uint128(UNITS_MAX + 1);
        CompactSignature memory ack = _ack(id, cum, 1);
        CompactSignature memory release = _release(id, cum);
        _expect(abi.encodeWithSelector(IVouchers.TooManyUnits.selector, cum, UNITS_MAX));
        vouchers.close(_class, terms, cum, 1, ack, release);
    }

    // Contract holders

    /// A smart wallet holds, opens and gets its rest back without being called.
    function test_contractHolder_isNeverCalledBack() external {
        HostileReceiver wallet = new HostileReceiver();
        fund(holder, _class, UNITS);
        vm.prank(holder);
        vouchers.safeTransferFrom(holder, address(wallet), idOf(_class), UNITS, "");
        wallet.setRefuse(true);
        Channel memory terms = channelOf(_class);
        terms.holder = address(wallet);
        wallet.execute(address(vouchers), abi.encodeCall(IVouchers.open, (_class, terms, UNITS)));
        vouchers.redeemBatch(_class, node, rowOf(terms, 9));
        wallet.execute(address(vouchers), abi.encodeCall(IVouchers.thaw, (_class, terms)));
        vm.warp(NOW + _class.thaw);
        wallet.execute(address(vouchers), abi.encodeCall(IVouchers.withdraw, (_class, terms)));
        vm.assertEq(vouchers.balanceOf(address(wallet), idOf(_class)), UNITS - 9, "rest");
    }

    function _thawAndWithdraw(Channel memory terms) private {
        vm.startPrank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(block.timestamp + _class.thaw);
        vouchers.withdraw(_class, terms);
        vm.stopPrank();
    }

    function _ack(bytes32 id, uint128 cum, uint64 nextSeq)
        private
        view
        returns (CompactSignature memory)
    {
        return sign(SPEND_KEY, ackDigest(id, cum, nextSeq));
    }

    function _release(bytes32 id, uint128 cum) private view returns (CompactSignature memory) {
        return sign(NODE_KEY, releaseDigest(id, cum));
    }

    /// @dev The next call comes from the holder and fails.
    function _expect(bytes memory why) private {
        vm.expectRevert(why);
        vm.prank(holder);
    }

    function _expectNotHolder() private {
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotHolder.selector, holder, stranger)
        );
        vm.prank(stranger);
    }
}
