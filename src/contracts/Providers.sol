// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Earnings} from "./Earnings.sol";
import {IProviders} from "./interfaces/IProviders.sol";
import {Limits} from "./libraries/Limits.sol";
import {SignedTypes} from "./libraries/SignedTypes.sol";
import {Bond} from "./types/Bond.sol";
import {CompactSignature} from "./types/CompactSignature.sol";
import {Node} from "./types/Node.sol";
import {Stakes} from "./types/Stakes.sol";

/// @title Who runs which node, and what the node stands to lose
/// @dev Burned bonds stay here for ever, counted in `burned`. Sending them to a dead address
/// instead would give the token's contract a say in whether a slash can happen at all.
contract Providers is IProviders, EIP712, Earnings {
    using SafeERC20 for IERC20;

    /// @inheritdoc IProviders
    /// @dev No court has longer to judge an order that was open when the exit began. A redemption
    /// says nothing of that: an ack has no date, and may be held back until the bond is gone.
    uint256 public constant EXIT_DELAY = Limits.ORDER_HORIZON + Limits.WINDOW_MAX;

    /// @inheritdoc IProviders
    mapping(address node => mapping(address token => mapping(address court => Bond))) public bond;
    /// @inheritdoc IProviders
    mapping(address token => Stakes) public stakes;
    mapping(address node => Node) private _nodes;

    constructor() EIP712("ComputeVoucher", "1") {}

    modifier onlyProvider(address node) {
        require(_nodes[node].provider == msg.sender, NotProvider(node, msg.sender));
        _;
    }

    /// @inheritdoc IProviders
    function join(address node, CompactSignature calldata sig) external {
        address provider = _nodes[node].provider;
        require(provider == address(0), NodeAlreadyJoined(node, provider));
        bytes32 digest = _hashTypedDataV4(SignedTypes.hashNodeJoin(msg.sender));
        (address signer,,) = ECDSA.tryRecover(digest, sig.r, sig.vs);
        require(signer == node && signer != address(0), InvalidJoinSignature(node));

        _nodes[node].provider = msg.sender;
        emit NodeJoined(node, msg.sender);
    }

    /// @inheritdoc IProviders
    function stake(address node, address token, address court, uint128 amount)
        external
        nonReentrant
        onlyProvider(node)
    {
        require(amount != 0, ZeroAmount());
        require(court != address(0), ZeroCourt());
        require(_nodes[node].revokedAt == 0, NodeIsRevoked(node));
        Bond storage b = bond[node][token][court];
        require(b.exitAt == 0, BondExiting(node, token, court));

        b.amount += amount;
        // Bounds all that a slash adds up later, so that no token's amounts can make one fail.
        stakes[token].total += amount;
        emit Staked(node, token, court, amount, b.amount);
        _receive(token, amount);
    }

    /// @inheritdoc IProviders
    function exit(address node, address token, address court)
        external
        nonReentrant
        onlyProvider(node)
    {
        Bond storage b = bond[node][token][court];
        require(b.amount != 0, NoBond(node, token, court));
        require(b.exitAt == 0, BondExiting(node, token, court));

        b.exitAt = uint40(block.timestamp + EXIT_DELAY);
        emit ExitStarted(node, token, court, b.exitAt);
    }

    /// @inheritdoc IProviders
    function withdraw(address node, address token, address court, address to)
        external
        nonReentrant
        onlyProvider(node)
        returns (uint256 amount)
    {
        Bond storage b = bond[node][token][court];
        amount = b.amount;
        require(amount != 0, NoBond(node, token, court));
        require(b.exitAt != 0 && block.timestamp >= b.exitAt, BondLocked(b.exitAt));
        _checkRecipient(to);

        delete bond[node][token][court];
        stakes[token].total -= uint128(amount);
        emit Withdrawn(node, token, court, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IProviders
    function revoke(address node) external nonReentrant onlyProvider(node) {
        _revoke(node);
    }

    /// @inheritdoc IProviders
    /// @dev An empty bond reverts instead of taking nothing: otherwise anybody could name himself a
    /// court and revoke any node. Only its provider can give a node a bond, and with it a court.
    function slash(address node, address token, uint256 amount, address reporter)
        external
        nonReentrant
        returns (uint256 taken, uint256 reward)
    {
        require(amount != 0, ZeroAmount());
        Bond storage b = bond[node][token][msg.sender];
        uint256 staked = b.amount;
        require(staked != 0, NoBond(node, token, msg.sender));

        taken = amount < staked ? amount : staked;
        if (reporter != address(0)) {
            // Rounded down, so that the burned part is never below its share.
            reward = taken * (Limits.BPS - Limits.SLASH_BURN_BPS) / Limits.BPS;
        }
        b.amount = uint128(staked - taken);
        if (b.amount == 0) b.exitAt = 0;
        Stakes storage all = stakes[token];
        (all.total, all.burned) =
            (all.total - uint128(reward), all.burned + uint128(taken - reward));
        if (reward != 0) earned[reporter][token] += reward;
        emit Slashed(node, token, msg.sender, taken, reporter, reward);
        _revoke(node);
    }

    /// @inheritdoc IProviders
    function providerOf(address node) external view returns (address) {
        return _nodes[node].provider;
    }

    /// @inheritdoc IProviders
    function revokedAt(address node) external view returns (uint40) {
        return _nodes[node].revokedAt;
    }

    /// @inheritdoc IProviders
    function burned(address token) external view returns (uint256) {
        return stakes[token].burned;
    }

    /// @inheritdoc IProviders
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev The first revocation counts: courts measure from it.
    function _revoke(address node) private {
        if (_nodes[node].revokedAt != 0) return;
        _nodes[node].revokedAt = uint40(block.timestamp);
        emit NodeRevoked(node);
    }
}
