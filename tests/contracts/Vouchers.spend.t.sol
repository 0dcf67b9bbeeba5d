// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {Fixture} from "./base/Fixture.sol";

/// @notice Free units, spent without a channel.
contract VouchersSpendTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;
    Class private _class;
    Channel private _terms;

    function setUp() public override {
        super.setUp();
        _class = plainClass();
        _terms = channelOf(_class);
    }

    function testFuzz_spend_paysTheFloorAndBurns(uint128 units, uint128 rest) external {
        units = uint128(bound(units, 1, UNITS_MAX));
        rest = uint128(bound(rest, 0, UNITS));
        fund(holder, _class, uint256(units) + rest);
        vm.prank(holder);
        (uint256 batchId, uint256 paid) = vouchers.spend(_class, _terms, units);
        vm.assertEq(batchId, 0, "earned at once");
        vm.assertEq(paid, paidFor(_class, 0, units), "paid");
        vm.assertEq(vouchers.earned(provider, address(usd)), paid, "earned");
        vm.assertEq(vouchers.balanceOf(holder, idOf(_class)), rest, "burned");
        vm.assertEq(
            usd.balanceOf(address(vouchers)) * SCALE,
            burnedScaled(address(usd)) + paid * SCALE + rest * totalRate(_class),
            "to the last fraction"
        );
    }

    /// No bit: it moves no channel, and whoever follows channels has nothing to look at.
    function test_spend_announcesWithoutABit() external {
        fund(holder, _class, 77);
        uint256 paid = paidFor(_class, 0, 77);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.BatchRedeemed(provider, idOf(_class), 0, 0, 77, paid);
        vm.prank(holder);
        vouchers.spend(_class, _terms, 77);
    }

    /// A channel of the same terms neither pays nor changes.
    function test_spend_leavesAnOpenChannelAlone() external {
        bytes32 id = openChannel(_class, _terms, UNITS);
        fund(holder, _class, 5);
        _expect(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, holder, 5, 6, idOf(_class)
            )
        );
        vouchers.spend(_class, _terms, 6);
        vm.prank(holder);
        vouchers.spend(_class, _terms, 5);
        vm.assertEq(lockedOf(id), UNITS, "locked");
        vm.assertEq(redeemedOf(id), 0, "redeemed");
    }

    /// With a court the row waits like any other, and comes back to who spent it.
    function test_spend_waitsForTheCourt() external {
        Class memory class = courtClass();
        Channel memory terms = channelOf(class);
        fund(holder, class, UNITS);
        vm.prank(holder);
        (uint256 batchId, uint256 paid) = vouchers.spend(class, terms, UNITS);
        bytes memory records = recordOf(idOf(terms), 0, UNITS, 0);
        (,,,,, bytes32 rowsHash) = vouchers.batch(batchId);
        vm.assertEq(rowsHash, keccak256(records), "rowsHash");
        vm.assertEq(escrowOf(batchId), paid, "escrow");
        court.refund(class, terms, batchId, 0, 1_000, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), 1_000, "refunded");
        uint256 newId = court.split(
            class, terms, batchId, 0, uint128(paid - 1_000), uint40(NOW), records
        );
        vm.assertEq(escrowOf(newId), paid - 1_000, "split");
    }

    function test_spend_failsIfNotHolder() external {
        fund(stranger, _class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.NotHolder.selector, holder, stranger)
        );
        vm.prank(stranger);
        vouchers.spend(_class, _terms, 1);
    }

    function test_spend_failsIfZeroOrTooMany() external {
        fund(holder, _class, 2 ** 64);
        _expect(abi.encodePacked(IVouchers.ZeroUnits.selector));
        vouchers.spend(_class, _terms, 0);
        _expect(
            abi.encodeWithSelector(IVouchers.TooManyUnits.selector, UNITS_MAX + 1, UNITS_MAX)
        );
        vouchers.spend(_class, _terms, uint128(UNITS_MAX + 1));
    }

    function test_spend_failsIfNodeIsUnknown() external {
        fund(holder, _class, UNITS);
        _terms.node = stranger;
        _expect(abi.encodeWithSelector(IVouchers.UnknownNode.selector, stranger));
        vouchers.spend(_class, _terms, 1);
    }

    function test_spend_failsAfterTheEnd() external {
        fund(holder, _class, UNITS);
        uint256 end = uint256(_class.expiry) + GRACE;
        vm.warp(end);
        _expect(abi.encodeWithSelector(IVouchers.RedemptionEnded.selector, end));
        vouchers.spend(_class, _terms, 1);
        vm.warp(end - 1);
        vm.prank(holder);
        vouchers.spend(_class, _terms, 1);
    }

    function test_spend_failsIfClassIsAnother() external {
        Class memory other = courtClass();
        fund(holder, other, UNITS);
        _expect(
            abi.encodeWithSelector(
                IVouchers.ClassMismatch.selector, idOf(other), idOf(_class)
            )
        );
        vouchers.spend(other, _terms, 1);
    }

    /// @dev The next call comes from the holder and fails.
    function _expect(bytes memory why) private {
        vm.expectRevert(why);
        vm.prank(holder);
    }
}
