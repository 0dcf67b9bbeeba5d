// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Trees} from "../../Trees.sol";
import {LlamaAttention} from "./LlamaAttention.sol";
import {LlamaInt16} from "./LlamaInt16.sol";
import {LlamaTrace, Site} from "./LlamaTrace.sol";
import {LlamaReader, Reader} from "./LlamaReader.sol";
import {Rounding} from "./Rounding.sol";

/// @title Witnesses of a maximum, and the choice of a token: Maximum.cs, Sampler.cs
library LlamaChoices {
    using LlamaReader for Reader;
    using LlamaReader for Site;

    /// @dev round(log2(e) · 2^26).
    uint256 private constant LOG2_E = 96_817_625;
    uint256 private constant TOP_P_ONE = 1 << 16;
    uint256 private constant DRAW_TAG = 9;

    /// @dev How many elements a witness speaks of; 0 where the element is no witness.
    function rivals(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (uint256)
    {
        if (!LlamaTrace.isScalars(site.tensor)) {
            bool isBest = site.tensor == LlamaTrace.CANDIDATES
                || (site.tensor == LlamaTrace.TOKEN && r.plan.candidates == 0);
            return isBest ? r.model.vocab : 0;
        }
        (uint256 kind,) = LlamaTrace.scalarAt(r.model, site.tensor, index);
        if (kind == LlamaTrace.NORM_WITNESS) return r.model.dim;
        if (kind == LlamaTrace.SOFTMAX_WITNESS) return site.position + 1;
        return kind == LlamaTrace.ROW_WITNESS
            ? LlamaInt16.columns(r, site.tensor + 1)
            : 0;
    }

    /// @dev Whether a rival stands before the witness: it is larger, or as large with a lower
    /// index. Candidate c is the first of what stands behind candidate c − 1.
    function beats(Reader memory r, Site memory site, uint256 index, uint256 rival)
        internal
        pure
        returns (bool)
    {
        if (!_before(r, site, index, rival, _witness(r, site, index))) return false;
        return site.tensor != LlamaTrace.CANDIDATES || index == 0
            || _before(r, site, index, _witness(r, site, index - 1), rival);
    }

    /// @dev The committed index; candidates must stand behind the one before.
    function element(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        uint256 witness = _witness(r, site, index);
        r.refuteUnless(
            site.tensor != LlamaTrace.CANDIDATES || index == 0
                || _before(r, site, index, _witness(r, site, index - 1), witness)
        );
        return int256(witness);
    }

    /// @dev The logit of a candidate.
    function candidateLogit(Reader memory r, Site memory site, uint256 index)
        internal
        pure
        returns (int256)
    {
        int256 id = r.get(site.to(LlamaTrace.CANDIDATES), index);
        return r.get(site.to(LlamaTrace.LOGITS), r.within(id, int256(r.model.vocab)));
    }

    /// @dev The token that the draw of its step takes from the candidates.
    function drawn(Reader memory r, Site memory site) internal pure returns (int256) {
        unchecked {
            uint256[] memory sums = _sums(r, site);
            uint256 least = r.sampling.topP * sums[sums.length - 1];
            // Sums of weights are whole, those that topP is compared with have 16 bits more.
            uint256 kept = sums[_first(sums, (least + TOP_P_ONE - 1) / TOP_P_ONE)];
            uint256 step = site.position + 2 - r.plan.prompt;
            uint256 target = _draw(r.sampling.seed, step) * kept >> 64;
            return r.get(site.to(LlamaTrace.CANDIDATES), _first(sums, target + 1));
        }
    }

    /// @dev Sums of the weights of the candidates up to each.
    function _sums(Reader memory r, Site memory site)
        private
        pure
        returns (uint256[] memory sums)
    {
        sums = new uint256[](r.plan.candidates);
        uint256 cursor = r.spanOf(site.to(LlamaTrace.CANDIDATE_LOGITS), 0, sums.length);
        uint256 divisor = r.sampling.temperature << Rounding.FRACTION_BITS;
        r.refuteUnless(_fill(sums, cursor, divisor, r.table));
    }

    /// @dev A candidate weighs T[d mod 1024] · 2^16 / 2^(d / 1024), halves up, 0 where d / 1024 is
    /// more than 31: d is its distance to the best in the log2 domain, Q.10.
    /// @param divisor The temperature, 2^16 times.
    /// @return isFalling Whether no logit is greater than the one before; one that is counts as
    /// great.
    function _fill(
        uint256[] memory sums,
        uint256 cursor,
        uint256 divisor,
        bytes memory table
    ) private pure returns (bool isFalling) {
        int256 best = LlamaReader.numberAt(cursor, LlamaTrace.INT32);
        uint256 sum = 0;
        isFalling = true;
        assembly ("memory-safe") {
            let last := best
            table := add(table, 32)
            let end := add(cursor, shl(2, mload(sums)))
            for {} lt(cursor, end) { cursor := add(cursor, 4) } {
                let d := shr(224, calldataload(cursor))
                d := or(shl(8, and(d, 0x00ff00ff)), and(shr(8, d), 0x00ff00ff))
                d := signextend(3, or(shl(16, d), shr(16, d)))
                if sgt(d, last) {
                    isFalling := 0
                    d := last
                }
                last := d
                d := div(mul(sub(best, d), LOG2_E), divisor)
                let whole := shr(10, d)
                if lt(whole, 32) {
                    d := shl(16, shr(240, mload(add(table, shl(1, and(d, 1023))))))
                    sum := add(sum, shr(whole, add(d, shr(1, shl(whole, 1)))))
                }
                sums := add(sums, 32)
                mstore(sums, sum)
            }
        }
    }

    /// @dev The first of rising sums that is so great; one is.
    function _first(uint256[] memory sums, uint256 least) private pure returns (uint256 low) {
        unchecked {
            uint256 high = sums.length - 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (sums[middle] < least) low = middle + 1;
                else high = middle;
            }
        }
    }

    /// @dev The first 8 bytes of keccak(09 ‖ seed u64 ‖ step u32), little endian as they are.
    function _draw(uint256 seed, uint256 step) private pure returns (uint256) {
        bytes32 hash = keccak256(
            abi.encodePacked(
                uint8(DRAW_TAG),
                Trees.little(seed & type(uint32).max),
                Trees.little(seed >> 32),
                Trees.little(step)
            )
        );
        uint256 word = uint256(hash) >> 192;
        return uint256(uint32(Trees.little(word >> 32)))
            | uint256(uint32(Trees.little(word & type(uint32).max))) << 32;
    }

    function _witness(Reader memory r, Site memory site, uint256 index)
        private
        pure
        returns (uint256)
    {
        return r.within(r.get(site, index), int256(rivals(r, site, index)));
    }

    function _before(
        Reader memory r,
        Site memory site,
        uint256 index,
        uint256 first,
        uint256 second
    ) private pure returns (bool) {
        int256 a = _size(r, site, index, first);
        int256 b = _size(r, site, index, second);
        return a > b || (a == b && first < second);
    }

    function _size(Reader memory r, Site memory site, uint256 index, uint256 which)
        private
        pure
        returns (int256)
    {
        if (!LlamaTrace.isScalars(site.tensor)) return r.get(site.to(LlamaTrace.LOGITS), which);

        (uint256 kind, uint256 head) = LlamaTrace.scalarAt(r.model, site.tensor, index);
        Site memory row = site.to(site.tensor + 1);
        if (kind == LlamaTrace.NORM_WITNESS) return Rounding.magnitude(r.residual(row, which));
        if (kind == LlamaTrace.SOFTMAX_WITNESS) {
            return LlamaAttention.score(r, site, head, which);
        }
        return LlamaInt16.magnitude(r, row, head, which);
    }
}
