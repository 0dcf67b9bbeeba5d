// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";

/// @title Committee: evidence is the word of k out of n members
/// @dev Fixed for good; another committee is another contract. Evidence is k signatures of 64 bytes
/// (EIP-2098) in the order of the signers' addresses, so that none counts twice.
contract Committee is IEvidence, EIP712 {
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(bytes32 orderHash,bytes32 modelRoot,bytes32 inputRoot,bytes32 outputRoot,"
        "bytes32 traceRoot,uint128 units,uint32 steps,address node)"
    );
    /// @dev Bytes of a signature.
    uint256 private constant SIGNATURE_BYTES = 64;

    /// @notice Signatures that a claim needs.
    uint256 public immutable threshold;
    /// @notice Who counts.
    mapping(address member => bool) public isMember;

    /// @notice Members are distinct and not zero, the threshold between one and all of them.
    error InvalidCommittee();

    constructor(address[] memory members, uint256 threshold_) EIP712("ComputeVoucher", "1") {
        require(threshold_ != 0 && threshold_ <= members.length, InvalidCommittee());
        for (uint256 i = 0; i < members.length; ++i) {
            require(members[i] != address(0) && !isMember[members[i]], InvalidCommittee());
            isMember[members[i]] = true;
        }
        threshold = threshold_;
    }

    /// @inheritdoc IEvidence
    function holds(Claim calldata claim, bytes calldata evidence) external view returns (bool) {
        if (evidence.length != SIGNATURE_BYTES * threshold) return false;
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(CLAIM_TYPEHASH, claim)));
        address last = address(0);
        for (uint256 i = 0; i < evidence.length; i += SIGNATURE_BYTES) {
            (address signer,,) = ECDSA.tryRecover(
                digest, bytes32(evidence[i:i + 32]), bytes32(evidence[i + 32:i + 64])
            );
            if (signer <= last || !isMember[signer]) return false;
            last = signer;
        }
        return true;
    }
}
