// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {SignedTypes} from "../libraries/SignedTypes.sol";
import {Statements} from "../libraries/Statements.sol";
import {Channel} from "../types/Channel.sol";
import {Brief} from "../types/Order.sol";
import {Statement} from "../types/Statement.sol";
import {Demands} from "./Demands.sol";
import {Records} from "./Records.sol";
import {Roots} from "./Roots.sol";

/// @title Finality: evidence that a holder trusts pays a claim early
/// @dev It moves the money of one case out of the batch that this case's claim made, and nothing
/// else: never an ack's, never another order's. The bond stays liable.
abstract contract Finality is Demands {
    /// @dev Gas of a verifier: a pairing or hash based proof with room to spare.
    uint256 internal constant EVIDENCE_GAS = 6_000_000;

    /// @notice Whose evidence the holder of a channel trusts.
    mapping(bytes32 channel => mapping(address verifier => bool)) public trusted;

    /// @notice Trusts a verifier for the caller's channel, or no longer.
    function trust(Channel calldata terms, address verifier, bool on) external {
        require(terms.holder == msg.sender, ICourt.NotAuthorised(msg.sender));
        bytes32 channel = SignedTypes.hashChannel(terms);
        trusted[channel][verifier] = on;
        emit Trusted(channel, verifier, on);
    }

    /// @notice Frees a claimed order's money by evidence; anyone may call. `first` opens the record
    /// of a language model, which its units follow from.
    function finalise(
        Brief calldata b,
        Statement calldata receipt,
        Records.Opening calldata first,
        address verifier,
        bytes calldata evidence,
        bytes calldata records
    ) external nonReentrant returns (uint256 batchId) {
        _checkEvidence(b, receipt, first, verifier, evidence);
        uint128 units =
            receipt.units < b.order.maxUnits ? receipt.units : b.order.maxUnits;
        return court.finalise(b.class, b.terms, b.order.seq, units, records);
    }

    /// @notice Keeps it on file that evidence for a receipt was accepted; anyone may call. From
    /// then on claims of the order pay the proof that flags bit 3 asked for.
    function attest(
        Brief calldata b,
        Statement calldata receipt,
        Records.Opening calldata first,
        address verifier,
        bytes calldata evidence
    ) external nonReentrant {
        bytes32 channel = _checkEvidence(b, receipt, first, verifier, evidence);
        bytes32 receiptHash = Statements.hashStatement(receipt);
        attested[receiptHash] = true;
        emit Attested(channel, b.order.seq, receiptHash);
    }

    function _checkEvidence(
        Brief calldata b,
        Statement calldata receipt,
        Records.Opening calldata first,
        address verifier,
        bytes calldata evidence
    ) private view returns (bytes32 channel) {
        bytes32 orderHash;
        (channel, orderHash) = court.check(b);
        _checkStated(b, orderHash, receipt);
        require(receipt.isReceipt, NotStated());
        _checkUnits(b, receipt, first);
        require(trusted[channel][verifier], NoEvidence());
        require(_holds(verifier, _claimOf(b, orderHash, receipt), evidence), NoEvidence());
    }

    function _checkUnits(
        Brief calldata b,
        Statement calldata receipt,
        Records.Opening calldata first
    ) private view {
        uint32 prompt = 0;
        if (_family(b.order.modelRoot) != Roots.GRAPH) {
            prompt = Records.read(b.order.inputRoot, first).prompt;
        }
        uint256 units =
            registry.unitsOf(b.order.modelRoot, prompt, receipt.steps, b.order.flags);
        require(units == receipt.units, ICourt.Mismatch());
    }

    function _claimOf(Brief calldata b, bytes32 orderHash, Statement calldata receipt)
        private
        pure
        returns (IEvidence.Claim memory)
    {
        return IEvidence.Claim({
            orderHash: orderHash,
            modelRoot: b.order.modelRoot,
            inputRoot: b.order.inputRoot,
            outputRoot: receipt.outputRoot,
            traceRoot: receipt.traceRoot,
            units: receipt.units,
            steps: receipt.steps,
            node: b.terms.node
        });
    }

    /// @dev A revert, too little gas and an answer of another length are a no.
    function _holds(address verifier, IEvidence.Claim memory claim_, bytes calldata evidence)
        private
        view
        returns (bool)
    {
        bytes memory asked = abi.encodeCall(IEvidence.holds, (claim_, evidence));
        uint256 word;
        bool ok;
        uint256 cap = EVIDENCE_GAS;
        assembly ("memory-safe") {
            ok := staticcall(cap, verifier, add(asked, 0x20), mload(asked), 0, 0x20)
            ok := and(ok, eq(returndatasize(), 32))
            word := mload(0)
        }
        return ok && word == 1;
    }
}
