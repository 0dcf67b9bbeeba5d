// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that calls back, keeps a fee, refuses, or lies, as told.
contract HostileToken is ERC20 {
    address private _target;
    bytes private _callback;
    /// The revert data of the callback, if it failed.
    bytes public callbackError;
    bool public callbackRan;
    uint256 public feeBps;
    bool public refuse;
    bool public generous;
    bool public lies;

    constructor() ERC20("Hostile", "EVIL") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    function setRefuse(bool yes) external {
        refuse = yes;
    }

    function setGenerous(bool yes) external {
        generous = yes;
    }

    function setLies(bool yes) external {
        lies = yes;
    }

    /// @notice Says no, and moves nothing.
    function transfer(address to, uint256 value) public override returns (bool) {
        return !lies && super.transfer(to, value);
    }

    /// @notice Calls `target` with `data` once, during the next transfer.
    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _callback = data;
        callbackRan = false;
        callbackError = "";
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!refuse, "refused");
        if (_target != address(0) && from != address(0)) {
            address target = _target;
            _target = address(0);
            (bool ok, bytes memory data) = target.call(_callback);
            callbackRan = true;
            if (!ok) callbackError = data;
        }
        super._update(from, to, value);
        if (feeBps != 0 && from != address(0) && to != address(0)) {
            super._update(to, address(0xfee), value * feeBps / 10_000);
        }
        if (generous && from != address(0) && to != address(0)) super._update(address(0), to, 1);
    }
}
