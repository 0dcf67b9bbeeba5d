using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Trace.Tests;

/// <summary>The tables of PROTOCOL.md about roots equal the code.</summary>
public sealed class ProtocolPageTests
{
    [Fact]
    public void ElementTypes_AreThoseOfTheCode() => Assert.Equal(
        Enum.GetValues<TensorType>()
            .Select(type => ($"{(byte)type}", $"{type}", $"{TraceTree.ElementBytes(type)}")),
        ProtocolPage.Rows("| dtype | element | bytes |")
            .Select(row => (row[0], row[1], row[2])));

    [Fact]
    public void Bounds_AreThoseOfTheCode()
    {
        Dictionary<string, int> code = new()
        {
            ["LeafBytes"] = TraceTree.LeafBytes,
            ["Arity"] = TraceTree.Arity,
            ["RankMax"] = TraceTree.RankMax,
            ["ListCountMax"] = TraceTree.ListCountMax,
        };
        Assert.Equal(code, ProtocolPage.Rows("| bound | value | of |").ToDictionary(
            row => row[0], row => int.Parse(row[1], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void InputOfTheExample_HasItsRoot()
    {
        Dictionary<string, byte[]> rows = ProtocolPage.Example();
        byte[] input = rows["input"];
        Bytes32 hash = TraceTree.TensorHash(TensorType.Int8, [1, input.Length], input);
        Assert.Equal(new Bytes32(rows["inputRoot"]), TraceTree.ListRoot([hash]));
    }
}
