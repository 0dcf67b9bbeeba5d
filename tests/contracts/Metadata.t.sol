// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Fixture} from "./base/Fixture.sol";

contract MetadataTest is Fixture {
    /// The text as it stands in a wallet, base64 taken off by another implementation than the
    /// contract's.
    function test_uri_saysWhatTheClassIs() external view {
        uint256 id = idOf(plainClass());
        string memory hexId = vm.toString(bytes32(id));
        bytes memory json = bytes.concat(
            '{"name":"Compute voucher ',
            bytes(hexId),
            '","decimals":9,"description":"Pre-paid compute units of the class of terms ',
            bytes(hexId),
            ', redeemed by the nodes they are locked to."}'
        );
        vm.assertEq(
            bytes(vouchers.uri(id)),
            bytes.concat("data:application/json;base64,", bytes(vm.toBase64(json))),
            "uri"
        );
    }

    /// The contract that answers stands where only the constructor of Vouchers can have put it.
    function test_uri_isAnsweredByTheContractThatVouchersMade() external {
        address metadata =
            address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", vouchers, hex"01")))));
        vm.assertGt(metadata.code.length, 0, "made");
        vm.etch(metadata, hex"");
        vm.expectRevert();
        vouchers.uri(1);
    }
}
