using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>The first leaf of an input record, which tells a court what was asked for.</summary>
public static class RecordHead
{
    /// <summary>Leaf 0, zeros behind a shorter record, and its path to the tensor's root as
    /// Records.sol climbs it: three siblings for each level, zero where there is none.</summary>
    public static (byte[] Leaf, Bytes32[] Siblings) Open(ReadOnlySpan<byte> record)
    {
        byte[] leaf = new byte[TraceTree.LeafBytes];
        record[..Math.Min(record.Length, leaf.Length)].CopyTo(leaf);
        int count = (record.Length + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes;
        List<Bytes32> known = HashTree.OfData(record).Siblings([0]);
        List<Bytes32> path = [];
        int at = 0;
        for (; count > 1; count = (count + TraceTree.Arity - 1) / TraceTree.Arity)
        {
            for (int node = 1; node < TraceTree.Arity; node++)
            {
                path.Add(node < count ? known[at++] : Bytes32.Zero);
            }
        }

        return (leaf, [.. path]);
    }
}
