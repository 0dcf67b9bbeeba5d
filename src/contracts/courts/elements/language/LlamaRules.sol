// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Llama, Model} from "./Llama.sol";

/// @title What an architecture of a language model may declare
/// @notice The refusals of LlamaArchitecture.cs and LlamaShape.cs, one for one.
library LlamaRules {
    // LlamaShape.cs.
    uint256 private constant DIM_MAX = 16_384;
    uint256 private constant HIDDEN_MAX = 65_536;
    uint256 private constant LAYERS_MAX = 256;
    uint256 private constant HEADS_MAX = 256;
    uint256 private constant HEAD_DIM_MAX = 256;
    uint256 private constant VOCAB_MAX = 1 << 19;
    uint256 private constant CONTEXT_MAX = 32_768;
    int256 private constant EPSILON_MAX = 1 << 48;
    uint256 private constant EXPONENT_MAX = 30;

    uint256 private constant VERSION = 1;
    uint256 private constant CONSTANTS_AT = 60;
    uint256 private constant CONSTANTS_BYTES = 88;
    /// @dev keccak256 of 16, 10, 96, 4,096, 1,024 and 1,024, 32 bits each, and of the keccak256 of
    /// the table of exponentials, 16 bits an entry, and of sigmoids, 32 bits an entry.
    bytes32 private constant CONSTANTS =
        0x180a30314ee87233108278acfe2830567932f5f80a0b3b127cf27ba438d14344;

    /// @dev ⌊log2(e) · 2^100⌋.
    uint256 private constant LOG2_E = 1828833234529184422442202814989;
    uint256 private constant LOG2_E_BITS = 100;
    /// @dev Bits of a score's multiplier: 2^14 at least.
    uint256 private constant SCORE_BITS = 14;

    /// @dev Not the one encoding of an architecture, or out of range.
    error InvalidArchitecture();

    /// @dev The model of an encoding that is canonical.
    function check(bytes memory encoding) internal pure returns (Model memory m) {
        require(encoding.length >= Llama.HEAD_BYTES, InvalidArchitecture());
        m = Llama.decode(encoding);
        uint256 cursor = m.kinds - Llama.HEAD_BYTES;
        bytes32 constants;
        assembly ("memory-safe") {
            constants := keccak256(add(cursor, CONSTANTS_AT), CONSTANTS_BYTES)
        }
        uint256 residual = Llama.wordAt(cursor + 52);
        require(
            Llama.wordAt(cursor) == VERSION && constants == CONSTANTS
                && (residual == 32 || residual == 64) && Llama.wordAt(cursor + 56) < 2,
            InvalidArchitecture()
        );
        require(
            _isWithin(m.dim, DIM_MAX) && _isWithin(m.hidden, HIDDEN_MAX)
                && _isWithin(m.layers, LAYERS_MAX) && _isWithin(m.heads, HEADS_MAX)
                && _isWithin(m.vocab, VOCAB_MAX) && _isWithin(m.context, CONTEXT_MAX)
                && _isWithin(m.kvHeads, m.heads) && m.heads % m.kvHeads == 0
                && _isWithin(m.headDim, HEAD_DIM_MAX) && m.headDim % 2 == 0,
            InvalidArchitecture()
        );
        (int256 multiplier, int256 shift) = scoreOf(m.headDim);
        require(
            m.scoreMultiplier == multiplier && m.scoreShift == shift
                && m.epsilon <= EPSILON_MAX,
            InvalidArchitecture()
        );
        _checkKinds(m, encoding.length - Llama.HEAD_BYTES);
    }

    /// @dev LlamaParameters.Score in integers: round(2^shift · log2(e) / √headDim), with the shift
    /// that makes it 2^14 at least and less than twice as much.
    function scoreOf(uint256 headDim) internal pure returns (int256 multiplier, int256 shift) {
        shift = int256(SCORE_BITS) - 1;
        uint256 exact;
        do {
            ++shift;
            exact = Math.sqrt((LOG2_E * LOG2_E << uint256(2 * shift)) / headDim);
        } while (exact >> (LOG2_E_BITS + SCORE_BITS) == 0);
        multiplier = int256((exact + (1 << (LOG2_E_BITS - 1))) >> LOG2_E_BITS);
    }

    function _checkKinds(Model memory m, uint256 count) private pure {
        require(
            count == Llama.HEAD_KINDS + Llama.LAYER_KINDS * m.layers, InvalidArchitecture()
        );
        uint256 cursor = m.kinds;
        bool isKnown = true;
        for (uint256 i = 0; i < count; ++i) {
            uint256 kind;
            assembly ("memory-safe") {
                kind := byte(0, mload(add(cursor, i)))
            }
            bool isNorm = i < Llama.HEAD_KINDS
                ? i == 2
                : (i - Llama.HEAD_KINDS) % Llama.LAYER_KINDS < 2;
            isKnown = isKnown && (isNorm ? kind <= EXPONENT_MAX : _isWithin(kind, Llama.INT8_HALF));
        }
        require(
            isKnown
                && (
                    !m.isTied
                        || Llama.kindOf(m, Llama.EMBEDDING, 0)
                            == Llama.kindOf(m, Llama.CLASSIFIER, 0)
                ),
            InvalidArchitecture()
        );
    }

    function _isWithin(uint256 x, uint256 most) private pure returns (bool) {
        return x != 0 && x <= most;
    }
}
