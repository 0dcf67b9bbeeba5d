// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from
    "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {Limits} from "../libraries/Limits.sol";
import {Rates} from "../libraries/Rates.sol";
import {Ground, Pot, Share, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Files} from "./Files.sol";

/// @title Rewards: the reporter's share goes to those whom the node really harmed
/// @dev The court is the reporter of every slash and keeps the share in a pot until the disputes
/// that were open against the node at the first verdict have ended. So a puppet that convicts its
/// own node first takes nothing from an open dispute, and a copied proof earns its sender nothing.
/// Disputes and pots of a node count in generations: pot g begins with a slash while no pot is
/// open, and disputes opened after it are of generation g + 1.
///
/// What a channel has paid is its weight, less what was refunded to it, before and after. Nobody
/// collects of a pot within the shortest escrow after the last verdict that raised a weight in it:
/// a weight costs what paying costs, capital that is bound for days. A cheater that pays itself
/// can still have a part of the fifth that is not burned; it binds that capital, and loses four
/// fifths of its bond.
abstract contract Rewards is Files, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev A channel gets at most so many times what it paid the node: a stolen key or a puppet
    /// channel has no use for a large bond.
    uint256 internal constant SHARE_PAID_MAX = 1_000;
    /// @dev By silence at most so many times the price of the order.
    uint256 internal constant SHARE_SILENCE_MAX = 2;
    /// @dev From the last verdict that raised a weight of the pot: the shortest escrow.
    uint256 internal constant SHARE_WAIT = Limits.ORDER_HORIZON + WINDOW_MIN;
    /// @dev Of a pot, from its first verdict: statute and dispute. Nobody holds it up for longer.
    uint256 internal constant POT_MAX = Clocks.OPEN + Clocks.DISPUTE_MAX;

    /// @dev What is known of a node: one word, which a dispute has written before its verdict does.
    struct Standing {
        /// Of the disputes that are opened now.
        uint24 generation;
        /// Unix seconds at which the pot of the generation before began.
        uint40 beganAt;
        bool condemned;
        bool fallen;
        /// Disputes of this generation that are open.
        uint64 open;
        /// Those of the generation before, for which its pot waits. Nobody waits for older ones.
        uint64 awaited;
    }

    /// @dev What is known of a channel's money.
    struct Ledger {
        /// Token base units that went back to its holder.
        uint104 refunded;
        /// The last generation that it has a share of, where that is not the first.
        uint24 last;
        /// Token base units that claims have paid, less what smaller receipts gave back.
        uint104 claimed;
    }

    mapping(address node => Standing) private _standings;
    mapping(bytes32 channel => Ledger) internal _ledgers;
    /// @notice What is to be divided.
    mapping(bytes32 bond => mapping(uint24 generation => Pot)) public pot;
    mapping(bytes32 bond => mapping(uint24 generation => mapping(bytes32 channel => Share)))
        private _shares;

    /// @notice Pays a channel's part of the pot of a generation, once it is final. What the caps
    /// leave over stays here, as good as burned.
    function collectShare(address node, address token, uint24 generation, bytes32 channel)
        external
        nonReentrant
        returns (uint256 amount)
    {
        bytes32 bond = _bondKey(node, token);
        Standing memory n = _standings[node];
        require(
            generation < n.generation && (generation + 1 != n.generation || !_isPotOpen(n)),
            SharesNotFinal()
        );
        Share memory s = _shares[bond][generation][channel];
        Pot memory p = pot[bond][generation];
        require(s.weight != 0, NothingToCollect());
        require(block.timestamp >= p.weighedAt + SHARE_WAIT, SharesNotFinal());
        amount = uint256(p.amount) * s.weight / p.weight;
        uint256 most = SHARE_PAID_MAX * s.weight;
        if (amount > most) amount = most;
        if (s.isCapped && amount > s.cap) amount = s.cap;
        require(amount != 0, NothingToCollect());

        _shares[bond][generation][channel].weight = 0;
        emit ShareCollected(channel, s.to, amount);
        if (providers.earned(address(this), token) != 0) providers.settle(token, address(this));
        IERC20(token).safeTransfer(s.to, amount);
    }

    /// @notice A channel's part, and when a weight of its pot was raised last; without a weight
    /// once collected. A cap of 2^128 − 1 is none.
    function share(bytes32 bond, uint24 generation, bytes32 channel)
        external
        view
        returns (address to, uint96 weight, uint128 cap, uint40 weighedAt, uint24 before)
    {
        Share memory s = _shares[bond][generation][channel];
        (to, weight, before) = (s.to, s.weight, s.before);
        cap = s.isCapped ? s.cap : type(uint128).max;
        weighedAt = pot[bond][generation].weighedAt;
    }

    /// @notice Generation of the disputes that are opened now.
    function generationOf(address node) external view returns (uint24) {
        return _standings[node].generation;
    }

    /// @notice Disputes of a generation that a pot is or will be waiting for.
    function openIn(address node, uint24 generation) external view returns (uint256) {
        Standing memory n = _standings[node];
        if (generation == n.generation) return n.open;
        return uint256(generation) + 1 == n.generation ? n.awaited : 0;
    }

    /// @inheritdoc ICourt
    /// @dev An empty bond is not revoked, but this is seen.
    function condemned(address node) external view returns (bool) {
        return _standings[node].condemned;
    }

    /// @inheritdoc ICourt
    function fallen(address node) public view returns (bool) {
        return _standings[node].fallen;
    }

    /// @inheritdoc ICourt
    function condemnedIn(address node, address token) external view returns (bool) {
        return pot[_bondKey(node, token)][0].condemned;
    }

    function _bondKey(address node, address token) internal pure returns (bytes32) {
        return keccak256(abi.encode(node, token));
    }

    /// @dev Counts a dispute in; `_countOut` has to be told the generation.
    function _countIn(address node) internal returns (uint24 generation, bool hasFallen) {
        Standing storage n = _standings[node];
        ++n.open;
        return (n.generation, n.fallen);
    }

    function _countOut(address node, uint24 generation) internal {
        Standing storage n = _standings[node];
        if (generation == n.generation) --n.open;
        else if (uint256(generation) + 1 == n.generation) --n.awaited;
    }

    /// @dev Books the share of one verdict. A channel that paid nothing has no weight.
    function _share(Verdict memory v, uint256 reward) internal {
        Standing memory n = _standings[v.node];
        n.condemned = true;
        if (v.ground != Ground.Late) n.fallen = true;
        bytes32 bond = _bondKey(v.node, v.token);
        pot[bond][0].condemned = true;

        uint24 g = n.generation;
        bool joins = _isPotOpen(n);
        if (joins) --g;
        Pot storage p = pot[bond][g];
        // Nothing to divide: no generation begins, and no channel has a share of it.
        bool divides = reward != 0 || p.amount != 0;
        if (divides && !joins) {
            (n.generation, n.beganAt) = (g + 1, uint40(block.timestamp));
            (n.awaited, n.open) = (n.open, 0);
        }
        _standings[v.node] = n;
        if (!divides) return;
        p.amount = _most104(p.amount + reward);
        Share storage s = _shares[bond][g][v.channel];
        _weigh(v, g, p, s);
        _earn(v, s);
    }

    /// @dev What went back to a holder was not paid: it leaves every share that its channel has.
    function _unweigh(bytes32 bond, bytes32 channel, uint256 amount) internal {
        Ledger storage l = _ledgers[channel];
        l.refunded += uint104(amount);
        uint24 g = l.last;
        while (true) {
            Share storage s = _shares[bond][g][channel];
            uint96 part = amount < s.weight ? uint96(amount) : s.weight;
            if (part != 0) {
                s.weight -= part;
                pot[bond][g].weight -= part;
            }
            if (g == 0) break;
            g = s.before;
        }
    }

    /// @dev Whether the last pot still waits for disputes that were open when it began.
    function _isPotOpen(Standing memory n) private view returns (bool) {
        return n.awaited != 0 && block.timestamp <= n.beganAt + POT_MAX;
    }

    /// @dev What the channel has paid until now.
    function _weigh(Verdict memory v, uint24 g, Pot storage p, Share storage s) private {
        Ledger storage l = _ledgers[v.channel];
        if (l.last != g) (s.before, l.last) = (l.last, g);
        (, uint128 redeemed) = vouchers.channel(v.channel);
        uint256 paid = _value(redeemed, v.rate);
        paid = paid > l.refunded ? paid - l.refunded : 0;
        // Below 2^99; no token has so many base units that the bound matters.
        uint256 weight = paid < type(uint96).max ? paid : type(uint96).max;
        if (weight <= s.weight) return;
        uint256 raised = _most104(p.weight + weight - s.weight) - p.weight;
        s.weight += uint96(raised);
        (p.weight, p.weighedAt) = (uint104(p.weight + raised), uint40(block.timestamp));
    }

    /// @dev The widest cap counts, and who earned it: a verdict for silence takes nothing from a
    /// later proof.
    function _earn(Verdict memory v, Share storage s) private {
        uint256 cap = SHARE_SILENCE_MAX * _value(v.units, v.rate);
        bool isFirst = s.to == address(0);
        bool isProof = v.ground == Ground.Proof;
        if (!isFirst && !(s.isCapped && (isProof || cap > s.cap))) return;
        s.to = v.reporter;
        if (!isProof) (s.cap, s.isCapped) = (uint128(cap), true);
        else if (!isFirst) s.isCapped = false;
    }

    /// @dev What more than 2^104 base units there are is nobody's: no verdict fails for it.
    function _most104(uint256 amount) private pure returns (uint104) {
        return amount < type(uint104).max ? uint104(amount) : type(uint104).max;
    }

    /// @dev `units` times a rate in 1e-17 base units, rounded down: below 2^63 * 2^92 / 2^56. More
    /// than a channel can hold is nobody's cost, whatever was signed.
    function _value(uint256 units, uint256 rate) internal pure returns (uint256) {
        if (units > Limits.CHANNEL_UNITS_MAX) units = Limits.CHANNEL_UNITS_MAX;
        return units * rate / Rates.SCALE;
    }
}
