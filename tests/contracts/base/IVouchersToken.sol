// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155MetadataURI} from
    "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";

/// @notice All that Vouchers offers. The tests know it by its interface only, so that a change of
/// the code does not compile them again.
interface IVouchersToken is IVouchers, IERC1155MetadataURI {}
