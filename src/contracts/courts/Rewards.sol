// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {Limits} from "../libraries/Limits.sol";
import {Rates} from "../libraries/Rates.sol";
import {Ground, Pot, Share, Verdict} from "../types/Verdict.sol";
import {Fees} from "./Fees.sol";
import {Files} from "./Files.sol";

/// @title Rewards: the reporter's share goes to those whom the node really harmed
/// @dev The court is the reporter of every slash and keeps the share in a pot until the disputes
/// that were open against the node at the first verdict have ended. So a puppet that convicts its
/// own node first takes nothing from an open dispute, and a copied proof earns its sender nothing.
/// Disputes and pots of a node count in generations: pot g begins with a verdict while nothing of
/// generation g - 1 or before is open, and disputes opened after it are of generation g + 1.
abstract contract Rewards is Files, Fees {
    using SafeERC20 for IERC20;

    /// @dev A channel gets at most so many times what it paid the node: a stolen key or a puppet
    /// channel has no use for a large bond.
    uint256 internal constant SHARE_PAID_MAX = 1_000;
    /// @dev By silence at most so many times the price of the order.
    uint256 internal constant SHARE_SILENCE_MAX = 2;

    /// @notice Generation of the disputes that are opened now.
    mapping(address node => uint24) public generationOf;
    /// @notice Disputes still open.
    mapping(address node => mapping(uint24 generation => uint256)) public openIn;
    /// @notice What is to be divided.
    mapping(bytes32 bond => mapping(uint24 generation => Pot)) public pot;
    /// @notice A channel's part; gone once collected.
    mapping(bytes32 bond => mapping(uint24 generation => mapping(bytes32 channel => Share)))
        public share;

    /// @notice Pays a channel's part of the pot of a generation, once it is final. What the caps
    /// leave over stays here, as good as burned.
    function collectShare(address node, address token, uint24 generation, bytes32 channel)
        external
        nonReentrant
        returns (uint256 amount)
    {
        bytes32 bond = _bondKey(node, token);
        require(
            generation < generationOf[node] && openIn[node][generation] == 0, SharesNotFinal()
        );
        Share memory s = share[bond][generation][channel];
        Pot memory p = pot[bond][generation];
        require(s.weight != 0, NothingToCollect());
        amount = uint256(p.amount) * s.weight / p.weight;
        uint256 most = SHARE_PAID_MAX * s.weight;
        if (amount > most) amount = most;
        if (amount > s.cap) amount = s.cap;
        require(amount != 0, NothingToCollect());

        delete share[bond][generation][channel];
        emit ShareCollected(channel, s.to, amount);
        if (providers.earned(address(this), token) != 0) providers.settle(token, address(this));
        IERC20(token).safeTransfer(s.to, amount);
    }

    /// @inheritdoc ICourt
    /// @dev The first verdict begins a generation; an empty bond is not revoked, but this is seen.
    function condemned(address node) external view returns (bool) {
        return generationOf[node] != 0;
    }

    /// @inheritdoc ICourt
    function condemnedIn(address node, address token) external view returns (bool) {
        return pot[_bondKey(node, token)][0].condemned;
    }

    function _bondKey(address node, address token) internal pure returns (bytes32) {
        return keccak256(abi.encode(node, token));
    }

    /// @dev Books the share of one verdict. A channel that paid nothing has no weight. The widest
    /// cap counts, and who earned it: a verdict for silence takes nothing from a later proof.
    function _share(Verdict memory v, uint256 reward) internal {
        uint24 g = generationOf[v.node];
        if (g == 0 || openIn[v.node][g - 1] == 0) generationOf[v.node] = g + 1;
        else --g;

        bytes32 bond = _bondKey(v.node, v.token);
        pot[bond][0].condemned = true;
        (, uint128 redeemed) = vouchers.channel(v.channel);
        // Below 2^99; no token has so many base units that the bound matters.
        uint256 paid = _value(redeemed, v.rate);
        uint96 weight = paid < type(uint96).max ? uint96(paid) : type(uint96).max;
        Pot storage p = pot[bond][g];
        p.amount += uint128(reward);
        Share storage s = share[bond][g][v.channel];
        if (weight > s.weight) {
            p.weight += weight - s.weight;
            s.weight = weight;
        }
        uint128 cap = v.ground == Ground.Proof
            ? type(uint128).max
            : uint128(SHARE_SILENCE_MAX * _value(v.units, v.rate));
        if (s.to == address(0) || cap > s.cap) (s.to, s.cap) = (v.reporter, cap);
    }

    /// @dev `units` times a rate in 1e-17 base units, rounded down: below 2^63 * 2^92 / 2^56. More
    /// than a channel can hold is nobody's cost, whatever was signed.
    function _value(uint256 units, uint256 rate) internal pure returns (uint256) {
        if (units > Limits.CHANNEL_UNITS_MAX) units = Limits.CHANNEL_UNITS_MAX;
        return units * rate / Rates.SCALE;
    }
}
