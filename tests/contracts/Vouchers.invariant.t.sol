// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevStablecoin} from "contracts/DevStablecoin.sol";
import {IProviders} from "contracts/interfaces/IProviders.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {Fixture} from "./base/Fixture.sol";
import {IVouchersToken} from "./base/IVouchersToken.sol";
import {VouchersHandler} from "./handlers/VouchersHandler.sol";

/// @notice What holds after any sequence of calls. The numbers are those of the list of invariants
/// in the payment design; 4 and 10 have their own fuzz tests, and the handler sends junk rows too.
contract VouchersInvariantTest is Fixture {
    VouchersHandler private _handler;

    function setUp() public override {
        vm.warp(NOW);
        _handler = new VouchersHandler();
        address court_;
        address usd_;
        address vouchers_;
        address providers_;
        (usd_, vouchers_, providers_, court_) = _handler.system();
        usd = DevStablecoin(usd_);
        vouchers = IVouchersToken(vouchers_);
        providers = IProviders(providers_);
        holder = _handler.holders(0);
        stranger = _handler.holders(1);
        provider = makeAddr("provider");
        provider2 = makeAddr("provider2");
        node = vm.addr(NODE_KEY);
        node2 = vm.addr(NODE2_KEY);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: _handler.actions()});
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_money() external view {
        _moneyIsConserved();
        _flowsAddUp();
        _bondsAreConserved();
        _unitsAreBacked();
        _slashesBurn();
    }

    function invariant_units() external {
        _lockedUnitsAreHeld();
        _redeemedIsBounded();
        _closedStaysClosed();
        _nothingForbiddenHappened();
    }

    /// 1. Every base unit is accounted for, to the last 1e-17.
    function _moneyIsConserved() private view {
        uint256 owed;
        for (uint256 i = 0; i < _handler.classCount(); ++i) {
            Class memory class = _handler.classAt(i);
            owed += _supply(idOf(class)) * totalRate(class);
        }
        for (uint256 i = 0; i < _handler.channelCount(); ++i) {
            (bytes32 id, VouchersHandler.Ghost memory ghost) = _handler.ghostOf(i);
            Class memory class = _handler.classAt(ghost.classIndex);
            if (!ghost.closed) owed += redeemedOf(id) * providerRate(class) % SCALE;
        }
        uint256 whole = _earned(provider) + _earned(provider2) + _earned(holder)
            + _earned(stranger);
        for (uint256 i = 1; i <= vouchers.batchCount(); ++i) whole += escrowOf(i);
        owed += whole * SCALE + burnedScaled(address(usd));
        vm.assertEq(usd.balanceOf(address(vouchers)) * SCALE, owed, "conserved");
    }

    /// 1 and 5. What came in is what went out and what is there.
    function _flowsAddUp() private view {
        vm.assertEq(
            usd.balanceOf(address(vouchers)),
            _handler.deposited() - _handler.settled() - _handler.reclaimedMoney(),
            "vouchers"
        );
        vm.assertEq(
            usd.balanceOf(address(providers)), _handler.staked() - _handler.unstaked(), "bonds"
        );
    }

    /// 1, for the bonds.
    function _bondsAreConserved() private view {
        (uint256 total, uint256 lost) = providers.stakes(address(usd));
        vm.assertEq(total, _bond(node) + _bond(node2) + lost, "stakes");
        vm.assertEq(
            usd.balanceOf(address(providers)),
            total + providers.earned(stranger, address(usd)),
            "bonds"
        );
    }

    /// 2. What is locked and not redeemed lies in the contract, as units.
    function _lockedUnitsAreHeld() private view {
        uint256[] memory locked = new uint256[](_handler.classCount());
        for (uint256 i = 0; i < _handler.channelCount(); ++i) {
            (bytes32 id, VouchersHandler.Ghost memory ghost) = _handler.ghostOf(i);
            locked[ghost.classIndex] += lockedOf(id) - redeemedOf(id);
        }
        for (uint256 i = 0; i < locked.length; ++i) {
            uint256 id = idOf(_handler.classAt(i));
            vm.assertEq(vouchers.balanceOf(address(vouchers), id), locked[i], "held");
        }
    }

    /// 2. The money covers the price of every unburned unit.
    function _unitsAreBacked() private view {
        uint256 backing;
        for (uint256 i = 0; i < _handler.classCount(); ++i) {
            Class memory class = _handler.classAt(i);
            backing += _supply(idOf(class)) * class.unitPrice * 1e8;
        }
        vm.assertGe(usd.balanceOf(address(vouchers)) * SCALE, backing, "backed");
    }

    /// 3. `redeemed` is monotone, at most `locked`, at most what was signed or claimed.
    function _redeemedIsBounded() private {
        _handler.observe();
        for (uint256 i = 0; i < _handler.channelCount(); ++i) {
            (bytes32 id, VouchersHandler.Ghost memory ghost) = _handler.ghostOf(i);
            uint128 most =
                ghost.signedMost > ghost.claimedMost ? ghost.signedMost : ghost.claimedMost;
            vm.assertLe(redeemedOf(id), lockedOf(id), "locked");
            vm.assertLe(redeemedOf(id), most, "signed");
        }
    }

    /// 6. Closed ids stay closed, with nothing left in them.
    function _closedStaysClosed() private view {
        for (uint256 i = 0; i < _handler.channelCount(); ++i) {
            (bytes32 id, VouchersHandler.Ghost memory ghost) = _handler.ghostOf(i);
            vm.assertTrue(ghost.closed == (thawAtOf(id) == CLOSED), "closed");
            if (ghost.closed) vm.assertEq(lockedOf(id), redeemedOf(id), "empty");
        }
    }

    /// 8. At least four fifths of every slash are gone.
    function _slashesBurn() private view {
        vm.assertEq(
            providers.burned(address(usd)),
            _handler.slashed() - _handler.slashRewards(),
            "burned"
        );
        vm.assertLe(_handler.slashRewards() * 5, _handler.slashed(), "rewards");
    }

    /// 6, 8 and 9 where they are about single calls: the handler saw nothing forbidden succeed.
    function _nothingForbiddenHappened() private view {
        vm.assertEq(bytes(_handler.broken()), bytes(""), "see the handler");
    }

    /// The handler can do everything: this one fixed story does each action at least once.
    function test_handler_reachesEveryAction() external {
        uint128[4] memory cums = [uint128(5e8), 4e8, 3e8, 2e8];
        bytes32[5] memory junk;
        for (uint256 i = 0; i < 3; ++i) _handler.mint(0, i, 1e12);
        _handler.transfer(0, 1, 1e11);
        _handler.stake(1e9, false);
        for (uint256 i = 0; i < 3; ++i) _handler.open(0, i, 6 * i, 1e10);
        _handler.topUp(1, 1, 1e9);
        _handler.topUp(1, 0, 1e9);
        _handler.migrate(0, 0, 2, 1e10);
        _handler.spendFree(0, 1, 1, 1e9);
        for (uint256 i = 0; i < 3; ++i) _handler.redeem(i, cums, junk);
        _handler.reserve(2, 100, 1 days);
        _handler.advance(3, 7e8);
        _handler.refund(0, 0, 10);
        _handler.split(0, 0, 10, 1);
        _handler.close(8, 6e8);
        _handler.thaw(2);
        _handler.wait(0);
        _handler.withdraw(2);
        _handler.release(0);
        for (uint256 i = 0; i < 4; ++i) _handler.settle(i);
        _handler.exit(false);
        for (uint256 i = 0; i < 15; ++i) _handler.wait(12 days - 1);
        _handler.unstake(false);
        _handler.reclaim(0, 0, 1e9);
        _handler.stake(1e9, false);
        _handler.slash(5e8, false, 0);
        string[21] memory actions = [
            "mint", "transfer", "open", "topUp", "redeem", "thaw", "withdraw", "close", "reserve",
            "advance", "refund", "release", "settle", "reclaim", "stake", "exit", "unstake",
            "slash", "split", "migrate", "spend"
        ];
        for (uint256 i = 0; i < actions.length; ++i) {
            vm.assertGt(_handler.did(bytes32(bytes(actions[i]))), 0, actions[i]);
        }
        vm.assertEq(bytes(_handler.broken()), bytes(""), "see the handler");
    }

    function _supply(uint256 id) private view returns (uint256) {
        return vouchers.balanceOf(holder, id) + vouchers.balanceOf(stranger, id)
            + vouchers.balanceOf(address(vouchers), id);
    }

    function _earned(address account) private view returns (uint256) {
        return vouchers.earned(account, address(usd));
    }

    function _bond(address n) private view returns (uint256 amount) {
        (amount,) = providers.bond(n, address(usd), _handler.classAt(1).court);
    }
}
