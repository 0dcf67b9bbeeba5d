// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEvidence} from "contracts/interfaces/IEvidence.sol";

/// @notice Says yes to everything: as bad as a verifier that a holder trusts can be.
contract WillingVerifier is IEvidence {
    function holds(Claim calldata, bytes calldata) external pure returns (bool) {
        return true;
    }
}
