// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProviders} from "contracts/interfaces/IProviders.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice What somebody with bad intentions tries, each attack by its name and with what it comes
/// to. Those on a court's hooks stand with the hooks (a06, a07, a08).
contract VouchersAttackTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;

    /// Many small mints, channels, acks, migrations and reclaims gain nothing by rounding, for
    /// holder and provider together.
    function testFuzz_a01_roundingCoalitionGainsNothing(
        uint8 n,
        uint16 price,
        uint16 premium,
        uint16 burned
    ) external {
        Class memory class = plainClass();
        class.unitPrice = uint128(bound(price, 1, 65_535));
        class.premiumBps = uint16(bound(premium, 0, 10_000));
        class.burnBps = uint16(bound(burned, 0, 10_000));
        Class memory later = plainClass();
        later.expiry += 90 days;
        later.unitPrice = 1 + class.unitPrice / 2;
        uint256 count = bound(n, 2, 40);
        usd.mint(holder, 1e12);
        vm.startPrank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        for (uint256 i = 0; i < count; ++i) vouchers.mint(class, 1 + i * 7_919, holder);
        uint256 spent = 1e12 - usd.balanceOf(holder);
        uint128 third = uint128(vouchers.balanceOf(holder, idOf(class)) / 3);
        Channel memory terms = channelOf(class);
        vouchers.open(class, terms, third);
        if (third > 1e6) vouchers.migrate(class, later, third / 2, holder);
        vouchers.spend(class, terms, third / 4 + 1);
        vm.stopPrank();
        for (uint128 i = 1; i <= 20; ++i) {
            vouchers.redeemBatch(class, node, rowOf(terms, third * i / 20));
        }
        vm.warp(uint256(later.expiry) + GRACE);
        vm.startPrank(holder);
        vouchers.withdraw(class, terms);
        _reclaimInPieces(class);
        _reclaimInPieces(later);
        vm.stopPrank();
        uint256 back = usd.balanceOf(holder) + spent - 1e12;
        vm.assertLe(back + vouchers.earned(provider, address(usd)), spent, "no profit");
    }

    function _reclaimInPieces(Class memory class) private {
        for (uint256 i = 0; i < 10; ++i) {
            uint256 left = vouchers.balanceOf(holder, idOf(class));
            if (left != 0) vouchers.reclaim(class, left / 3 + 1, holder);
        }
    }

    /// A redemption in front of the holder's close: both end as they should.
    function test_a03_closeAfterARedemptionOfMore() external {
        Class memory class = plainClass();
        (Channel memory terms, bytes32 id) = openChannel(class, UNITS);
        vouchers.redeemBatch(class, node, rowOf(terms, 900));
        CompactSignature memory released = sign(NODE_KEY, releaseDigest(id, 100));
        CompactSignature memory none;
        vm.prank(holder);
        vm.assertEq(vouchers.close(class, terms, 100, 0, none, released), UNITS - 900, "rest");
    }

    /// C1: a bond does not stand for redemptions. An ack held back until the bond is gone is still
    /// redeemed, and the batch in dispute finds nothing to slash; so a court has to judge orders by
    /// their deadline, and to ask for a bond that stays.
    function test_a05_bondStandsForOrdersNotForRedemptions() external {
        Class memory class = courtClass();
        (Channel memory terms,) = openChannel(class, UNITS);
        stakeAs(provider, node, address(court), 1e9);
        vm.prank(provider);
        providers.exit(node, address(usd), address(court));
        (, uint40 exitAt) = providers.bond(node, address(usd), address(court));
        // What the rules go by: from the exit on everybody sees until when the bond stays, and it
        // outlasts the judgement (30 days) of the latest order (3 days) by then.
        vm.assertEq(exitAt, NOW + 3 days + 30 days, "seen from the start");
        vm.warp(exitAt);
        vm.prank(provider);
        providers.withdraw(node, address(usd), address(court), provider);
        (uint256 batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        vm.assertGt(escrowOf(batchId), 0, "in dispute");
        vm.expectRevert(
            abi.encodeWithSelector(
                IProviders.NoBond.selector, node, address(usd), address(court)
            )
        );
        court.slash(node, address(usd), 1, stranger);
    }

    /// A hostile court and an absurd price: the other class of the same token is whole, and paid in
    /// full.
    function test_a10_hostileClassTouchesNoOther() external {
        Class memory good = plainClass();
        Class memory evil = courtClass();
        (evil.premiumBps, evil.burnBps, evil.unitPrice) = (10_000, 0, 2 ** 64);
        (Channel memory safe,) = openChannel(good, UNITS);
        Channel memory terms = channelOf(evil);
        terms.holder = stranger;
        bytes32 id = openChannel(evil, terms, 1_000_000);
        court.advance(evil, terms, 1_000_000);
        uint256 paid = escrowOf(1);
        bytes memory records = recordOf(id, 0, 1_000_000, 0);
        court.split(evil, terms, 1, 0, uint128(paid / 2), uint40(NOW), records);
        vm.warp(NOW + 10 days);
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (1, 2);
        vm.assertEq(vouchers.release(ids), paid, "what it paid itself");
        vm.prank(provider);
        vouchers.settle(address(usd), provider);
        vouchers.redeemBatch(good, node, rowOf(safe, UNITS));
        vm.prank(provider);
        vm.assertEq(
            vouchers.settle(address(usd), provider), paidFor(good, 0, UNITS), "paid in full"
        );
    }

    /// A token that keeps all of what goes out harms those who took it for a token.
    function test_a11_greedyTokenHarmsItsOwn() external {
        Class memory class = plainClass();
        (Channel memory terms,) = openChannel(class, UNITS);
        HostileToken token = new HostileToken();
        Class memory hostile = plainClass();
        hostile.token = address(token);
        token.mint(stranger, 1e30);
        vm.startPrank(stranger);
        token.approve(address(vouchers), type(uint256).max);
        vouchers.mint(hostile, UNITS, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(
                IVouchers.NotMigratable.selector, idOf(hostile), idOf(class)
            )
        );
        vouchers.migrate(hostile, class, UNITS, stranger);
        vm.stopPrank();
        token.setFee(10_000);
        vouchers.redeemBatch(class, node, rowOf(terms, UNITS));
        vm.prank(provider);
        vm.assertEq(
            vouchers.settle(address(usd), provider), paidFor(class, 0, UNITS), "paid in full"
        );
    }

    /// At the last second of a thaw the node still redeems; and behind it, until the withdrawal.
    function test_thawRaceAtTheLastBlock() external {
        Class memory class = plainClass();
        (Channel memory terms, bytes32 id) = openChannel(class, UNITS);
        vm.prank(holder);
        vouchers.thaw(class, terms);
        vm.warp(NOW + class.thaw);
        vouchers.redeemBatch(class, node, rowOf(terms, 900));
        vm.prank(holder);
        vm.assertEq(vouchers.withdraw(class, terms), UNITS - 900, "rest");
        vouchers.redeemBatch(class, node, rowOf(terms, UNITS));
        vm.assertEq(redeemedOf(id), 900, "behind it, nothing");
    }

    /// A hundred tiny slashes leave the reporter no more than one big one does.
    function testFuzz_a13_tinySlashesBurnAsMuch(uint8 step) external {
        stakeAs(provider, node, address(court), 1_000);
        uint256 paid;
        uint256 taken;
        for (uint256 i = 0; i < 100; ++i) {
            (uint256 took, uint256 reward) =
                court.slash(node, address(usd), bound(step, 1, 9), stranger);
            (taken, paid) = (taken + took, paid + reward);
        }
        vm.assertLe(paid * 5, taken, "20 %");
    }
}
