using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes;

/// <summary>Everything that judging one element reads, each piece proven by itself.</summary>
public sealed class LanguageWitness
{
    /// <summary>Canonical encoding of the model's architecture.</summary>
    public required byte[] Architecture { get; init; }

    /// <summary>Beside the architecture under the model root.</summary>
    public required Bytes32 ParametersRoot { get; init; }

    /// <summary>Openings under the order's input root; the record's first leaf always.</summary>
    public required IReadOnlyList<byte[]> Input { get; init; }

    /// <summary>Openings under the trace root.</summary>
    public required IReadOnlyList<byte[]> Trace { get; init; }

    /// <summary>Openings of parameter rows.</summary>
    internal IReadOnlyList<RowOpening> Rows { get; init; } = [];

    /// <summary>Bytes of leaves, without paths and headers; 0 for what is no opening.</summary>
    public int OpenedBytes => Input.Concat(Trace).Sum(LeafBytes) +
        Rows.Sum(row => row.Leaves.Length);

    private static int LeafBytes(byte[] encoded)
    {
        if (!Opening.TryDecode(encoded, out Opening? opening))
        {
            return 0;
        }

        int size = TraceTree.ElementBytes(opening.Type);
        int first = opening.FirstElement * size / TraceTree.LeafBytes;
        int end = (opening.FirstElement + opening.ElementCount) * size - 1;
        return (end / TraceTree.LeafBytes - first + 1) * TraceTree.LeafBytes;
    }
}
