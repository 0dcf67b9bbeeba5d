using System;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>The first leaf of a record leads to its input root as Records.sol climbs.</summary>
public sealed class RecordHeadTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(100)]
    [InlineData(119)]
    [InlineData(120)]
    [InlineData(2_000)]
    [InlineData(16_000)]
    public void FirstLeaf_LeadsToTheInputRoot(int prompt)
    {
        byte[] record = new InputRecord(
            [.. Enumerable.Range(5, prompt)], 4, [2], SamplingOptions.Greedy).Encode();
        (byte[] leaf, Bytes32[] siblings) = RecordHead.Open(record);
        Assert.Equal(TraceTree.LeafBytes, leaf.Length);
        Assert.StartsWith(
            Convert.ToHexString(record.AsSpan(0, Math.Min(record.Length, leaf.Length))),
            Convert.ToHexString(leaf), StringComparison.Ordinal);
        Bytes32 hash = Keccak256.Hash([0, .. leaf]);
        for (int level = 0; level < siblings.Length / 3; level++)
        {
            hash = Keccak256.Hash([1, .. hash.Span, .. siblings[3 * level].Span,
                .. siblings[3 * level + 1].Span, .. siblings[3 * level + 2].Span]);
        }

        int leaves = (record.Length + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes;
        int height = 0;
        for (; leaves > 1; leaves = (leaves + 3) / 4)
        {
            height++;
        }

        Assert.Equal(3 * height, siblings.Length);
        Assert.Equal(
            InputRecord.Root(record),
            TraceTree.ListRoot(
                [TraceTree.TensorHash(TensorType.UInt8, [record.Length], hash)]));
    }
}
