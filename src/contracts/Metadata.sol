// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title What a wallet shows of a class of vouchers
/// @dev Created by `Vouchers` and fixed with it: nobody can change what a voucher says of itself.
/// It knows the id alone, which is the hash of the terms; the terms are in `ClassCreated`.
contract Metadata {
    /// @notice The ERC-1155 metadata of a class, as a data URI. Nine decimals: a price is stated
    /// for 1e9 compute units.
    function uri(uint256 classId) external pure returns (string memory) {
        string memory id = Strings.toHexString(classId, 32);
        bytes memory json = bytes.concat(
            '{"name":"Compute voucher ',
            bytes(id),
            '","decimals":9,"description":"Pre-paid compute units of the class of terms ',
            bytes(id),
            ', redeemed by the nodes they are locked to."}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }
}
