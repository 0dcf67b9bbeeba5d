// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Earnings} from "./Earnings.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {Limits} from "./libraries/Limits.sol";
import {Rates} from "./libraries/Rates.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Burned} from "./types/Burned.sol";
import {Class} from "./types/Class.sol";

/// @title Vault: tokens in for units, units back for their backing or for units of a later class
/// @dev The first page of `Vouchers`. It knows classes and tokens, and no channel.
///
/// Money, exactly, for each token (the invariant tests check this equation):
///
///     balance * SCALE = unburned units * Rates.total + earned * SCALE + batch escrow * SCALE
///         + burned * SCALE + dust + what open channels are owed below one base unit
///
/// Mint rounds up, a channel's payout is the floor of its *cumulative* amount, so splitting acks
/// gains nobody anything; what the roundings leave joins `burned`, fraction by fraction.
abstract contract Vault is IVouchers, ERC1155, Earnings {
    using Rates for Class;
    using SafeERC20 for IERC20;

    /// @inheritdoc IVouchers
    mapping(uint256 classId => uint256) public minted;
    /// @inheritdoc IVouchers
    mapping(address token => Burned) public burned;

    // Buying and leaving

    /// @inheritdoc IVouchers
    function mint(Class calldata class, uint256 units, address to)
        external
        nonReentrant
        returns (uint256 classId, uint256 cost)
    {
        (classId, cost) = _sell(class, units);
        _receive(class.token, cost);
        _mint(to, classId, units, "");
    }

    /// @inheritdoc IVouchers
    function mintWithPermit(
        Class calldata class,
        uint256 units,
        address to,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 classId, uint256 cost) {
        (classId, cost) = _sell(class, units);
        // Anybody can send a permit he has seen in the mempool; ours then fails, but the allowance
        // is there. So the failure says nothing, and the transfer decides.
        try IERC20Permit(class.token).permit(
            msg.sender, address(this), cost, deadline, v, r, s
        ) {} catch {}
        _receive(class.token, cost);
        _mint(to, classId, units, "");
    }

    /// @inheritdoc IVouchers
    /// @dev What comes out is paid exactly, by the backing of what goes in; so a mint's rounding
    /// has no part in it, and all that is left of the old units' price is burned.
    function migrate(Class calldata from, Class calldata into, uint256 units, address to)
        external
        nonReentrant
        returns (uint256 received)
    {
        uint256 fromId = _knownClass(from);
        uint256 intoId = _admit(into);
        require(
            from.token == into.token && from.expiry <= into.expiry,
            NotMigratable(fromId, intoId)
        );

        _burn(msg.sender, fromId, units);
        received = units * from.backing() / into.total();
        _addBurned(from.token, units * from.total() - received * into.total());
        emit Migrated(msg.sender, fromId, intoId, to, units, received);
        _issue(intoId, received);
        _mint(to, intoId, received, "");
    }

    /// @inheritdoc IVouchers
    function reclaim(Class calldata class, uint256 units, address to)
        external
        nonReentrant
        returns (uint256 amount)
    {
        uint256 classId = _knownClass(class);
        uint256 endsAt = _redemptionEnd(class);
        require(block.timestamp >= endsAt, RedemptionOpen(endsAt));
        require(units != 0, ZeroUnits());
        _checkRecipient(to);

        _burn(msg.sender, classId, units);
        amount = units * class.backing() / Rates.SCALE;
        _addBurned(class.token, units * class.total() - amount * Rates.SCALE);
        emit Reclaimed(msg.sender, classId, units, to, amount);
        IERC20(class.token).safeTransfer(to, amount);
    }

    // What a class is

    /// @inheritdoc IVouchers
    function classIdOf(Class calldata class) public pure returns (uint256) {
        return uint256(SignedTypes.hashClass(class));
    }

    /// @inheritdoc IVouchers
    function quote(Class calldata class, uint256 units) public pure returns (uint256 cost) {
        return Math.ceilDiv(units * class.total(), Rates.SCALE);
    }

    function _knownClass(Class calldata class) internal view returns (uint256 classId) {
        classId = classIdOf(class);
        require(minted[classId] != 0, UnknownClass(classId));
    }

    function _redemptionEnd(Class calldata class) internal pure returns (uint256) {
        return uint256(class.expiry) + Limits.REDEEM_GRACE;
    }

    function _checkRedeemable(Class calldata class) internal view {
        _checkBefore(_redemptionEnd(class));
    }

    function _checkBefore(uint256 endedAt) internal view {
        require(block.timestamp < endedAt, RedemptionEnded(endedAt));
    }

    // Minting and burning

    /// @dev Checks a mint and books it. Bounds come before products: nothing here can overflow.
    function _sell(Class calldata class, uint256 units)
        private
        returns (uint256 classId, uint256 cost)
    {
        classId = _admit(class);
        _issue(classId, units);
        cost = quote(class, units);
        _addBurned(class.token, cost * Rates.SCALE - units * class.total());
    }

    /// @dev A class that units may be made of: not over, and within bounds from its first ones on.
    function _admit(Class calldata class) private returns (uint256 classId) {
        require(block.timestamp < class.expiry, ClassExpired(class.expiry));
        classId = classIdOf(class);
        if (minted[classId] == 0) {
            _checkBounds(class);
            emit ClassCreated(classId, class);
        }
    }

    /// @dev Counts units that come into being.
    function _issue(uint256 classId, uint256 units) private {
        require(units != 0, ZeroUnits());
        uint256 supplyLeft = Limits.SUPPLY_MAX - minted[classId];
        require(units <= supplyLeft, TooManyUnits(units, supplyLeft));
        minted[classId] += units;
    }

    function _checkBounds(Class calldata class) private view {
        require(
            class.unitPrice != 0 && class.unitPrice <= Limits.UNIT_PRICE_MAX,
            ClassOutOfBounds("unitPrice")
        );
        require(
            class.expiry <= block.timestamp + Limits.EXPIRY_MAX, ClassOutOfBounds("expiry")
        );
        require(
            class.thaw >= Limits.THAW_MIN && class.thaw <= Limits.THAW_MAX,
            ClassOutOfBounds("thaw")
        );
        require(class.window <= Limits.WINDOW_MAX, ClassOutOfBounds("window"));
        require(class.premiumBps <= Limits.BPS, ClassOutOfBounds("premiumBps"));
        require(class.burnBps <= Limits.BPS, ClassOutOfBounds("burnBps"));
    }

    /// @dev Adds `scaled` / SCALE base units to what is locked here for ever.
    function _addBurned(address token, uint256 scaled) internal {
        if (scaled == 0) return;
        Burned storage b = burned[token];
        scaled += b.dust;
        b.amount += uint192(scaled / Rates.SCALE); // below 2^220 / 2^56
        b.dust = uint64(scaled % Rates.SCALE);
    }
}
