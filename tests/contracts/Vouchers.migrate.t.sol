// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevStablecoin} from "contracts/DevStablecoin.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {Fixture} from "./base/Fixture.sol";

contract VouchersMigrateTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;
    Class private _from;
    Class private _into;

    function setUp() public override {
        super.setUp();
        _from = plainClass();
        _into = plainClass();
        _into.expiry += 90 days;
        _into.unitPrice = 7_654_321;
        _into.premiumBps = 333;
    }

    /// Odd prices and shares: the money that was there is there, to the last 1e-17 of a base unit.
    function testFuzz_migrate_conservesMoney(
        uint256 units,
        uint256 part,
        uint64[2] memory prices,
        uint16[4] memory bps
    ) external {
        _from.unitPrice = _price(prices[0]);
        _into.unitPrice = _price(prices[1]);
        (_from.premiumBps, _from.burnBps) = (_bps(bps[0]), _bps(bps[1]));
        (_into.premiumBps, _into.burnBps) = (_bps(bps[2]), _bps(bps[3]));
        units = bound(units, 1e12, 1e20);
        part = bound(part, 1e12, units);
        fund(holder, _from, units);
        uint256 held = usd.balanceOf(address(vouchers));
        uint256 expected = part * _from.unitPrice * 1e8 / totalRate(_into);
        if (expected == 0) return;
        vm.prank(holder);
        uint256 received = vouchers.migrate(_from, _into, part, stranger);
        vm.assertEq(received, expected, "as the backing pays");
        vm.assertEq(vouchers.balanceOf(holder, idOf(_from)), units - part, "burned");
        vm.assertEq(vouchers.balanceOf(stranger, idOf(_into)), received, "minted");
        vm.assertEq(vouchers.minted(idOf(_into)), received, "counted");
        vm.assertEq(usd.balanceOf(address(vouchers)), held, "no token moves");
        vm.assertEq(
            held * SCALE,
            (units - part) * totalRate(_from) + received * totalRate(_into)
                + burnedScaled(address(usd)),
            "conserved"
        );
    }

    function test_migrate_announces() external {
        fund(holder, _from, UNITS);
        uint256 received = uint256(UNITS) * _from.unitPrice * 1e8 / totalRate(_into);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ClassCreated(idOf(_into), _into);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.Migrated(holder, idOf(_from), idOf(_into), stranger, UNITS, received);
        vm.prank(holder);
        vouchers.migrate(_from, _into, UNITS, stranger);
    }

    /// Nobody gains by going through other classes: what comes back is at most what a reclaim of
    /// the first units pays.
    function testFuzz_migrate_makesNoProfit(uint256 units, uint16 bps) external {
        _into.premiumBps = _bps(bps);
        units = bound(units, 1e9, 1e20);
        fund(holder, _from, units);
        uint256 direct = units * _from.unitPrice * 1e8 / SCALE;
        vm.startPrank(holder);
        uint256 received = vouchers.migrate(_from, _into, units, holder);
        vm.warp(uint256(_into.expiry) + GRACE);
        vm.assertLe(vouchers.reclaim(_into, received, holder), direct, "no profit");
        vm.stopPrank();
    }

    function test_migrate_failsForAnotherToken() external {
        fund(holder, _from, UNITS);
        _into.token = address(new DevStablecoin());
        _expectNotMigratable();
        vouchers.migrate(_from, _into, UNITS, holder);
    }

    /// Forward only: units never get to their backing sooner. An equal expiry is forward enough.
    function test_migrate_failsBackward() external {
        fund(holder, _from, UNITS);
        _into.expiry = _from.expiry - 1;
        _expectNotMigratable();
        vouchers.migrate(_from, _into, UNITS, holder);
        _into.expiry = _from.expiry;
        vm.prank(holder);
        vouchers.migrate(_from, _into, UNITS, holder);
    }

    /// A class that has ended is no place to go, but a place to come from.
    function test_migrate_failsIntoAnExpiredClass() external {
        fund(holder, _from, UNITS);
        vm.warp(_into.expiry);
        _expect(abi.encodeWithSelector(IVouchers.ClassExpired.selector, _into.expiry));
        vouchers.migrate(_from, _into, UNITS, holder);
        vm.warp(_into.expiry - 1);
        vm.assertGt(block.timestamp, _from.expiry, "the other has ended");
        vm.prank(holder);
        vouchers.migrate(_from, _into, UNITS, holder);
    }

    /// Free units only: what a channel holds is promised to its node.
    function test_migrate_failsWithLockedUnits() external {
        openChannel(_from, UNITS);
        fund(holder, _from, 5);
        _expect(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, holder, 5, 6, idOf(_from)
            )
        );
        vouchers.migrate(_from, _into, 6, holder);
    }

    function test_migrate_failsIfNothingComesOut() external {
        fund(holder, _from, UNITS);
        _expect(abi.encodePacked(IVouchers.ZeroUnits.selector));
        vouchers.migrate(_from, _into, 0, holder);
        _expect(abi.encodePacked(IVouchers.ZeroUnits.selector));
        vouchers.migrate(_from, _into, 1, holder);
    }

    function test_migrate_failsFromAnUnknownClass() external {
        _expect(abi.encodeWithSelector(IVouchers.UnknownClass.selector, idOf(_from)));
        vouchers.migrate(_from, _into, 1, holder);
    }

    /// The first units of a class may come from here, so its bounds are checked here too.
    function test_migrate_failsIntoAClassOutOfBounds() external {
        fund(holder, _from, UNITS);
        _into.unitPrice = 0;
        _expect(abi.encodeWithSelector(IVouchers.ClassOutOfBounds.selector, "unitPrice"));
        vouchers.migrate(_from, _into, UNITS, holder);
        _into.unitPrice = 1;
        _into.window = 30 days + 1;
        _expect(abi.encodeWithSelector(IVouchers.ClassOutOfBounds.selector, "window"));
        vouchers.migrate(_from, _into, UNITS, holder);
    }

    function test_migrate_failsAboveTheSupply() external {
        _from.unitPrice = 2 ** 64;
        _into.unitPrice = 1;
        uint256 cost = ceilDiv(2 ** 90 * totalRate(_from), SCALE);
        usd.mint(holder, cost);
        vm.startPrank(holder);
        usd.approve(address(vouchers), cost);
        vouchers.mint(_from, 2 ** 90, holder);
        vm.expectRevert();
        vouchers.migrate(_from, _into, 2 ** 90, holder);
        vm.stopPrank();
    }

    function _price(uint64 seed) private pure returns (uint128) {
        return uint128(bound(seed, 1, 1e12));
    }

    function _bps(uint16 seed) private pure returns (uint16) {
        return uint16(bound(seed, 0, 10_000));
    }

    function _expectNotMigratable() private {
        _expect(
            abi.encodeWithSelector(
                IVouchers.NotMigratable.selector, idOf(_from), idOf(_into)
            )
        );
    }

    /// @dev The next call comes from the holder and fails.
    function _expect(bytes memory why) private {
        vm.expectRevert(why);
        vm.prank(holder);
    }
}
