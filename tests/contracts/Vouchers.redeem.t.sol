// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEarnings} from "contracts/interfaces/IEarnings.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";

contract VouchersRedeemTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;
    /// The order of secp256k1.
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    Class private _class;

    function setUp() public override {
        super.setUp();
        _class = plainClass();
    }

    // The money

    function testFuzz_redeem_paysTheFloorAndBurns(uint128 units, uint128 cum) external {
        units = uint128(bound(units, 1, UNITS_MAX));
        cum = uint128(bound(cum, 1, units));
        (Channel memory terms, bytes32 id) = openChannel(_class, units);
        uint256 before = burnedScaled(address(usd));
        uint256 paid = paidFor(_class, 0, cum);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchRedeemed(provider, idOf(_class), 0, 1, cum, paid);
        vm.prank(stranger); // a watchtower
        vouchers.redeemBatch(_class, node, rowOf(terms, cum));
        vm.assertEq(redeemedOf(id), cum, "redeemed");
        vm.assertEq(vouchers.earned(provider, address(usd)), paid, "earned at once");
        vm.assertEq(
            burnedScaled(address(usd)) - before, cum * burnRate(_class), "premium burned"
        );
        vm.assertEq(
            vouchers.balanceOf(address(vouchers), idOf(_class)), units - cum, "units burned"
        );
        vm.assertEq(vouchers.payout(_class, cum), paid, "payout");
    }

    /// Invariant 3: any order, partition or duplication of acks ends the same.
    function testFuzz_redeem_endsTheSameForAnyPartition(uint128[8] memory cums, uint256 seed)
        external
    {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint128 most;
        for (uint256 i = 0; i < cums.length; ++i) {
            cums[i] = uint128(bound(cums[i], 0, UNITS));
            if (cums[i] > most) most = cums[i];
        }
        bytes memory rows;
        for (uint256 i = 0; i < cums.length; ++i) {
            rows = bytes.concat(rows, rowOf(terms, cums[i]));
            // Send what has gathered now and then: other partitions for other seeds.
            if (seed >> i & 1 == 1) {
                vouchers.redeemBatch(_class, node, rows);
                if (seed >> (i + 8) & 1 == 1) rows = "";
            }
        }
        vouchers.redeemBatch(_class, node, rowOf(terms, most));
        vm.assertEq(redeemedOf(id), most, "redeemed");
        vm.assertEq(
            vouchers.earned(provider, address(usd)), paidFor(_class, 0, most), "no rounding gain"
        );
    }

    function test_settle_paysOnceToTheAddressOfChoice() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vouchers.redeemBatch(_class, node, rowOf(terms, UNITS));
        uint256 paid = paidFor(_class, 0, UNITS);
        vm.startPrank(provider);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(0))
        );
        vouchers.settle(address(usd), address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(vouchers))
        );
        vouchers.settle(address(usd), address(vouchers));
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IEarnings.Settled(provider, address(usd), stranger, paid);
        vouchers.settle(address(usd), stranger);
        vm.assertEq(usd.balanceOf(stranger), paid, "paid");
        vm.expectRevert(IEarnings.NothingToSettle.selector);
        vouchers.settle(address(usd), stranger);
        vm.stopPrank();
    }

    /// Underfunded: pays what is locked, keeps the ack good for the rest.
    function test_redeem_paysTheRestAfterTopUp() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, 100);
        vouchers.redeemBatch(_class, node, rowOf(terms, 150));
        vm.assertEq(redeemedOf(id), 100, "what is locked");
        fund(holder, _class, 100);
        vm.prank(holder);
        vouchers.topUp(_class, terms, 100);
        vouchers.redeemBatch(_class, node, rowOf(terms, 150));
        vm.assertEq(redeemedOf(id), 150, "what was signed, no more");
    }

    // Rows that do nothing

    /// Invariant 4: batch(rows and junk) is batch(rows), and never reverts.
    function testFuzz_redeem_ignoresJunk(bytes32[5] memory junk, uint256 place) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        bytes memory good = rowOf(terms, 1_000);
        bytes memory bad = abi.encodePacked(junk);
        bytes memory rows;
        uint256 count = 4;
        place = bound(place, 0, count - 1);
        for (uint256 i = 0; i < count; ++i) rows = bytes.concat(rows, i == place ? good : bad);
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rows);
        vm.assertEq(bitmap, 1 << place, "only the good row");
        vm.assertEq(redeemedOf(id), 1_000, "redeemed");
    }

    /// A good row with one bit flipped anywhere moves nothing.
    function testFuzz_redeem_ignoresARowWithAFlippedBit(uint256 bit) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        bytes memory row = rowOf(terms, 1_000);
        bit = bound(bit, 0, row.length * 8 - 1);
        row[bit / 8] = bytes1(uint8(row[bit / 8]) ^ uint8(1 << (bit % 8)));
        (, uint256 bitmap, uint256 paid) = vouchers.redeemBatch(_class, node, row);
        vm.assertEq(bitmap, 0, "bitmap");
        vm.assertEq(paid, 0, "paid");
        vm.assertEq(redeemedOf(id), 0, "redeemed");
    }

    function test_redeem_ignoresReplay() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        bytes memory rows = bytes.concat(rowOf(terms, 10), rowOf(terms, 10), rowOf(terms, 9));
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rows);
        vm.assertEq(bitmap, 1, "only the first");
        (, bitmap,) = vouchers.redeemBatch(_class, node, rows);
        vm.assertEq(bitmap, 0, "nothing");
        vm.assertEq(redeemedOf(id), 10, "redeemed");
        vm.assertEq(vouchers.earned(provider, address(usd)), paidFor(_class, 0, 10), "once");
    }

    /// The other s of a signature has no EIP-2098 form: its top bit reads as the parity.
    /// (The few high s that have one are in Providers.t.sol, test_join_failsIfSIsHigh.)
    function test_redeem_ignoresHighS() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        (, bytes32 r, bytes32 s) = vm.sign(SPEND_KEY, ackDigest(id, 10, 1));
        bytes32 high = bytes32(N - uint256(s));
        bytes memory asIs = rowOf(terms, 10, 1, CompactSignature({r: r, vs: high}));
        bytes32 cut = high & bytes32(type(uint256).max >> 1);
        bytes memory masked = rowOf(terms, 10, 1, CompactSignature({r: r, vs: cut}));
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, bytes.concat(asIs, masked));
        vm.assertEq(bitmap, 0, "high s");
    }

    function test_redeem_ignoresClosedChannel() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.startPrank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + _class.thaw);
        vouchers.withdraw(_class, terms);
        vm.stopPrank();
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rowOf(terms, 10));
        vm.assertEq(bitmap, 0, "closed");
        vm.assertEq(redeemedOf(id), 0, "redeemed");
    }

    function test_redeem_ignoresAboveTheUnitsOfAChannel() external {
        (Channel memory terms,) = openChannel(_class, uint128(UNITS_MAX));
        (, uint256 bitmap,) =
            vouchers.redeemBatch(_class, node, rowOf(terms, uint128(UNITS_MAX + 1)));
        vm.assertEq(bitmap, 0, "above 2^63 - 1");
        (, bitmap,) = vouchers.redeemBatch(_class, node, rowOf(terms, uint128(UNITS_MAX)));
        vm.assertEq(bitmap, 1, "at 2^63 - 1");
    }

    // Invariant 10: no signature is good anywhere else

    function test_redeem_ignoresAckOfAnotherContract() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        _expectUseless(terms, digestOf(separatorOf(address(providers)), ackHash(id, 10, 1)));
    }

    function test_redeem_ignoresAckOfAnotherChain() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        bytes32 separator = separatorOf(address(vouchers), block.chainid + 1);
        _expectUseless(terms, digestOf(separator, ackHash(id, 10, 1)));
    }

    /// A fork of the chain keeps the contract and its state, and changes the chain id.
    function test_redeem_ignoresAckAfterAChainSplit() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        bytes memory row = rowOf(terms, 10);
        vm.chainId(block.chainid + 1);
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, row);
        vm.assertEq(bitmap, 0, "other chain");
    }

    function test_redeem_ignoresAckOfAnotherChannel() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        Channel memory other = channelOf(_class);
        other.salt = keccak256("other salt");
        bytes32 otherId = openChannel(_class, other, UNITS);
        _expectUseless(terms, ackDigest(otherId, 10, 1));
    }

    function test_redeem_ignoresAckOfAnotherKey() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        CompactSignature memory sig = sign(SPEND2_KEY, ackDigest(id, 10, 1));
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rowOf(terms, 10, 1, sig));
        vm.assertEq(bitmap, 0, "other key");
    }

    function test_redeem_ignoresReleaseAsAck() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        _expectUseless(terms, releaseDigest(id, 10));
    }

    function test_redeem_ignoresRowsForAnotherNode() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node2, rowOf(terms, 10));
        vm.assertEq(bitmap, 0, "other node");
        vm.assertEq(redeemedOf(id), 0, "redeemed");
    }

    function test_redeem_ignoresRowsOfAnotherClass() external {
        Class memory other = plainClass();
        other.unitPrice = 2 ** 64;
        fund(holder, other, 1);
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        (, uint256 bitmap,) = vouchers.redeemBatch(other, node, rowOf(terms, 10));
        vm.assertEq(bitmap, 0, "other class");
        vm.assertEq(redeemedOf(id), 0, "redeemed");
    }

    // Time

    /// Invariant 6.
    function testFuzz_redeem_paysBeforeThawAt(uint256 wait) external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + bound(wait, 0, _class.thaw - 1));
        vouchers.redeemBatch(_class, node, rowOf(terms, UNITS));
        vm.assertEq(redeemedOf(id), UNITS, "redeemed");
    }

    /// What was signed stays owed until the holder has withdrawn.
    function test_redeem_paysAfterThawAtUntilWithdrawn() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        vm.prank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + 2 * uint256(_class.thaw));
        vouchers.redeemBatch(_class, node, rowOf(terms, 10));
        vm.assertEq(redeemedOf(id), 10, "redeemed");
        vm.prank(holder);
        vouchers.withdraw(_class, terms);
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rowOf(terms, 11));
        vm.assertEq(bitmap, 0, "too late");
    }

    function test_redeem_succeedsUntilExpiryAndGrace() external {
        (Channel memory terms, bytes32 id) = openChannel(_class, UNITS);
        uint256 end = uint256(_class.expiry) + GRACE;
        vm.warp(end - 1);
        vouchers.redeemBatch(_class, node, rowOf(terms, 10));
        vm.assertEq(redeemedOf(id), 10, "redeemed");
        bytes memory row = rowOf(terms, 11);
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.RedemptionEnded.selector, end));
        vouchers.redeemBatch(_class, node, row);
    }

    /// Redemption is never refused for lack of trust or stake.
    function test_redeem_succeedsIfNodeIsRevoked() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        vm.prank(provider);
        providers.revoke(node);
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, rowOf(terms, 10));
        vm.assertEq(bitmap, 1, "paid");
    }

    // The batch itself

    function test_redeem_failsIfLengthIsWrong() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        bytes memory row = rowOf(terms, 10);
        _expectLength(bytes.concat(row, hex"00"));
        _expectLength("");
        bytes memory short = new bytes(159);
        _expectLength(short);
        _expectLength(new bytes(257 * 160));
    }

    function test_redeem_failsIfNodeIsUnknown() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        bytes memory row = rowOf(terms, 10);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.UnknownNode.selector, stranger));
        vouchers.redeemBatch(_class, stranger, row);
    }

    function test_redeem_failsIfClassIsUnknown() external {
        (Channel memory terms,) = openChannel(_class, UNITS);
        bytes memory row = rowOf(terms, 10);
        Class memory other = courtClass();
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.UnknownClass.selector, idOf(other))
        );
        vouchers.redeemBatch(other, node, row);
    }

    function test_redeem_takes256Rows() external {
        bytes memory rows;
        uint256 total;
        for (uint256 i = 0; i < 256; ++i) {
            Channel memory terms = channelOf(_class);
            terms.salt = bytes32(i);
            openChannel(_class, terms, 100);
            rows = bytes.concat(rows, rowOf(terms, 37));
            total += paidFor(_class, 0, 37);
        }
        (, uint256 bitmap, uint256 paid) = vouchers.redeemBatch(_class, node, rows);
        vm.assertEq(bitmap, type(uint256).max, "all");
        vm.assertEq(paid, total, "paid");
    }

    function _expectUseless(Channel memory terms, bytes32 digest) private {
        bytes memory row = rowOf(terms, 10, 1, sign(SPEND_KEY, digest));
        (, uint256 bitmap,) = vouchers.redeemBatch(_class, node, row);
        vm.assertEq(bitmap, 0, "signature of something else");
        // The same row with the right digest is good: the test would notice if it were not.
        row = rowOf(terms, 10, 1, sign(SPEND_KEY, ackDigest(idOf(terms), 10, 1)));
        (, bitmap,) = vouchers.redeemBatch(_class, node, row);
        vm.assertEq(bitmap, 1, "control");
    }

    function _expectLength(bytes memory rows) private {
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.InvalidRowsLength.selector, rows.length)
        );
        vouchers.redeemBatch(_class, node, rows);
    }
}
