// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEarnings} from "contracts/interfaces/IEarnings.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Class} from "contracts/types/Class.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Fixture} from "./base/Fixture.sol";
import {HostileReceiver} from "./mocks/HostileReceiver.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

contract VouchersMintTest is Fixture {
    uint256 private constant UNITS = 1_000_000_007;

    // mint

    function testFuzz_mint_takesTheCostRoundedUp(uint256 units, Class memory class) external {
        _makeValid(class);
        units = bound(units, 1, UNITS_MAX);
        uint256 cost = ceilDiv(units * totalRate(class), SCALE);
        usd.mint(holder, cost);
        vm.startPrank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        (uint256 id, uint256 paid) = vouchers.mint(class, units, stranger);
        vm.stopPrank();
        vm.assertEq(id, idOf(class), "id is hashStruct");
        vm.assertEq(paid, cost, "cost");
        vm.assertEq(usd.balanceOf(holder), 0, "paid by the caller");
        vm.assertEq(vouchers.balanceOf(stranger, id), units, "units");
        vm.assertEq(vouchers.minted(id), units, "minted");
        vm.assertEq(burnedScaled(address(usd)), cost * SCALE - units * totalRate(class), "dust");
    }

    function test_mint_announcesAClassOnce() external {
        Class memory class = plainClass();
        usd.mint(holder, 1_000);
        vm.startPrank(holder);
        usd.approve(address(vouchers), 1_000);
        vm.expectEmit(true, true, true, true, address(vouchers));
        emit IVouchers.ClassCreated(idOf(class), class);
        vouchers.mint(class, 1, holder);
        vm.recordLogs();
        vouchers.mint(class, 1, holder);
        vm.stopPrank();
        vm.assertEq(vm.getRecordedLogs().length, 2, "transfer of money and of units only");
    }

    function test_mint_failsIfZeroUnits() external {
        _expectMintRevert(plainClass(), 0, abi.encodePacked(IVouchers.ZeroUnits.selector));
    }

    function test_mint_failsIfPriceOutOfBounds() external {
        Class memory class = plainClass();
        class.unitPrice = 0;
        _expectOutOfBounds(class, "unitPrice");
        class.unitPrice = 2 ** 64 + 1;
        _expectOutOfBounds(class, "unitPrice");
        class.unitPrice = type(uint128).max;
        _expectOutOfBounds(class, "unitPrice");
    }

    function test_mint_failsIfExpiryOutOfBounds() external {
        Class memory class = plainClass();
        class.expiry = uint64(NOW + 5 * 365 days + 1);
        _expectOutOfBounds(class, "expiry");
        class.expiry = type(uint64).max;
        _expectOutOfBounds(class, "expiry");
    }

    function test_mint_failsIfExpired() external {
        Class memory class = plainClass();
        class.expiry = uint64(NOW);
        _expectMintRevert(
            class, 1, abi.encodeWithSelector(IVouchers.ClassExpired.selector, class.expiry)
        );
        class = plainClass();
        fund(holder, class, 1);
        vm.warp(class.expiry);
        _expectMintRevert(
            class, 1, abi.encodeWithSelector(IVouchers.ClassExpired.selector, class.expiry)
        );
    }

    function test_mint_failsIfThawOutOfBounds() external {
        Class memory class = plainClass();
        class.thaw = 3 days - 1;
        _expectOutOfBounds(class, "thaw");
        class.thaw = 30 days + 1;
        _expectOutOfBounds(class, "thaw");
    }

    function test_mint_failsIfWindowOutOfBounds() external {
        Class memory class = courtClass();
        class.window = 30 days + 1;
        _expectOutOfBounds(class, "window");
    }

    function test_mint_failsIfBpsOutOfBounds() external {
        Class memory class = plainClass();
        class.premiumBps = 10_001;
        _expectOutOfBounds(class, "premiumBps");
        class = plainClass();
        class.burnBps = 10_001;
        _expectOutOfBounds(class, "burnBps");
    }

    function test_mint_succeedsAtEveryBound() external {
        Class memory class = plainClass();
        class.unitPrice = 2 ** 64;
        class.expiry = uint64(NOW + 5 * 365 days);
        class.thaw = 30 days;
        class.window = 30 days;
        class.premiumBps = 10_000;
        class.burnBps = 10_000;
        class.court = address(court);
        fund(holder, class, type(uint128).max);
        vm.assertEq(vouchers.minted(idOf(class)), type(uint128).max, "everything");
        _expectMintRevert(
            class, 1, abi.encodeWithSelector(IVouchers.TooManyUnits.selector, 1, 0)
        );
    }

    function test_mint_failsIfSupplyIsExceeded() external {
        Class memory class = plainClass();
        _expectMintRevert(
            class,
            type(uint256).max,
            abi.encodeWithSelector(
                IVouchers.TooManyUnits.selector, type(uint256).max, type(uint128).max
            )
        );
    }

    function test_mint_failsIfTokenKeepsFee() external {
        (Class memory class, HostileToken token) = _hostileClass(1_000_000);
        token.setFee(100);
        uint256 cost = vouchers.quote(class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEarnings.UnexpectedAmountReceived.selector, cost, cost - cost / 100
            )
        );
        vm.prank(holder);
        vouchers.mint(class, UNITS, holder);
    }

    function test_mint_failsIfTokenGivesMore() external {
        (Class memory class, HostileToken token) = _hostileClass(1_000_000);
        token.setGenerous(true);
        uint256 cost = vouchers.quote(class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.UnexpectedAmountReceived.selector, cost, cost + 1)
        );
        vm.prank(holder);
        vouchers.mint(class, UNITS, holder);
    }

    function test_mint_failsIfTokenHasNoCode() external {
        Class memory class = plainClass();
        class.token = stranger;
        vm.expectRevert();
        vm.prank(holder);
        vouchers.mint(class, UNITS, holder);
    }

    /// Payer = msg.sender: an allowance given to the contract is of no use to anybody else.
    function test_mint_failsToSpendSomebodyElsesAllowance() external {
        usd.mint(holder, 1e12);
        vm.prank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        Class memory class = plainClass();
        uint256 cost = vouchers.quote(class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(vouchers), 0, cost
            )
        );
        vm.prank(stranger);
        vouchers.mint(class, UNITS, stranger);
    }

    /// Only what is locked may lie in the contract: nobody can send units there.
    function test_mint_failsToTheContractItself() external {
        usd.mint(holder, 1e12);
        Class memory class = plainClass();
        vm.startPrank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InvalidReceiver.selector, address(vouchers)
            )
        );
        vouchers.mint(class, UNITS, address(vouchers));
        vouchers.mint(class, UNITS, holder);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InvalidReceiver.selector, address(vouchers)
            )
        );
        vouchers.safeTransferFrom(holder, address(vouchers), idOf(class), 1, "");
        vm.stopPrank();
    }

    function test_mint_failsIfReceiverRefuses() external {
        HostileReceiver receiver = new HostileReceiver();
        receiver.setRefuse(true);
        Class memory class = plainClass();
        usd.mint(holder, 1e12);
        vm.startPrank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        vm.expectRevert(bytes("refused"));
        vouchers.mint(class, UNITS, address(receiver));
        vm.stopPrank();
        vm.assertEq(usd.balanceOf(holder), 1e12, "nothing paid");
    }

    // mintWithPermit

    function test_mintWithPermit_succeedsWithPermit() external {
        (address payer, uint8 v, bytes32 r, bytes32 s, uint256 cost) = _permit(UNITS);
        vm.prank(payer);
        vouchers.mintWithPermit(plainClass(), UNITS, payer, NOW, v, r, s);
        vm.assertEq(usd.balanceOf(address(vouchers)), cost, "paid");
        vm.assertEq(usd.allowance(payer, address(vouchers)), 0, "exactly the cost");
    }

    /// Somebody sends the permit first: the signature is used up, the allowance is there.
    function test_mintWithPermit_succeedsIfPermitWasHijacked() external {
        (address payer, uint8 v, bytes32 r, bytes32 s, uint256 cost) = _permit(UNITS);
        vm.prank(stranger);
        usd.permit(payer, address(vouchers), cost, NOW, v, r, s);
        vm.prank(payer);
        vouchers.mintWithPermit(plainClass(), UNITS, payer, NOW, v, r, s);
        vm.assertEq(vouchers.balanceOf(payer, idOf(plainClass())), UNITS, "units");
    }

    function test_mintWithPermit_succeedsWithTokenWithoutPermit() external {
        (Class memory class,) = _hostileClass(1_000_000_000);
        vm.prank(holder);
        vouchers.mintWithPermit(class, UNITS, holder, NOW, 27, bytes32(0), bytes32(0));
        vm.assertEq(vouchers.balanceOf(holder, idOf(class)), UNITS, "units");
    }

    function test_mintWithPermit_failsWithoutPermitAndAllowance() external {
        usd.mint(holder, 1e12);
        Class memory class = plainClass();
        uint256 cost = vouchers.quote(class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(vouchers), 0, cost
            )
        );
        vm.prank(holder);
        vouchers.mintWithPermit(class, UNITS, holder, NOW, 27, bytes32(0), bytes32(0));
    }

    // reclaim

    function testFuzz_reclaim_paysTheBacking(uint256 units, uint256 part) external {
        Class memory class = plainClass();
        units = bound(units, 1, UNITS_MAX);
        part = bound(part, 1, units);
        fund(holder, class, units);
        vm.warp(uint256(class.expiry) + GRACE);
        vm.startPrank(holder);
        uint256 amount = vouchers.reclaim(class, part, stranger);
        if (part < units) amount += vouchers.reclaim(class, units - part, stranger);
        vm.stopPrank();
        vm.assertLe(amount, units * class.unitPrice / 1e9, "invariant 5: splitting gains nothing");
        vm.assertGe(amount + 1, units * class.unitPrice / 1e9, "at most a base unit per part");
        vm.assertEq(usd.balanceOf(stranger), amount, "paid to the address of choice");
        vm.assertEq(
            usd.balanceOf(address(vouchers)) * SCALE,
            burnedScaled(address(usd)),
            "premium and dust are burned"
        );
    }

    function test_reclaim_failsBeforeTheEndOfRedemption() external {
        Class memory class = plainClass();
        fund(holder, class, UNITS);
        uint256 end = uint256(class.expiry) + GRACE;
        vm.warp(end - 1);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.RedemptionOpen.selector, end));
        vm.prank(holder);
        vouchers.reclaim(class, UNITS, holder);
    }

    function test_reclaim_failsWithoutUnits() external {
        Class memory class = plainClass();
        fund(holder, class, UNITS);
        vm.warp(uint256(class.expiry) + GRACE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, stranger, 0, 1, idOf(class)
            )
        );
        vm.prank(stranger);
        vouchers.reclaim(class, 1, stranger);
        vm.expectRevert(IVouchers.ZeroUnits.selector);
        vm.prank(holder);
        vouchers.reclaim(class, 0, holder);
    }

    function test_reclaim_failsToNowhere() external {
        Class memory class = plainClass();
        fund(holder, class, UNITS);
        vm.warp(uint256(class.expiry) + GRACE);
        vm.startPrank(holder);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(0))
        );
        vouchers.reclaim(class, 1, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(vouchers))
        );
        vouchers.reclaim(class, 1, address(vouchers));
        vm.stopPrank();
    }

    function test_reclaim_failsIfClassIsUnknown() external {
        Class memory class = plainClass();
        vm.warp(uint256(class.expiry) + GRACE);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.UnknownClass.selector, idOf(class))
        );
        vm.prank(holder);
        vouchers.reclaim(class, 1, holder);
    }

    // transfer

    function testFuzz_transfer_movesUnits(uint256 part) external {
        Class memory class = plainClass();
        part = bound(part, 0, UNITS);
        fund(holder, class, UNITS);
        uint256 id = idOf(class);
        vm.prank(holder);
        vouchers.safeTransferFrom(holder, stranger, id, part, "");
        vm.assertEq(vouchers.balanceOf(stranger, id), part, "moved");
        vm.assertEq(vouchers.balanceOf(holder, id), UNITS - part, "left");
    }

    function test_transfer_failsWithoutApproval() external {
        Class memory class = plainClass();
        fund(holder, class, UNITS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155MissingApprovalForAll.selector, stranger, holder
            )
        );
        vm.prank(stranger);
        vouchers.safeTransferFrom(holder, stranger, idOf(class), 1, "");
    }

    // settle

    function test_settle_failsWithNothingEarned() external {
        vm.expectRevert(IEarnings.NothingToSettle.selector);
        vm.prank(provider);
        vouchers.settle(address(usd), provider);
    }

    function test_devStablecoin_hasSixDecimals() external view {
        vm.assertEq(usd.decimals(), 6, "decimals");
    }

    function _makeValid(Class memory class) private view {
        class.token = address(usd);
        class.unitPrice = uint128(bound(class.unitPrice, 1, 2 ** 64));
        class.expiry = uint64(bound(class.expiry, NOW + 1, NOW + 5 * 365 days));
        class.thaw = uint32(bound(class.thaw, 3 days, 30 days));
        class.window = uint32(bound(class.window, 0, 30 days));
        class.premiumBps = uint16(bound(class.premiumBps, 0, 10_000));
        class.burnBps = uint16(bound(class.burnBps, 0, 10_000));
    }

    function _hostileClass(uint256 amount)
        private
        returns (Class memory class, HostileToken token)
    {
        token = new HostileToken();
        token.mint(holder, amount * 1e9);
        vm.prank(holder);
        token.approve(address(vouchers), type(uint256).max);
        class = plainClass();
        class.token = address(token);
    }

    function _permit(uint256 units)
        private
        returns (address payer, uint8 v, bytes32 r, bytes32 s, uint256 cost)
    {
        payer = vm.addr(0x9A4E4);
        cost = vouchers.quote(plainClass(), units);
        usd.mint(payer, cost);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,"
                    "uint256 deadline)"
                ),
                payer,
                address(vouchers),
                cost,
                0,
                NOW
            )
        );
        (v, r, s) = vm.sign(0x9A4E4, digestOf(usd.DOMAIN_SEPARATOR(), structHash));
    }

    function _expectOutOfBounds(Class memory class, string memory field) private {
        _expectMintRevert(
            class, 1, abi.encodeWithSelector(IVouchers.ClassOutOfBounds.selector, field)
        );
    }

    function _expectMintRevert(Class memory class, uint256 units, bytes memory why) private {
        usd.mint(holder, 1e40);
        vm.startPrank(holder);
        usd.approve(address(vouchers), type(uint256).max);
        vm.expectRevert(why);
        vouchers.mint(class, units, holder);
        vm.stopPrank();
    }
}
