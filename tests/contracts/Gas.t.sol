// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";

/// @notice What each transaction costs, base fee and calldata included, and what the code weighs:
/// snapshots/*.json, compared at every run.
/// forge-config: default.isolate = true
contract GasTest is Fixture {
    uint128 private constant UNITS = 1_000_000_007;

    /// @dev Not the first of its kind: the class exists, the accounts have balances.
    function setUp() public override {
        super.setUp();
        fund(holder, plainClass(), 10 * uint256(UNITS));
        fund(holder, courtClass(), 10 * uint256(UNITS));
        Channel memory terms = channelOf(plainClass());
        terms.salt = "warm";
        openChannel(plainClass(), terms, UNITS);
        vouchers.redeemBatch(plainClass(), node, rowOf(terms, UNITS));
        vm.prank(provider);
        vouchers.settle(address(usd), provider);
        vouchers.redeemBatch(plainClass(), node, rowOf(terms, UNITS));
        usd.mint(holder, 1e30);
        vm.prank(holder);
        usd.approve(address(vouchers), type(uint256).max);
    }

    function test_gas_sizes() external {
        vm.snapshotValue("bytes of Vouchers", address(vouchers).code.length);
        vm.snapshotValue("bytes of Providers", address(providers).code.length);
        vm.assertLe(address(vouchers).code.length, 24_300, "EIP-170, with room to spare");
        vm.assertLe(address(providers).code.length, 24_576, "EIP-170");
    }

    /// The bar for a class with a court, without the price of a transaction and its calldata.
    /// forge-config: default.isolate = false
    function test_gas_redeemWithCourtAsACall() external {
        bytes memory rows = _rows(courtClass(), 50);
        uint256 gas = gasleft();
        vouchers.redeemBatch(courtClass(), node, rows);
        gas -= gasleft();
        vm.assertLe(gas, 50 * 18_000, "each of 50 rows");
    }

    function test_gas_mint() external {
        vm.prank(holder);
        vouchers.mint(plainClass(), UNITS, holder);
        vm.snapshotGasLastCall("mint");
        Class memory class = plainClass();
        class.unitPrice += 1;
        vm.prank(holder);
        vouchers.mint(class, UNITS, holder);
        vm.snapshotGasLastCall("mint, first of a class");
    }

    function test_gas_holder() external {
        Class memory class = plainClass();
        Channel memory terms = channelOf(class);
        vm.prank(holder);
        bytes32 id = vouchers.open(class, terms, UNITS);
        vm.snapshotGasLastCall("open");
        vm.prank(holder);
        vouchers.topUp(class, terms, UNITS);
        vm.snapshotGasLastCall("topUp");
        vm.prank(holder);
        vouchers.open(class, terms, UNITS);
        vm.snapshotGasLastCall("open, an open channel");
        CompactSignature memory ack = sign(SPEND_KEY, ackDigest(id, 77, 1));
        CompactSignature memory release = sign(NODE_KEY, releaseDigest(id, 77));
        vm.prank(holder);
        vouchers.close(class, terms, 77, 1, ack, release);
        vm.snapshotGasLastCall("close");
        terms.salt = "thaw";
        vm.startPrank(holder);
        vouchers.open(class, terms, UNITS);
        vouchers.thaw(class, terms);
        vm.snapshotGasLastCall("thaw");
        vm.warp(NOW + class.thaw);
        vouchers.withdraw(class, terms);
        vm.snapshotGasLastCall("withdraw");
        vm.stopPrank();
    }

    function test_gas_withoutAChannel() external {
        Class memory class = plainClass();
        Class memory later = plainClass();
        later.expiry += 90 days;
        fund(holder, later, UNITS);
        vm.startPrank(holder);
        vouchers.migrate(class, later, UNITS, holder);
        vm.snapshotGasLastCall("migrate");
        vouchers.spend(class, channelOf(class), UNITS);
        vm.snapshotGasLastCall("spend");
        vouchers.spend(courtClass(), channelOf(courtClass()), UNITS);
        vm.snapshotGasLastCall("spend with court");
        vm.stopPrank();
    }

    function test_gas_court() external {
        Class memory class = courtClass();
        (Channel memory terms, bytes32 id) = openChannel(class, UNITS);
        vouchers.redeemBatch(class, node, rowOf(terms, UNITS - 2));
        bytes memory records = recordOf(id, 0, UNITS - 2, uint64((UNITS - 2) % 1_000));
        court.reserve(class, terms, 1, uint40(NOW + 1 days));
        vm.snapshotGasLastCall("reserve");
        court.split(class, terms, 1, 0, 1_000, uint40(NOW), records);
        vm.snapshotGasLastCall("split, one-row batch");
        court.refund(class, terms, 1, 0, 1_000, records);
        vm.snapshotGasLastCall("refund, one-row batch");
        court.advance(class, terms, UNITS);
        vm.snapshotGasLastCall("advance");
    }

    function test_gas_redeem() external {
        _redeem(plainClass(), 1, "redeemBatch, 1 row");
        _redeem(plainClass(), 16, "redeemBatch, 16 rows");
        uint256 gas = _redeem(plainClass(), 256, "redeemBatch, 256 rows");
        vm.snapshotValue("redeemBatch, each of 256 rows", gas / 256);
        vm.prank(provider);
        vouchers.settle(address(usd), provider);
        vm.snapshotGasLastCall("settle");
    }

    /// Every row is a channel's first: `redeemed` shares a slot with `locked`, so later ones cost
    /// the same.
    function test_gas_redeemWithCourt() external {
        _redeem(courtClass(), 1, "redeemBatch with court, 1 row");
        uint256 gas = _redeem(courtClass(), 50, "redeemBatch with court, 50 rows");
        vm.snapshotValue("redeemBatch with court, each of 50 rows", gas / 50);
        gas = _redeem(courtClass(), 256, "redeemBatch with court, 256 rows");
        vm.snapshotValue("redeemBatch with court, each of 256 rows", gas / 256);
        vm.warp(NOW + 10 days);
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (1, 2);
        vouchers.release(ids);
        vm.snapshotGasLastCall("release, 2 batches");
    }

    /// Useless rows of 256, the dearest kind: a real channel and a wrong signature.
    function test_gas_redeemJunk() external {
        Class memory class = plainClass();
        (Channel memory terms, bytes32 id) = openChannel(class, UNITS);
        CompactSignature memory wrong = sign(SPEND2_KEY, ackDigest(id, 5, 1));
        bytes memory row = rowOf(terms, 5, 1, wrong);
        bytes memory rows;
        for (uint256 i = 0; i < 256; ++i) rows = bytes.concat(rows, row);
        vouchers.redeemBatch(class, node, rows);
        vm.snapshotGasLastCall("redeemBatch, 256 useless rows");
    }

    function test_gas_providers() external {
        address court_ = address(court);
        address token = address(usd);
        usd.mint(provider, 1e12);
        vm.startPrank(provider);
        usd.approve(address(providers), 1e12);
        CompactSignature memory sig = sign(0xBEEF, joinDigest(provider));
        providers.join(vm.addr(0xBEEF), sig);
        vm.snapshotGasLastCall("join");
        providers.stake(node, token, court_, 1e10);
        vm.snapshotGasLastCall("stake");
        providers.exit(node, token, court_);
        vm.snapshotGasLastCall("exit");
        vm.warp(NOW + EXIT_DELAY);
        providers.withdraw(node, token, court_, provider);
        vm.snapshotGasLastCall("withdraw bond");
        vm.stopPrank();
    }

    function _redeem(Class memory class, uint256 count, string memory name)
        private
        returns (uint256 gas)
    {
        bytes memory rows = _rows(class, count);
        vouchers.redeemBatch(class, node, rows);
        gas = vm.snapshotGasLastCall(name);
    }

    /// @dev A first ack of each of so many new channels.
    function _rows(Class memory class, uint256 count) private returns (bytes memory rows) {
        for (uint256 i = 0; i < count; ++i) {
            Channel memory terms = channelOf(class);
            terms.salt = keccak256(abi.encode(count, i));
            openChannel(class, terms, UNITS);
            rows = bytes.concat(rows, rowOf(terms, UNITS - 1));
        }
    }
}
