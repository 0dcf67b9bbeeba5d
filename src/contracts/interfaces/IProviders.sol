// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CompactSignature} from "../types/CompactSignature.sol";
import {IEarnings} from "./IEarnings.sol";

/// @title Who runs which node, and what the node stands to lose
/// @notice Nobody owns this contract. A node belongs to one provider for good, by its own
/// signature; a bond is per (node, token, court), and only that court can take it.
interface IProviders is IEarnings {
    /// @notice `node` now belongs to `provider`.
    event NodeJoined(address indexed node, address indexed provider);
    /// @notice A bond grew by `amount` to `total`.
    event Staked(
        address indexed node,
        address indexed token,
        address indexed court,
        uint256 amount,
        uint256 total
    );
    /// @notice A bond may be withdrawn from `exitAt` on.
    event ExitStarted(
        address indexed node, address indexed token, address indexed court, uint40 exitAt
    );
    /// @notice A bond left.
    event Withdrawn(
        address indexed node,
        address indexed token,
        address indexed court,
        address to,
        uint256 amount
    );
    /// @notice The node is no longer trusted by its provider, or was proven wrong.
    event NodeRevoked(address indexed node);
    /// @notice A court took `amount` of a bond: `reward` for the reporter, the rest burned.
    event Slashed(
        address indexed node,
        address indexed token,
        address indexed court,
        uint256 amount,
        address reporter,
        uint256 reward
    );

    /// @notice The node already belongs to `provider`.
    error NodeAlreadyJoined(address node, address provider);
    /// @notice The signature is not the node's over `NodeJoin(provider = caller)`.
    error InvalidJoinSignature(address node);
    /// @notice Only the node's provider may do this.
    error NotProvider(address node, address caller);
    /// @notice The node was revoked: no new bond.
    error NodeIsRevoked(address node);
    /// @notice There is no such bond.
    error NoBond(address node, address token, address court);
    /// @notice The bond is on its way out: no top-up, no second exit.
    error BondExiting(address node, address token, address court);
    /// @notice The bond may not leave yet; `exitAt` is 0 when no exit was started.
    error BondLocked(uint40 exitAt);
    /// @notice A bond names a court: without one nobody could ever slash it.
    error ZeroCourt();
    /// @notice The amount is zero.
    error ZeroAmount();

    /// @notice Makes the caller the node's provider, for good. Once per node; no replay is possible
    /// because the signature names the caller.
    /// @param sig the node's signature of `NodeJoin(address provider)`, domain of this contract
    function join(address node, CompactSignature calldata sig) external;

    /// @notice Adds to a bond, from the caller, who must be the node's provider.
    function stake(address node, address token, address court, uint128 amount) external;

    /// @notice Starts the exit of a whole bond, which stays slashable until it has left.
    function exit(address node, address token, address court) external;

    /// @notice Pays a bond out after its exit delay.
    function withdraw(address node, address token, address court, address to)
        external
        returns (uint256 amount);

    /// @notice Withdraws trust from a node key: no new channels, bonds or releases. What it earned
    /// stays redeemable. Cannot be undone.
    function revoke(address node) external;

    /// @notice Takes up to `amount` of the bond that names the caller as its court; burns at least
    /// 80 % of it, credits the rest to `reporter` (all is burned when zero), and revokes the node.
    function slash(address node, address token, uint256 amount, address reporter)
        external
        returns (uint256 taken, uint256 reward);

    /// @notice The provider of a node; zero when it never joined.
    function providerOf(address node) external view returns (address);

    /// @notice Unix seconds of the revocation; zero when the node is trusted.
    function revokedAt(address node) external view returns (uint40);

    /// @notice The bond of a node, in a token, in front of a court.
    function bond(address node, address token, address court)
        external
        view
        returns (uint128 amount, uint40 exitAt);

    /// @notice Token base units that were staked and left neither as a bond nor as a reward, and
    /// what of them was lost to slashes.
    function stakes(address token) external view returns (uint128 total, uint128 lost);

    /// @notice Token base units locked here for ever by slashes.
    function burned(address token) external view returns (uint256);

    /// @notice Seconds from `exit` to `withdraw`.
    function EXIT_DELAY() external view returns (uint256);

    /// @notice EIP-712 domain separator of this contract.
    function domainSeparator() external view returns (bytes32);
}
