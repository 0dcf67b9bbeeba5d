using System;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests.Descent;

/// <summary>
/// Whole disputes about runs of integer graphs: whatever is wrong in a trace ends in a conviction,
/// and an honest provider is convicted by nothing that an opener does.
/// </summary>
public sealed class GraphDescentTests(ITestOutputHelper output)
{
    private const ulong Fixed = 20_260_201;

    /// <summary>Models, their share of the disputes, and the most answers that one takes.</summary>
    public static TheoryData<string, int, int> Real => new()
    {
        { "ad", 40, 4 }, { "micro_speech", 20, 4 }, { "kws", 12, 4 }, { "ic", 8, 4 },
        { "vww", 4, 5 }, { "mobilenet_v2", 2, 6 },
    };

    [SharedDataTheory("tflite")]
    [MemberData(nameof(Real))]
    public void RealModel_AnyElementTampered_ProviderIsConvicted(
        string name, int share, int answersMax)
    {
        using var model =
            (GraphModel)ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        Prng numbers = new(Seed());
        byte[] input = numbers.Bytes(model.InputBytesMax);
        using RecordedRun own = RecordedRun.Of(model, input, 1);
        for (int i = 0; i < Runs.Count(Math.Max(2, share / 4), share * 25); i++)
        {
            RecordedRun cheat = Tamper(own, numbers, anew: i % 2 == 0);
            (Ending ending, Court court) = Sides.Play(own, cheat, operands: i % 3 == 0);
            Assert.True(ending is Ending.Proof or Ending.Silence, $"{ending} in round {i}");
            Assert.InRange(court.Answers, 1, answersMax);
            Assert.InRange(court.Longest, 1, 64 * Bytes32.Size);
        }
    }

    public static TheoryData<string> Layers => [.. RandomLayers.All.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void RandomLayer_AnyElementTampered_ProviderIsConvicted(string kind)
    {
        Prng numbers = new(Seed());
        for (int i = 0; i < Runs.Count(4, 60); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            using RecordedRun own =
                RecordedRun.Of(model, numbers.Bytes(model.InputBytesMax), 1);
            for (int t = 0; t < 6; t++)
            {
                Ending ending = Sides.Play(
                    own, Tamper(own, numbers, anew: t % 2 == 0), operands: t % 3 == 0).Ending;
                Assert.True(ending is Ending.Proof or Ending.Silence, $"{kind}: {ending}");
            }
        }
    }

    /// <summary>An input that was not ordered: its members are known after the first answers.
    /// </summary>
    [Fact]
    public void OtherInput_EndsInTheInputsMembers()
    {
        Prng numbers = new(Seed());
        using GraphModel model = RandomLayers.All["ADD"](numbers).Build();
        byte[] input = numbers.Bytes(model.InputBytesMax);
        using RecordedRun own = RecordedRun.Of(model, input, 1);
        input = [.. input];
        input[^1] ^= 1;
        using RecordedRun other = RecordedRun.Of(model, input, 1);

        Assert.Equal(Ending.Inputs, Sides.Play(own, other, operands: false).Ending);
    }

    /// <summary>
    /// An honest provider against openers whose own run is wrong somewhere, or who pick and prove
    /// at random: no proof is taken.
    /// </summary>
    [Theory]
    [MemberData(nameof(Layers))]
    public void HonestProvider_AgainstAnyOpener_IsNotConvicted(string kind)
    {
        Prng numbers = new(Seed() ^ 1);
        for (int i = 0; i < Runs.Count(5, 40); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            using RecordedRun own =
                RecordedRun.Of(model, numbers.Bytes(model.InputBytesMax), 1);
            for (int t = 0; t < 20; t++)
            {
                IsNotConvicted(own, numbers);
            }
        }
    }

    private static void IsNotConvicted(RecordedRun honest, Prng numbers)
    {
        Court court = new(honest.Layout, RunTree.Trace, honest.Trace.Root);
        for (; ; )
        {
            DescentPosition asked = court.Position.Entered(honest.Layout);
            byte[] data = DescentAnswers.Answer(honest, court.Position);
            Assert.True(court.Answer(data));
            if (court.Position.IsAtLeaves)
            {
                break;
            }

            DescentPick pick = AnyPick(asked, data, numbers);
            Assert.False(court.Pick(pick with { Hash = Keccak256.Hash([]) }));
            Assert.True(court.Pick(pick));
        }

        int tensor = court.Position.Index;
        int first = (court.Position.Place << (2 * court.Position.Level)) * 128;
        int element = numbers.Between(
            first, Math.Min(honest.Trace[tensor].Data.Length, first + (128 * 16)) - 1);
        if (tensor < honest.Layout.Inputs)
        {
            return;
        }

        GraphWitnesses witnesses = new(honest.Model, honest.Trace);
        byte[] Proof() => witnesses.Element(tensor - honest.Layout.Inputs, element);
        Assert.NotEqual(Verdict.Differs, court.Judge(honest, Proof()).Verdict);
        Assert.NotEqual(
            Verdict.Differs,
            court.Judge(honest, TamperTests.Mutated(numbers, Proof(), Proof)).Verdict);

        OperandsRequest request = new(tensor, element);
        OperandsAnswer answer = DescentAnswers.Operands(honest, request);
        Assert.True(court.Explains(honest, request, answer));
        for (int place = 0; place < Math.Min(4, answer.Values.Length); place++)
        {
            byte[] opened = witnesses.Refutation(
                tensor - honest.Layout.Inputs, element, answer.Values, place);
            Assert.False(court.Refutes(honest, request, answer.Values, opened));
        }
    }

    private static DescentPick AnyPick(DescentPosition asked, byte[] data, Prng numbers)
    {
        Bytes32[] nodes = DescentRules.Nodes(asked, data)!;
        return DescentRules.PickOf(
            DescentRules.Fold(nodes, asked.Depth), numbers.Between(0, nodes.Length - 1));
    }

    private ulong Seed()
    {
        ulong seed = Runs.IsFull ? Runs.Fresh : Fixed;
        output.WriteLine($"seed {seed}");
        return seed;
    }

    /// <summary>One element changed, and what follows from it computed anew or left alone.
    /// </summary>
    internal static RecordedRun Tamper(RecordedRun own, Prng numbers, bool anew)
    {
        GraphModel model = (GraphModel)own.Model;
        RecordedTrace forged = GraphCheat.Of(model).Tamper(own.Trace, numbers, anew).Trace;
        return own.With(
            forged, [.. model.Graph.Outputs.ToArray().SelectMany(id => forged[id].Data)]);
    }
}
