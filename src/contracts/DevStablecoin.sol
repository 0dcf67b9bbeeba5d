// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A stablecoin for development chains. ANYBODY CAN MINT IT: IT IS WORTH NOTHING.
/// @notice Six decimals and EIP-2612 permits, like the stablecoins that the vouchers are meant for.
contract DevStablecoin is ERC20, ERC20Permit {
    constructor() ERC20("Worthless Development Dollar", "devUSD") ERC20Permit("devUSD") {}

    /// @notice Creates `amount` out of nothing, for anybody.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
