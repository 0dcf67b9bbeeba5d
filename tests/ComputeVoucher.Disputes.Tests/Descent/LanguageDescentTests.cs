using System;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Descent;

/// <summary>Whole disputes about runs of language models.</summary>
public sealed class LanguageDescentTests
{
    private const ulong Fixed = 20_260_202;

    public static TheoryData<bool, long> Cases => new()
    {
        // Greedy or drawn; all in memory, or hashes alone.
        { false, long.MaxValue }, { true, long.MaxValue }, { false, 0 }, { true, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AnyNumberTampered_ProviderIsConvicted(bool drawn, long keepBytesMax)
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : Fixed);
        using LanguageModel model = LanguageTamperTests.Tiny();
        byte[] input = LanguageTamperTests.Input(numbers, drawn);
        CommittedRun run = CommittedRun.Of(model, input);
        using RecordedRun own =
            RecordedRun.Of(model, input, run.Statement.Steps, 1, keepBytesMax);
        Assert.Equal(run.Trace.Root, own.Trace.Root);
        for (int i = 0; i < Runs.Count(24, 1_500); i++)
        {
            (int tensor, int element) = LanguageTamperTests.Any(numbers, run);
            CommittedRun forged = LanguageTamperTests.Forge(numbers, run, tensor, element);
            if (i % 2 == 0)
            {
                forged = run.With(LanguageTamperTests.Cheat.Anew(forged, tensor, element));
            }

            (Ending ending, Court court) = Sides.Play(
                own, own.With(forged.Trace, own.Output[0].Data), operands: i % 3 == 0);
            Assert.True(
                ending is Ending.Proof or Ending.Silence,
                $"{run.Layout.Locate(tensor)} [{element}]: {ending}");
            Assert.InRange(court.Answers, 1, 8);
        }
    }

    /// <summary>96 positions and more: an element of attention's sums by its claimed operands.
    /// </summary>
    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(long.MaxValue)]
    [InlineData(1 << 20)]
    public void Stories_WeightedSumTampered_IsRefutedByOneOperand(long keepBytesMax)
    {
        using LanguageModel model = LlamaData.Stories();
        int[] prompt = LlamaData.Golden("stories260K_greedy256")[..100];
        byte[] input = new InputRecord(prompt, 2, [], SamplingOptions.Greedy).Encode();
        using RecordedRun own = RecordedRun.Of(model, input, 2, 1, keepBytesMax);
        CommittedRun run = CommittedRun.Of(model, input);
        int tensor = run.Layout.Index(new(
            Execution.Language.TraceTensor.WeightsMix, 97, 2));
        CommittedRun forged = run.Forge(tensor, 5, 12_345);

        (Ending ending, Court court) = Sides.Play(
            own, own.With(forged.Trace, own.Output[0].Data), operands: true);

        Assert.Equal(Ending.Silence, ending);
        Assert.Equal(
            Ending.Proof,
            Sides.Play(own, own.With(forged.Trace, own.Output[0].Data), operands: false).Ending);
        Assert.InRange(court.Answers, 3, 7);
    }

    /// <summary>A node that goes on behind an end token: the own run goes on too, so that every
    /// node of the longer list can be compared.</summary>
    [Fact]
    public void StepsBehindAnEndToken_AreRunAsWell()
    {
        using LanguageModel model = LanguageTamperTests.Tiny();
        InputRecord free = new([3, 5], 6, [], SamplingOptions.Greedy);
        using RecordedRun all = RecordedRun.Of(model, free.Encode(), 6);
        int first = BitConverter.ToInt32(all.Output[0].Data);
        byte[] input = new InputRecord([3, 5], 6, [first], SamplingOptions.Greedy).Encode();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        Assert.Equal(1u, session.Run(input, default).Steps);

        using RecordedRun own = RecordedRun.Of(model, input, 6);

        Assert.Equal(all.Output.Root, own.Output.Root);
        Assert.Equal(all.Trace.Count, own.Trace.Count);
        Assert.Equal(InputRecord.Root(input), TraceTree.ListRoot([own.Trace[0].Hash]));
    }

    /// <summary>Lists and tensors of another form than the layout says: nobody can answer.
    /// </summary>
    [Fact]
    public void OtherStructure_HasNoAnswer()
    {
        using LanguageModel model = LanguageTamperTests.Tiny();
        byte[] input = LanguageTamperTests.Input(new Prng(Fixed), drawn: false);
        using RecordedRun own = RecordedRun.Of(model, input, 2);
        RecordedTrace.Entry last = own.Trace[own.Trace.Count - 1];
        RecordedTrace.Entry[] others =
        [
            last with { Hash = TraceTree.TensorHash(TensorType.UInt8, [4], last.Data) },
            last with { Hash = TraceTree.TensorHash(last.Type, [1, 1], last.Data) },
            last with { Hash = TraceTree.DataRoot(last.Data) },
        ];
        foreach (RecordedTrace.Entry other in others)
        {
            RecordedRun cheat = own.With(
                own.Trace.With(own.Trace.Count - 1, other), own.Output[0].Data);
            Assert.Equal(Ending.Silence, Sides.Play(own, cheat, operands: false).Ending);
        }

        Bytes32[] hashes = new Bytes32[own.Trace.Count + 1];
        for (int i = 0; i < own.Trace.Count; i++)
        {
            hashes[i] = own.Trace[i].Hash;
        }

        Court court = new(own.Layout, RunTree.Trace, TraceTree.ListRoot(hashes));
        Assert.False(court.Answer(DescentAnswers.Data(own, court.Position)));
    }
}
