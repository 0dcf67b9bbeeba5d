using System.Collections.Generic;

namespace ComputeVoucher.Disputes;

/// <summary>Everything that judging one element reads, each piece proven by itself.</summary>
public sealed class LanguageWitness
{
    /// <summary>Openings under the order's input root; the record's first leaf always.</summary>
    public required IReadOnlyList<byte[]> Input { get; init; }

    /// <summary>Openings under the trace root.</summary>
    public required IReadOnlyList<byte[]> Trace { get; init; }

    /// <summary>Openings of parameter rows.</summary>
    internal IReadOnlyList<RowOpening> Rows { get; init; } = [];
}
