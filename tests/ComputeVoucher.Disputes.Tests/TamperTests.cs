using System;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// A provider that commits to another number than its operator gives, somewhere, and goes on from
/// it or does not: the first difference to the honest run convicts it. Nothing convicts an honest
/// one, whatever is done to the proof.
/// </summary>
public sealed class TamperTests(ITestOutputHelper output)
{
    private const ulong Fixed = 20_260_103;

    /// <summary>Models and their share of the tampers: small ones carry the number.</summary>
    public static TheoryData<string, int> Real => new()
    {
        { "ad", 240 }, { "micro_speech", 160 }, { "kws", 60 }, { "ic", 30 },
        { "person_detect", 20 }, { "vww", 20 }, { "mobilenet_v2", 2 },
    };

    public static TheoryData<string, ulong> Layers
    {
        get
        {
            TheoryData<string, ulong> data = [];
            foreach (string kind in RandomLayers.All.Keys)
            {
                data.Add(kind, Fixed);
                if (Runs.IsFull)
                {
                    data.Add(kind, Runs.Fresh);
                }
            }

            return data;
        }
    }

    [SharedDataTheory("tflite")]
    [MemberData(nameof(Real))]
    public void RealModel_AnyElementTampered_IsConvicted(string name, int share) =>
        Convicts(SharedData.PathOf("tflite", name, "model.tflite"), share);

    [SharedDataTheory("further")]
    [InlineData("tflite/hello/model.tflite", 200)]
    [InlineData("tflite/str_ww/model.tflite", 60)]
    [InlineData("tflite/ic_large/model.tflite", 2)]
    [InlineData("tflite/mobilenet_v2_pad/model.tflite", 2)]
    public void FurtherModel_AnyElementTampered_IsConvicted(string path, int share) =>
        Convicts(SharedData.PathOf(["further", .. path.Split('/')]), share);

    private void Convicts(string path, int share)
    {
        using var model = (GraphModel)ModelFile.Open(path);
        ulong seed = Runs.IsFull ? Runs.Fresh : Fixed;
        output.WriteLine($"seed {seed}");
        Prng numbers = new(seed);
        HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
        int tampers = Math.Max(2, Runs.Count(share / 8, share * 100));
        for (int i = 0; i < tampers; i++)
        {
            run.Convicts(numbers, recomputed: i % 2 == 0);
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void RandomLayer_AnyElementTampered_IsConvicted(string kind, ulong seed)
    {
        Prng numbers = new(seed);
        for (int i = 0; i < Runs.Count(12, 120); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
            for (int t = 0; t < 15; t++)
            {
                run.Convicts(numbers, recomputed: true);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void RandomLayer_HonestElementWithAnyProof_IsNotConvicted(string kind, ulong seed)
    {
        Prng numbers = new(seed ^ 1);
        for (int i = 0; i < Runs.Count(8, 195); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
            for (int t = 0; t < 200; t++)
            {
                run.IsNotConvicted(numbers);
            }
        }
    }

    /// <summary>What a cheat has computed on follows from what it has changed: of its trace that
    /// one element is wrong, and no other.</summary>
    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("kws")]
    [InlineData("ic")]
    [InlineData("mobilenet_v2")]
    public void Cheat_ThatGoesOn_IsWrongInOneElement(string name)
    {
        using var model =
            (GraphModel)ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        Prng numbers = new(Fixed);
        HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
        int changed = 0;
        for (int i = 0; i < 3; i++)
        {
            Tampering cheat = GraphCheat.Of(model).Tamper(run.Trace, numbers, recomputed: true);
            GraphWitnesses witnesses = new(model, cheat.Trace);
            for (int op = cheat.Operator + 1; op < model.Graph.Operators.Length; op++)
            {
                int tensor = model.Graph.Inputs.Length + op;
                byte[] data = cheat.Trace[tensor].Data;
                int element = data.AsSpan().CommonPrefixLength(run.Trace[tensor].Data);
                changed += element < data.Length ? 1 : 0;
                Assert.Equal(Verdict.Equal, run.Judge.Element(
                    cheat.Trace.Root,
                    witnesses.Element(op, Math.Min(element, data.Length - 1))).Verdict);
            }
        }

        Assert.NotEqual(0, changed);
    }

    /// <summary>A list of another length, type or shape proves nothing to anybody.</summary>
    [Theory]
    [InlineData("CONV_2D")]
    [InlineData("ADD")]
    [InlineData("SOFTMAX")]
    public void Structure_OfAnotherForm_HasNoProof(string kind)
    {
        Prng numbers = new(Fixed);
        using GraphModel model = RandomLayers.All[kind](numbers).Build();
        HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
        byte[] proof = run.Proof(numbers);
        Bytes32[] hashes = [.. Enumerable.Range(0, run.Trace.Count).Select(i => run.Trace[i].Hash)];
        RecordedTrace.Entry last = run.Trace[run.Trace.Count - 1];
        int[] turned = [.. last.Dims, 1];
        Bytes32[][] lists =
        [
            [.. hashes, Bytes32.Zero], hashes[..^1],
            [.. hashes[..^1], TraceTree.TensorHash(TensorType.UInt8, last.Dims, last.Data)],
            [.. hashes[..^1], TraceTree.TensorHash(last.Type, turned, last.Data)],
            [.. hashes[..^1], TraceTree.DataRoot(last.Data)],
        ];
        foreach (Bytes32[] list in lists)
        {
            Assert.Equal(
                Verdict.OpeningBad, run.Judge.Element(TraceTree.ListRoot(list), proof).Verdict);
        }

        Assert.Equal(
            Verdict.OpeningBad,
            run.Judge.Element(TraceTree.NodeRoot(hashes), proof).Verdict);
        Assert.Equal(Verdict.Equal, run.Judge.Element(run.Trace.Root, proof).Verdict);
    }

    /// <summary>Bytes changed, cut, added, moved, or taken from another proof.</summary>
    internal static byte[] Mutated(Prng numbers, byte[] proof, Func<byte[]> another)
    {
        byte[] changed = [.. proof];
        switch (numbers.Between(0, 5))
        {
            case 0:
                changed[numbers.Between(0, changed.Length - 1)] ^= (byte)(
                    1 << numbers.Between(0, 7));
                return changed;
            case 1:
                return changed[..numbers.Between(0, changed.Length - 1)];
            case 2:
                return [.. changed, .. numbers.Bytes(numbers.Between(1, 64))];
            case 3:
                // The header: another element, another place, another number of something.
                changed[numbers.Between(0, Math.Min(30, changed.Length - 1))] =
                    (byte)numbers.Between(0, 255);
                return changed;
            case 4:
                int block = numbers.Between(1, Math.Min(128, changed.Length));
                int from = numbers.Between(0, changed.Length - block);
                int to = numbers.Between(0, changed.Length - block);
                changed.AsSpan(from, block).CopyTo(changed.AsSpan(to));
                return changed;
            default:
                byte[] other = another();
                int cut = numbers.Between(0, Math.Min(other.Length, changed.Length));
                return [.. changed[..cut], .. other[cut..]];
        }
    }
}
