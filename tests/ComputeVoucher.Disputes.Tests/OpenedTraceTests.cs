using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>What was opened is read as committed; nothing else is read at all.</summary>
public sealed class OpenedTraceTests
{
    private static readonly int[] s_dims = [3, 300];

    [Fact]
    public void Read_LeavesThatWereTouched_GivesTheCommittedElements()
    {
        RecordedTrace trace = Run();
        LeafLog log = new();
        foreach (int element in (ReadOnlySpan<int>)[0, 127, 128, 899])
        {
            log.Touch(1, element, 1);
        }

        OpenedTrace opened = new(trace.Root);
        List<byte[]> openings = log.Open(trace);
        Assert.All(openings, o => Assert.True(opened.TryAdd(o)));
        Assert.Equal(2, opened.TensorCount);
        foreach (int element in (ReadOnlySpan<int>)[0, 127, 128, 255, 896, 899])
        {
            Assert.Equal(
                (sbyte)trace[1].Data[element], opened.Read(1, TensorType.Int8, s_dims, element));
        }

        Refused(Verdict.OpeningMissing, () => opened.Read(1, TensorType.Int8, s_dims, 256));
        Refused(Verdict.OpeningMissing, () => opened.Read(0, TensorType.Int8, s_dims, 0));
        Refused(Verdict.OpeningBad, () => opened.Read(1, TensorType.UInt8, s_dims, 0));
        Refused(Verdict.OpeningBad, () => opened.Read(1, TensorType.Int8, [300, 3], 0));
    }

    [Fact]
    public void TryAdd_ChangedLeafOrOtherRoot_IsRefused()
    {
        // Two equal tensors could stand for each other.
        RecordedTrace trace = Run().With(0, new Prng(2).Bytes(900));
        byte[] opening = trace.Open(1, 128, 1).Encoded.ToArray();
        Assert.False(new OpenedTrace(Bytes32.Zero).TryAdd(opening));
        Assert.False(new OpenedTrace(trace.With(0, new byte[900]).Root).TryAdd(opening));

        // Which elements of the leaf are meant is free to say; everything else is proven.
        foreach (int at in Enumerable.Range(0, opening.Length).Where(at => at is < 43 or >= 51))
        {
            opening[at] ^= 1;
            Assert.False(new OpenedTrace(trace.Root).TryAdd(opening));
            opening[at] ^= 1;
        }

        Assert.True(new OpenedTrace(trace.Root).TryAdd(opening));
    }

    private static void Refused(Verdict verdict, Func<long> read) =>
        Assert.Equal(verdict, Assert.Throws<EvidenceException>(() => _ = read()).Verdict);

    private static RecordedTrace Run()
    {
        GraphTensor tensor = GraphBuilder.Int8(0, s_dims);
        using GraphModel model = new GraphBuilder(tensor).Add(tensor, w => new Reshape(w)).Build();
        using IModelSession session = model.CreateSession(Backend.Scalar, 1);
        return RecordedTrace.Of(session, new Prng(1).Bytes(900));
    }
}
