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
    /// @dev Whole numbers of the log2 domain beyond which a candidate weighs nothing.
    uint256 private constant WHOLE_MAX = 31;
    /// @dev Fraction bits that a weight has beyond the table's.
    uint256 private constant EXTRA_BITS = 16;
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
        uint256[] memory sums = _sums(r, site);
        uint256 total = sums[sums.length - 1];
        uint256 kept = 0;
        while (sums[kept] << Rounding.FRACTION_BITS < r.sampling.topP * total) ++kept;
        uint256 step = site.position + 2 - r.plan.prompt;
        uint256 target = _draw(r.sampling.seed, step) * sums[kept] >> 64;
        uint256 chosen = 0;
        while (sums[chosen] <= target) ++chosen;
        return r.get(site.to(LlamaTrace.CANDIDATES), chosen);
    }

    /// @dev Sums of the weights of the candidates up to each.
    function _sums(Reader memory r, Site memory site)
        private
        pure
        returns (uint256[] memory sums)
    {
        sums = new uint256[](r.plan.candidates);
        uint256 cursor = r.spanOf(site.to(LlamaTrace.CANDIDATE_LOGITS), 0, sums.length);
        int256 best = LlamaReader.numberAt(cursor, LlamaTrace.INT32);
        int256 last = best;
        uint256 sum = 0;
        for (uint256 c = 0; c < sums.length; ++c) {
            int256 value = LlamaReader.numberAt(cursor + 4 * c, LlamaTrace.INT32);
            if (value > last) (r.isRefuted, value) = (true, last);
            last = value;
            sum += _weight(r, uint256(best - value));
            sums[c] = sum;
        }
    }

    /// @dev The weight of a candidate whose logit lies so far below the best.
    function _weight(Reader memory r, uint256 distance) private pure returns (uint256) {
        distance = distance * LOG2_E / (r.sampling.temperature << Rounding.FRACTION_BITS);
        uint256 whole = distance >> LlamaAttention.SCORE_BITS;
        if (whole > WHOLE_MAX) return 0;
        uint256 entry = r.entryOf(distance & ((1 << LlamaAttention.SCORE_BITS) - 1));
        entry <<= EXTRA_BITS;
        return whole == 0 ? entry : (entry + (1 << (whole - 1))) >> whole;
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
