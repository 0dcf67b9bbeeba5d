using System.Collections.Generic;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>What one step of the mirror found.</summary>
/// <param name="Changed">Rows that changed.</param>
/// <param name="Thawing">Of those, the ones whose thaw was not known before.</param>
public sealed record MirrorStep(
    IReadOnlyList<ChannelRow> Changed, IReadOnlyList<ChannelRow> Thawing);
