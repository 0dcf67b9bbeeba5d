// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IEarnings} from "contracts/interfaces/IEarnings.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";
import {HostileReceiver} from "./mocks/HostileReceiver.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice Whoever is called while a function of Vouchers runs, token or receiver, cannot call any
/// function that moves value.
contract VouchersReentrancyTest is Fixture {
    bytes32 private constant GUARDED =
        bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    Class private _class;
    HostileToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new HostileToken();
        _token.mint(holder, 1e30);
        _class = courtClass();
        _class.token = address(_token);
        vm.prank(holder);
        _token.approve(address(vouchers), type(uint256).max);
    }

    /// Every entry point, from within a token's transfer.
    function test_token_cannotReenterAnything() external {
        Channel memory terms = channelOf(_class);
        bytes[] memory calls = _everyCall(terms);
        for (uint256 i = 0; i < calls.length; ++i) {
            _token.setCallback(address(vouchers), calls[i]);
            vm.prank(holder);
            vouchers.mint(_class, 1e12, holder);
            vm.assertTrue(_token.callbackRan(), "tried");
            vm.assertEq(bytes32(_token.callbackError()), GUARDED, "guarded");
        }
    }

    /// From within each of the three functions that call a token.
    function test_token_cannotReenterFromAnyTransfer() external {
        (Channel memory terms,) = _open();
        bytes memory call = abi.encodeCall(IEarnings.settle, (address(_token), stranger));

        _token.setCallback(address(vouchers), call);
        vm.prank(holder);
        vouchers.mintWithPermit(_class, 1e12, holder, NOW, 27, bytes32(0), bytes32(0));
        vm.assertEq(bytes32(_token.callbackError()), GUARDED, "mintWithPermit");

        vouchers.redeemBatch(_class, node, rowOf(terms, 1e12));
        vm.warp(NOW + 10 days);
        uint256[] memory ids = new uint256[](1);
        ids[0] = 1;
        vouchers.release(ids);
        _token.setCallback(address(vouchers), call);
        vm.prank(provider);
        vouchers.settle(address(_token), provider);
        vm.assertEq(bytes32(_token.callbackError()), GUARDED, "settle");

        vm.warp(uint256(_class.expiry) + GRACE);
        _token.setCallback(address(vouchers), call);
        vm.prank(holder);
        vouchers.reclaim(_class, 1e12, holder);
        vm.assertEq(bytes32(_token.callbackError()), GUARDED, "reclaim");
    }

    function test_receiver_cannotReenterFromMintOrTransfer() external {
        HostileReceiver receiver = new HostileReceiver();
        bytes memory call = abi.encodeCall(IEarnings.settle, (address(_token), stranger));
        receiver.setCallback(address(vouchers), call);
        vm.prank(holder);
        vouchers.mint(_class, 100, address(receiver));
        vm.assertEq(bytes32(receiver.callbackError()), GUARDED, "mint");

        receiver = new HostileReceiver();
        receiver.setCallback(address(vouchers), call);
        vm.startPrank(holder);
        vouchers.mint(_class, 100, holder);
        vouchers.safeTransferFrom(holder, address(receiver), idOf(_class), 1, "");
        vm.assertEq(bytes32(receiver.callbackError()), GUARDED, "transfer");

        receiver = new HostileReceiver();
        receiver.setCallback(address(vouchers), call);
        vouchers.migrate(_class, _class, 10, address(receiver));
        vm.assertEq(bytes32(receiver.callbackError()), GUARDED, "migrate");

        receiver = new HostileReceiver();
        receiver.setCallback(address(vouchers), call);
        uint256[] memory two = new uint256[](2);
        two[0] = 1;
        two[1] = 1;
        uint256[] memory ids = new uint256[](2);
        ids[0] = idOf(_class);
        ids[1] = idOf(_class);
        vouchers.safeBatchTransferFrom(holder, address(receiver), ids, two, "");
        vm.stopPrank();
        vm.assertEq(bytes32(receiver.callbackError()), GUARDED, "batch transfer");
    }

    /// Invariant 7: a token that refuses to pay holds up its own payments only.
    function test_token_refusingHoldsUpNothingElse() external {
        (Channel memory terms,) = _open();
        Class memory plain = plainClass();
        Channel memory good = channelOf(plain);
        openChannel(plain, good, 1_000_000_000);
        _token.setRefuse(true);
        vouchers.redeemBatch(_class, node, rowOf(terms, 1e12));
        vouchers.redeemBatch(plain, node, rowOf(good, 1_000_000_000));
        vm.prank(provider);
        vouchers.settle(address(usd), provider);
        vm.assertEq(
            usd.balanceOf(provider), paidFor(plain, 0, 1_000_000_000), "the good token pays"
        );
        vm.startPrank(holder);
        vouchers.thaw(_class, terms);
        vm.warp(NOW + _class.thaw);
        vouchers.withdraw(_class, terms);
        vm.stopPrank();
    }

    function _open() private returns (Channel memory terms, bytes32 id) {
        terms = channelOf(_class);
        vm.startPrank(holder);
        vouchers.mint(_class, 3e12, holder);
        id = vouchers.open(_class, terms, 2e12);
        vm.stopPrank();
    }

    function _everyCall(Channel memory terms) private view returns (bytes[] memory calls) {
        CompactSignature memory none;
        uint256[] memory list = new uint256[](1);
        calls = new bytes[](18);
        calls[0] = abi.encodeCall(IVouchers.mint, (_class, 1, stranger));
        calls[1] = abi.encodeCall(
            IVouchers.mintWithPermit, (_class, 1, stranger, NOW, 27, bytes32(0), bytes32(0))
        );
        calls[2] = abi.encodeCall(IVouchers.open, (_class, terms, 1));
        calls[3] = abi.encodeCall(IVouchers.topUp, (_class, terms, 1));
        calls[4] = abi.encodeCall(IVouchers.thaw, (_class, terms));
        calls[5] = abi.encodeCall(IVouchers.withdraw, (_class, terms));
        calls[6] = abi.encodeCall(IVouchers.close, (_class, terms, 0, 0, none, none));
        calls[7] = abi.encodeCall(IVouchers.reclaim, (_class, 1, stranger));
        calls[8] = abi.encodeCall(IVouchers.redeemBatch, (_class, node, new bytes(160)));
        calls[9] = abi.encodeCall(IVouchers.release, (list));
        calls[10] = abi.encodeCall(IEarnings.settle, (address(_token), stranger));
        calls[11] = abi.encodeCall(IVouchers.reserve, (_class, terms, 0, uint40(0)));
        calls[12] = abi.encodeCall(IVouchers.advance, (_class, terms, 1));
        calls[13] = abi.encodeCall(IVouchers.refund, (_class, terms, 1, 0, 1, ""));
        calls[14] = abi.encodeCall(
            IERC1155.safeTransferFrom, (address(_token), stranger, 1, 1, "")
        );
        calls[15] = abi.encodeCall(IVouchers.split, (_class, terms, 1, 0, 1, uint40(NOW), ""));
        calls[16] = abi.encodeCall(IVouchers.migrate, (_class, _class, 1, stranger));
        calls[17] = abi.encodeCall(IVouchers.spend, (_class, terms, 1));
    }
}
