// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProviders} from "contracts/interfaces/IProviders.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {SignedTypes} from "contracts/libraries/SignedTypes.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "./base/Fixture.sol";

/// @notice The frozen types against vectors that another implementation made
/// (tests/vectors/vouchers-eip712.json; the C# tests read the same file).
contract VectorsTest is Fixture {
    string private _json;

    function setUp() public override {
        super.setUp();
        _json = vm.readFile("tests/vectors/vouchers-eip712.json");
    }

    function test_vectors_class() external {
        for (uint256 i = 0; i < 3; ++i) {
            string memory message = _enter(i, "Class");
            Class memory class = Class({
                token: vm.parseJsonAddress(message, ".message.token"),
                unitPrice: uint128(vm.parseJsonUint(message, ".message.unitPrice")),
                expiry: uint64(vm.parseJsonUint(message, ".message.expiry")),
                thaw: uint32(vm.parseJsonUint(message, ".message.thaw")),
                window: uint32(vm.parseJsonUint(message, ".message.window")),
                premiumBps: uint16(vm.parseJsonUint(message, ".message.premiumBps")),
                burnBps: uint16(vm.parseJsonUint(message, ".message.burnBps")),
                costTable: vm.parseJsonBytes32(message, ".message.costTable"),
                court: vm.parseJsonAddress(message, ".message.court")
            });
            _check(i, _domain(message), bytes32(vouchers.classIdOf(class)));
        }
    }

    function test_vectors_channel() external {
        for (uint256 i = 3; i < 6; ++i) {
            string memory message = _enter(i, "Channel");
            Channel memory terms = Channel({
                holder: vm.parseJsonAddress(message, ".message.holder"),
                node: vm.parseJsonAddress(message, ".message.node"),
                spendKey: vm.parseJsonAddress(message, ".message.spendKey"),
                classId: vm.parseJsonUint(message, ".message.classId"),
                salt: vm.parseJsonBytes32(message, ".message.salt")
            });
            _check(i, _domain(message), vouchers.channelIdOf(terms));
        }
    }

    /// The signature joins, at the address and on the chain of the vector.
    function test_vectors_nodeJoin() external {
        bytes memory code = address(providers).code;
        for (uint256 i = 6; i < 9; ++i) {
            string memory message = _enter(i, "NodeJoin");
            _domain(message);
            address target = vm.parseJsonAddress(message, ".domain.verifyingContract");
            vm.etch(target, code);
            address provider_ = vm.parseJsonAddress(message, ".message.provider");
            bytes memory sig = vm.parseJsonBytes(_json, _key(i, "signature"));
            (bytes32 r, bytes32 vs) = abi.decode(sig, (bytes32, bytes32));
            address signer = vm.parseJsonAddress(_json, _key(i, "signer"));
            vm.prank(provider_);
            IProviders(target).join(signer, CompactSignature({r: r, vs: vs}));
            _check(i, IProviders(target).domainSeparator(), SignedTypes.hashNodeJoin(provider_));
        }
    }

    function test_vectors_ackAndRelease() external {
        for (uint256 i = 24; i < 27; ++i) {
            string memory message = _enter(i, "Ack");
            bytes32 hash = SignedTypes.hashAck(
                vm.parseJsonBytes32(message, ".message.channel"),
                uint128(vm.parseJsonUint(message, ".message.cumUnits")),
                uint64(vm.parseJsonUint(message, ".message.nextSeq"))
            );
            _check(i, _domain(message), hash);
        }
        for (uint256 i = 27; i < 30; ++i) {
            string memory message = _enter(i, "Release");
            bytes32 hash = SignedTypes.hashRelease(
                vm.parseJsonBytes32(message, ".message.channel"),
                uint128(vm.parseJsonUint(message, ".message.cumUnits"))
            );
            _check(i, _domain(message), hash);
        }
    }

    /// All ten types: digest and signature as forge's own implementation has them.
    function test_vectors_areWhatAlloySays() external view {
        for (uint256 i = 0; i < 30; ++i) {
            bytes32 digest = vm.parseJsonBytes32(_json, _key(i, "digest"));
            string memory typed = vm.parseJsonString(_json, _key(i, "typedData"));
            vm.assertEq(vm.eip712HashTypedData(typed), digest, "digest");
            uint256 key = uint256(vm.parseJsonBytes32(_json, _key(i, "privateKey")));
            (bytes32 r, bytes32 vs) = vm.signCompact(key, digest);
            vm.assertEq(
                vm.parseJsonBytes(_json, _key(i, "signature")), abi.encode(r, vs), "signature"
            );
        }
    }

    /// @dev Case `index`, which must be of type `primaryType`, as its typed data.
    function _enter(uint256 index, string memory primaryType)
        private
        view
        returns (string memory message)
    {
        message = vm.parseJsonString(_json, _key(index, "typedData"));
        vm.assertEq(
            bytes(vm.parseJsonString(message, ".primaryType")), bytes(primaryType), "type"
        );
    }

    /// @dev Moves to the chain of the case and gives what Vouchers has as its domain there.
    function _domain(string memory message) private returns (bytes32) {
        vm.chainId(vm.parseJsonUint(message, ".domain.chainId"));
        address target = vm.parseJsonAddress(message, ".domain.verifyingContract");
        vm.etch(target, address(vouchers).code);
        return IVouchers(target).domainSeparator();
    }

    function _check(uint256 index, bytes32 separator, bytes32 structHash) private view {
        bytes32 digest = vm.parseJsonBytes32(_json, _key(index, "digest"));
        vm.assertEq(digestOf(separator, structHash), digest, "digest");
    }

    function _key(uint256 index, string memory field) private pure returns (string memory) {
        bytes memory digits = index < 10
            ? abi.encodePacked(uint8(48 + index))
            : abi.encodePacked(uint8(48 + index / 10), uint8(48 + index % 10));
        return string.concat(".cases[", string(digits), "].", field);
    }
}
