// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevStablecoin} from "contracts/DevStablecoin.sol";
import {IProviders} from "contracts/interfaces/IProviders.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {MockCourt} from "../mocks/MockCourt.sol";
import {IVouchersToken} from "./IVouchersToken.sol";
import {Test} from "./Test.sol";

/// @notice One deployed system with its actors, and the off-chain side written a second time:
/// hashes, signatures and rows are built here without the libraries under test.
abstract contract Fixture is Test {
    uint256 internal constant NOW = 1_900_000_000;
    uint256 internal constant NODE_KEY = 0xA0DE;
    uint256 internal constant NODE2_KEY = 0xA0DE2;
    uint256 internal constant SPEND_KEY = 0x59E4D;
    uint256 internal constant SPEND2_KEY = 0x59E4D2;
    uint256 internal constant SCALE = 1e17;
    uint256 internal constant EXIT_DELAY = 33 days;
    uint256 internal constant GRACE = 30 days;
    uint256 internal constant COURT_GRACE = 3 days;
    uint256 internal constant DEFERRAL_MAX = 30 days;
    uint40 internal constant CLOSED = type(uint40).max;
    uint256 internal constant UNITS_MAX = 2 ** 63 - 1;
    bytes32 internal constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    DevStablecoin internal usd;
    IProviders internal providers;
    IVouchersToken internal vouchers;
    MockCourt internal court;
    address internal holder;
    address internal stranger;
    address internal provider;
    address internal provider2;
    address internal node;
    address internal node2;
    address internal spend;
    address internal spend2;

    function setUp() public virtual {
        vm.warp(NOW);
        usd = new DevStablecoin();
        providers = IProviders(vm.deployCode("Providers.sol:Providers", ""));
        vouchers = IVouchersToken(
            vm.deployCode("Vouchers.sol:Vouchers", abi.encode(address(providers)))
        );
        court = new MockCourt(vouchers, providers);
        holder = makeAddr("holder");
        stranger = makeAddr("stranger");
        provider = makeAddr("provider");
        provider2 = makeAddr("provider2");
        node = vm.addr(NODE_KEY);
        node2 = vm.addr(NODE2_KEY);
        spend = vm.addr(SPEND_KEY);
        spend2 = vm.addr(SPEND2_KEY);
        joinAs(provider, NODE_KEY);
        joinAs(provider2, NODE2_KEY);
    }

    // Classes and channels

    /// @dev Odd numbers, so that every division leaves a rest.
    function plainClass() internal view returns (Class memory) {
        return Class({
            token: address(usd),
            unitPrice: 1_234_567,
            expiry: uint64(NOW + 365 days),
            thaw: 3 days,
            window: 0,
            premiumBps: 777,
            burnBps: 3_333,
            costTable: keccak256("cost table 1"),
            court: address(0)
        });
    }

    function courtClass() internal view returns (Class memory class) {
        class = plainClass();
        class.window = 7 days;
        class.court = address(court);
    }

    function channelOf(Class memory class) internal view returns (Channel memory) {
        return Channel({
            holder: holder,
            node: node,
            spendKey: spend,
            classId: idOf(class),
            salt: keccak256("salt")
        });
    }

    function fund(address account, Class memory class, uint256 units) internal {
        uint256 cost = ceilDiv(units * totalRate(class), SCALE);
        usd.mint(account, cost);
        vm.startPrank(account);
        usd.approve(address(vouchers), cost);
        vouchers.mint(class, units, account);
        vm.stopPrank();
    }

    /// @dev Buys and locks `units` for the class's standard channel.
    function openChannel(Class memory class, uint128 units)
        internal
        returns (Channel memory terms, bytes32 id)
    {
        terms = channelOf(class);
        id = openChannel(class, terms, units);
    }

    function openChannel(Class memory class, Channel memory terms, uint128 units)
        internal
        returns (bytes32 id)
    {
        fund(terms.holder, class, units);
        vm.prank(terms.holder);
        id = vouchers.open(class, terms, units);
    }

    function joinAs(address provider_, uint256 nodeKey) internal {
        CompactSignature memory sig = sign(nodeKey, joinDigest(provider_));
        vm.prank(provider_);
        providers.join(vm.addr(nodeKey), sig);
    }

    function stakeAs(address provider_, address node_, address court_, uint128 amount) internal {
        usd.mint(provider_, amount);
        vm.startPrank(provider_);
        usd.approve(address(providers), amount);
        providers.stake(node_, address(usd), court_, amount);
        vm.stopPrank();
    }

    // The off-chain side

    function idOf(Class memory c) internal pure returns (uint256) {
        bytes memory head = abi.encode(
            keccak256(
                "Class(address token,uint128 unitPrice,uint64 expiry,uint32 thaw,"
                "uint32 window,uint16 premiumBps,uint16 burnBps,bytes32 costTable,address court)"
            ),
            c.token,
            c.unitPrice,
            c.expiry,
            c.thaw
        );
        bytes memory tail =
            abi.encode(c.window, c.premiumBps, c.burnBps, c.costTable, c.court);
        return uint256(keccak256(bytes.concat(head, tail)));
    }

    function idOf(Channel memory c) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Channel(address holder,address node,address spendKey,"
                    "uint256 classId,bytes32 salt)"
                ),
                c.holder,
                c.node,
                c.spendKey,
                c.classId,
                c.salt
            )
        );
    }

    function separatorOf(address verifier) internal view returns (bytes32) {
        return separatorOf(verifier, block.chainid);
    }

    function separatorOf(address verifier, uint256 chainId) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256("ComputeVoucher"), keccak256("1"), chainId, verifier
            )
        );
    }

    function digestOf(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function joinDigest(address provider_) internal view returns (bytes32) {
        return digestOf(
            separatorOf(address(providers)),
            keccak256(abi.encode(keccak256("NodeJoin(address provider)"), provider_))
        );
    }

    function ackHash(bytes32 channelId, uint128 cumUnits, uint64 nextSeq)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                keccak256("Ack(bytes32 channel,uint128 cumUnits,uint64 nextSeq)"),
                channelId,
                cumUnits,
                nextSeq
            )
        );
    }

    function ackDigest(bytes32 channelId, uint128 cumUnits, uint64 nextSeq)
        internal
        view
        returns (bytes32)
    {
        return digestOf(
            separatorOf(address(vouchers)), ackHash(channelId, cumUnits, nextSeq)
        );
    }

    function releaseDigest(bytes32 channelId, uint128 cumUnits) internal view returns (bytes32) {
        return digestOf(
            separatorOf(address(vouchers)),
            keccak256(
                abi.encode(
                    keccak256("Release(bytes32 channel,uint128 cumUnits)"), channelId, cumUnits
                )
            )
        );
    }

    function sign(uint256 key, bytes32 digest)
        internal
        pure
        returns (CompactSignature memory sig)
    {
        (sig.r, sig.vs) = vm.signCompact(key, digest);
    }

    function rowOf(Channel memory c, uint128 cumUnits, uint64 nextSeq, CompactSignature memory sig)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(c.holder, c.spendKey, c.salt, cumUnits, nextSeq, sig.r, sig.vs);
    }

    /// @dev A good row, signed by `SPEND_KEY`.
    function rowOf(Channel memory c, uint128 cumUnits) internal view returns (bytes memory) {
        uint64 nextSeq = uint64(cumUnits % 1_000);
        return rowOf(
            c, cumUnits, nextSeq, sign(SPEND_KEY, ackDigest(idOf(c), cumUnits, nextSeq))
        );
    }

    function recordOf(bytes32 channelId, uint128 from, uint128 to, uint64 nextSeq)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(channelId, from, to, nextSeq);
    }

    // Money, in 1e-17 of a base unit for one unit

    function totalRate(Class memory c) internal pure returns (uint256) {
        return uint256(c.unitPrice) * (1e8 + uint256(c.premiumBps) * 1e4);
    }

    function providerRate(Class memory c) internal pure returns (uint256) {
        return totalRate(c) - burnRate(c);
    }

    function burnRate(Class memory c) internal pure returns (uint256) {
        return uint256(c.unitPrice) * c.premiumBps * c.burnBps;
    }

    function paidFor(Class memory c, uint256 from, uint256 to) internal pure returns (uint256) {
        return to * providerRate(c) / SCALE - from * providerRate(c) / SCALE;
    }

    function ceilDiv(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 ? 0 : (a - 1) / b + 1;
    }

    // Reading

    function lockedOf(bytes32 id) internal view returns (uint128 locked) {
        (locked,) = vouchers.channel(id);
    }

    function redeemedOf(bytes32 id) internal view returns (uint128 redeemed) {
        (, redeemed) = vouchers.channel(id);
    }

    function thawAtOf(bytes32 id) internal view returns (uint40 thawAt) {
        (thawAt,,) = vouchers.aux(id);
    }

    function escrowOf(uint256 batchId) internal view returns (uint128 amount) {
        (amount,,,,,) = vouchers.batch(batchId);
    }

    function maturesAtOf(uint256 batchId) internal view returns (uint40 maturesAt) {
        (, maturesAt,,,,) = vouchers.batch(batchId);
    }

    function latestOf(uint256 batchId) internal view returns (uint40 latest) {
        (,, latest,,,) = vouchers.batch(batchId);
    }

    /// @dev Everything burned in `token`, in 1e-17 of a base unit.
    function burnedScaled(address token) internal view returns (uint256) {
        (uint192 amount, uint64 dust) = vouchers.burned(token);
        return uint256(amount) * SCALE + dust;
    }
}
