// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEarnings} from "contracts/interfaces/IEarnings.sol";
import {IProviders} from "contracts/interfaces/IProviders.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

contract ProvidersTest is Fixture {
    uint256 private constant NEW_KEY = 0xBEEF;
    uint128 private constant BOND = 1_000_003;
    address private _new;
    address private _token;
    address private _court;

    function setUp() public override {
        super.setUp();
        _new = vm.addr(NEW_KEY);
        _token = address(usd);
        _court = address(court);
    }

    // join

    function test_join_succeeds() external {
        CompactSignature memory sig = sign(NEW_KEY, joinDigest(stranger));
        vm.expectEmit(true, true, true, true, address(providers));
        emit IProviders.NodeJoined(_new, stranger);
        vm.prank(stranger);
        providers.join(_new, sig);
        vm.assertEq(providers.providerOf(_new), stranger, "provider");
    }

    function test_join_failsIfJoinedBefore() external {
        CompactSignature memory sig = sign(NODE_KEY, joinDigest(stranger));
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NodeAlreadyJoined.selector, node, provider)
        );
        vm.prank(stranger);
        providers.join(node, sig);
    }

    function test_join_failsIfSignatureNamesAnotherProvider() external {
        CompactSignature memory sig = sign(NEW_KEY, joinDigest(provider));
        _expectInvalidJoin(_new);
        vm.prank(stranger);
        providers.join(_new, sig);
    }

    function test_join_failsIfDomainIsVouchers() external {
        bytes32 structHash =
            keccak256(abi.encode(keccak256("NodeJoin(address provider)"), stranger));
        CompactSignature memory sig =
            sign(NEW_KEY, digestOf(separatorOf(address(vouchers)), structHash));
        _expectInvalidJoin(_new);
        vm.prank(stranger);
        providers.join(_new, sig);
    }

    function test_join_failsOnOtherChain() external {
        CompactSignature memory sig = sign(NEW_KEY, joinDigest(stranger));
        vm.chainId(block.chainid + 1);
        _expectInvalidJoin(_new);
        vm.prank(stranger);
        providers.join(_new, sig);
    }

    function test_join_failsIfSignatureIsGarbage() external {
        _expectInvalidJoin(_new);
        vm.prank(stranger);
        providers.join(_new, CompactSignature({r: bytes32(0), vs: bytes32(0)}));
    }

    /// One of the few s above half the order that EIP-2098 can express. The signer is whoever it
    /// recovers to, so only the low-s rule refuses it (EIP-2).
    function test_join_failsIfSIsHigh() external {
        bytes32 high = bytes32(type(uint256).max >> 1);
        bytes32 r = sign(NODE_KEY, joinDigest(stranger)).r;
        address signer = ecrecover(joinDigest(stranger), 27, r, high);
        vm.assertTrue(signer != address(0), "a signature but for its s");
        _expectInvalidJoin(signer);
        vm.prank(stranger);
        providers.join(signer, CompactSignature({r: r, vs: high}));
    }

    /// A failed recovery yields address zero, which must not count as a signer.
    function test_join_failsForZeroNode() external {
        _expectInvalidJoin(address(0));
        vm.prank(stranger);
        providers.join(address(0), CompactSignature({r: bytes32(0), vs: bytes32(0)}));
    }

    // stake

    function test_stake_succeedsAndAdds() external {
        stakeAs(provider, node, _court, BOND);
        usd.mint(provider, 5);
        vm.startPrank(provider);
        usd.approve(address(providers), 5);
        vm.expectEmit(true, true, true, true, address(providers));
        emit IProviders.Staked(node, _token, _court, 5, BOND + 5);
        providers.stake(node, _token, _court, 5);
        vm.stopPrank();
        vm.assertEq(_bond(), BOND + 5, "bond");
        vm.assertEq(usd.balanceOf(address(providers)), BOND + 5, "balance");
    }

    function test_stake_failsIfNotProvider() external {
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NotProvider.selector, node, stranger)
        );
        vm.prank(stranger);
        providers.stake(node, _token, _court, 1);
    }

    function test_stake_failsIfZero() external {
        vm.expectRevert(IProviders.ZeroAmount.selector);
        vm.prank(provider);
        providers.stake(node, _token, _court, 0);
    }

    function test_stake_failsWithoutCourt() external {
        vm.expectRevert(IProviders.ZeroCourt.selector);
        vm.prank(provider);
        providers.stake(node, _token, address(0), 1);
    }

    function test_stake_failsIfRevoked() external {
        vm.startPrank(provider);
        providers.revoke(node);
        vm.expectRevert(abi.encodeWithSelector(IProviders.NodeIsRevoked.selector, node));
        providers.stake(node, _token, _court, 1);
        vm.stopPrank();
    }

    function test_stake_failsIfExiting() external {
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.BondExiting.selector, node, _token, _court)
        );
        providers.stake(node, _token, _court, 1);
        vm.stopPrank();
    }

    function test_stake_failsIfTokenKeepsFee() external {
        HostileToken token = new HostileToken();
        token.mint(provider, 1_000);
        token.setFee(100);
        vm.startPrank(provider);
        token.approve(address(providers), 1_000);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.UnexpectedAmountReceived.selector, 1_000, 990)
        );
        providers.stake(node, address(token), _court, 1_000);
        vm.stopPrank();
    }

    function test_stake_failsIfTokenReenters() external {
        HostileToken token = new HostileToken();
        token.mint(provider, 1_000);
        token.setCallback(
            address(providers), abi.encodeCall(IEarnings.settle, (_token, stranger))
        );
        vm.startPrank(provider);
        token.approve(address(providers), 1_000);
        providers.stake(node, address(token), _court, 1_000);
        vm.stopPrank();
        vm.assertEq(
            bytes32(token.callbackError()),
            bytes32(bytes4(keccak256("ReentrancyGuardReentrantCall()"))),
            "guarded"
        );
    }

    // exit and withdraw

    function test_exit_failsIfNotProvider() external {
        stakeAs(provider, node, _court, BOND);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NotProvider.selector, node, stranger)
        );
        vm.prank(stranger);
        providers.exit(node, _token, _court);
    }

    function test_exit_failsWithoutBond() external {
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NoBond.selector, node, _token, _court)
        );
        vm.prank(provider);
        providers.exit(node, _token, _court);
    }

    /// A second exit would reset the clock: harmless, but only the first one is meant.
    function test_exit_failsIfExiting() external {
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.BondExiting.selector, node, _token, _court)
        );
        providers.exit(node, _token, _court);
        vm.stopPrank();
    }

    function testFuzz_withdraw_failsBeforeExitDelay(uint256 wait) external {
        wait = bound(wait, 0, EXIT_DELAY - 1);
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + wait);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.BondLocked.selector, uint40(NOW + EXIT_DELAY))
        );
        providers.withdraw(node, _token, _court, provider);
        vm.stopPrank();
    }

    function test_withdraw_failsWithoutExit() external {
        stakeAs(provider, node, _court, BOND);
        vm.warp(NOW + 3650 days);
        vm.expectRevert(abi.encodeWithSelector(IProviders.BondLocked.selector, uint40(0)));
        vm.prank(provider);
        providers.withdraw(node, _token, _court, provider);
    }

    function test_withdraw_succeedsAfterExitDelay() external {
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + EXIT_DELAY);
        vm.expectEmit(true, true, true, true, address(providers));
        emit IProviders.Withdrawn(node, _token, _court, stranger, BOND);
        providers.withdraw(node, _token, _court, stranger);
        vm.stopPrank();
        vm.assertEq(usd.balanceOf(stranger), BOND, "paid to the address of choice");
        vm.assertEq(_bond(), 0, "bond");
        stakeAs(provider, node, _court, BOND);
        vm.assertEq(_bond(), BOND, "a new bond is not exiting");
    }

    function test_withdraw_failsTwice() external {
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + EXIT_DELAY);
        providers.withdraw(node, _token, _court, provider);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NoBond.selector, node, _token, _court)
        );
        providers.withdraw(node, _token, _court, provider);
        vm.stopPrank();
    }

    function test_withdraw_failsIfNotProvider() external {
        stakeAs(provider, node, _court, BOND);
        vm.prank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + EXIT_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NotProvider.selector, node, stranger)
        );
        vm.prank(stranger);
        providers.withdraw(node, _token, _court, stranger);
    }

    function test_withdraw_failsToNowhere() external {
        stakeAs(provider, node, _court, BOND);
        vm.startPrank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + EXIT_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(0))
        );
        providers.withdraw(node, _token, _court, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(providers))
        );
        providers.withdraw(node, _token, _court, address(providers));
        vm.stopPrank();
    }

    // revoke

    function test_revoke_succeedsOnceAndKeepsTheFirstTime() external {
        vm.prank(provider);
        providers.revoke(node);
        vm.warp(NOW + 1 days);
        vm.prank(provider);
        providers.revoke(node);
        vm.assertEq(providers.revokedAt(node), NOW, "first revocation");
    }

    function test_revoke_failsIfNotProvider() external {
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NotProvider.selector, node, stranger)
        );
        vm.prank(stranger);
        providers.revoke(node);
    }

    // slash

    function testFuzz_slash_burnsAtLeastFourFifths(uint128 staked, uint256 amount) external {
        staked = uint128(bound(staked, 1, type(uint128).max));
        amount = bound(amount, 1, type(uint256).max);
        stakeAs(provider, node, _court, staked);
        (uint256 taken, uint256 reward) = court.slash(node, _token, amount, stranger);
        vm.assertEq(taken, amount < staked ? amount : staked, "taken");
        vm.assertEq(reward, taken / 5, "a fifth, rounded down");
        vm.assertGe(providers.burned(_token) * 5, taken * 4, "burned");
        vm.assertEq(
            uint256(_bond()) + providers.burned(_token) + providers.earned(stranger, _token),
            staked,
            "conserved"
        );
        vm.assertEq(providers.revokedAt(node), NOW, "revoked");
    }

    function test_slash_burnsAllWithoutReporter() external {
        stakeAs(provider, node, _court, BOND);
        vm.expectEmit(true, true, true, true, address(providers));
        emit IProviders.Slashed(node, _token, _court, BOND, address(0), 0);
        (, uint256 reward) = court.slash(node, _token, BOND, address(0));
        vm.assertEq(reward, 0, "reward");
        vm.assertEq(providers.burned(_token), BOND, "burned");
    }

    function test_slash_failsIfCallerIsNotTheBondsCourt() external {
        stakeAs(provider, node, _court, BOND);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NoBond.selector, node, _token, stranger)
        );
        vm.prank(stranger);
        providers.slash(node, _token, 1, stranger);
        vm.assertEq(providers.revokedAt(node), 0, "a stranger cannot revoke either");
    }

    function test_slash_failsIfZero() external {
        stakeAs(provider, node, _court, BOND);
        vm.expectRevert(IProviders.ZeroAmount.selector);
        court.slash(node, _token, 0, stranger);
    }

    /// Invariant 7: another court's bond, another token's bond, another node's bond stay.
    function test_slash_changesNothingOutsideItsCourt() external {
        stakeAs(provider, node, _court, BOND);
        stakeAs(provider, node, stranger, BOND);
        stakeAs(provider2, node2, _court, BOND);
        court.slash(node, _token, type(uint256).max, stranger);
        (uint128 other,) = providers.bond(node, _token, stranger);
        (uint128 otherNode,) = providers.bond(node2, _token, _court);
        vm.assertEq(other, BOND, "other court");
        vm.assertEq(otherNode, BOND, "other node");
        vm.assertEq(providers.revokedAt(node2), 0, "other node is trusted");
    }

    function test_slash_succeedsWhileExiting() external {
        stakeAs(provider, node, _court, BOND);
        vm.prank(provider);
        providers.exit(node, _token, _court);
        vm.warp(NOW + EXIT_DELAY);
        court.slash(node, _token, BOND, stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.NoBond.selector, node, _token, _court)
        );
        vm.prank(provider);
        providers.withdraw(node, _token, _court, provider);
    }

    /// Whatever a token calls an amount: what bonds and burned ones add up to stays a number, so
    /// a slash never fails for it.
    function test_stake_failsBeyondWhatASlashCanAddUp() external {
        stakeAs(provider, node, _court, type(uint128).max);
        court.slash(node, _token, type(uint256).max, stranger);
        (uint256 total, uint256 lost) = providers.stakes(_token);
        vm.assertEq(total, lost, "all of it is lost");
        uint128 room = type(uint128).max - uint128(total);
        stakeAs(provider2, node2, _court, room);
        usd.mint(provider2, 1);
        vm.startPrank(provider2);
        usd.approve(address(providers), 1);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        providers.stake(node2, _token, _court, 1);
        vm.stopPrank();
        court.slash(node2, _token, room, stranger);
    }

    // settle

    function test_settle_paysTheReporterOnce() external {
        stakeAs(provider, node, _court, 1_000);
        court.slash(node, _token, 1_000, stranger);
        vm.startPrank(stranger);
        vm.expectEmit(true, true, true, true, address(providers));
        emit IEarnings.Settled(stranger, _token, holder, 200);
        providers.settle(_token, holder);
        vm.assertEq(usd.balanceOf(holder), 200, "paid");
        vm.expectRevert(IEarnings.NothingToSettle.selector);
        providers.settle(_token, holder);
        vm.stopPrank();
    }

    function test_settle_failsToNowhere() external {
        stakeAs(provider, node, _court, 1_000);
        court.slash(node, _token, 1_000, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(0))
        );
        providers.settle(_token, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IEarnings.InvalidRecipient.selector, address(providers))
        );
        providers.settle(_token, address(providers));
        vm.stopPrank();
    }

    function test_exitDelay_coversEveryClass() external view {
        vm.assertEq(providers.EXIT_DELAY(), vouchers.ORDER_HORIZON() + 30 days, "delay");
    }

    function _bond() private view returns (uint128 amount) {
        (amount,) = providers.bond(node, _token, _court);
    }

    function _expectInvalidJoin(address node_) private {
        vm.expectRevert(
            abi.encodeWithSelector(IProviders.InvalidJoinSignature.selector, node_)
        );
    }
}
