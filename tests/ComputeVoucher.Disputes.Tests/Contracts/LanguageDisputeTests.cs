using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Disputes.Tests.Descent;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>Whole disputes about language models before the real contracts, within the gas that is
/// promised for every move: the gasUsed of whole transactions, calldata floor included.</summary>
[Trait("Category", "load")]
public sealed class LanguageDisputeTests(DescentChain chain, ITestOutputHelper output)
    : IClassFixture<DescentChain>
{
    private const ulong ConvictionGasMax = 1_050_000;
    private const ulong WholeGasMax = 2_500_000;
    private const ulong AnswerGasMax = 130_000;

    /// <summary>What the provider is paid for it: 5/4 of the 180,000 that are the aim. Measured:
    /// 176,841 to 188,694 of sums and exponents, 194,336 of an output of 96 tokens, 214,223 of its
    /// witness with a rival, which reads two of them.</summary>
    private const ulong OperandsGasMax = 225_000;

    /// <summary>The last position that has no sums of 96 tokens.</summary>
    private const int Early = AttentionWork.PartialTokens - 1;

    /// <summary>TinyLlama 1.1B over its 2,048 tokens; Llama 2 7B over its 4,096. Both in the
    /// largest cells.</summary>
    public static TheoryData<string, int> Sizes
    {
        get
        {
            TheoryData<string, int> sizes = new() { { "1.1B", 2_048 } };
            if (Runs.IsFull)
            {
                sizes.Add("7B", 4_096);
            }

            return sizes;
        }
    }

    /// <summary>Every kind of tensor of a model of that size: wrong in one element, convicted.
    /// </summary>
    [ContractTheory]
    [MemberData(nameof(Sizes))]
    public async Task MadeUpRun_AnyKindOfElement_ConvictedWithinTheGas(string name, int context)
    {
        LlamaShape shape = name == "7B"
            ? new(4096, 11_008, 32, 32, 32, 128, 32_000, context)
            : new(2048, 5632, 22, 32, 4, 64, 32_000, context);
        List<ChainMoves> all = [];
        foreach (bool drawn in new[] { false, true })
        {
            List<WrongElement> wrong = [.. Wrong(shape, drawn)];
            MadeUpRun run = MadeUpRun.Of(
                shape, WeightForm.Int8Half, Record(context, drawn), 2, wrong);
            await chain.AdmitLanguageAsync(run.ParametersRoot, run.Model.Encode());
            for (int i = 0; i < wrong.Count; i++)
            {
                // Drawn: what differs from the greedy choice.
                if (!drawn || wrong[i].At.Tensor >= TraceTensor.Candidates)
                {
                    all.Add(await PlayAsync(name, run, wrong[i]));
                }
            }
        }

        Assert.All(all, IsWithinTheGas);
        IsAsKnown("conviction", moves => moves.Conviction);
        IsAsKnown("dispute", moves => moves.Whole);
        IsAsKnown("provider", moves => moves.Providers);
        IsAsKnown("answer", moves => moves.Most("answer"));
        IsAsKnown("operands", moves => moves.Most("operands"));

        void IsAsKnown(string what, Func<ChainMoves, ulong> gas) =>
            GraphElementsTests.IsAsKnown($"{name} {what}", (long)all.Max(gas));
    }

    /// <summary>Runs of real models with rows of 4,096 and with few tokens: whatever is wrong ends
    /// in a conviction; that of a witness over scattered operands with a rival.</summary>
    [ContractTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RealRun_AnyNumberTampered_IsConvicted(bool drawn)
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : 20_261_128);
        using LanguageModel model = LanguageRuns.Tiny();
        await chain.AdmitAsync(model);
        byte[] input = LanguageRuns.Input(model, numbers, drawn, prompt: 2);
        CommittedRun run = CommittedRun.Of(model, input);
        using RecordedRun own = RecordedRun.Of(model, input, run.Statement.Steps);
        int witness = run.Layout.Index(new(TraceTensor.AttentionOutputScalars, 1, 0));
        int at = run.Layout.Offset(TraceTensor.AttentionOutput, ScalarKind.RowWitness);
        for (int i = 0; i < Runs.Count(4, 250); i++)
        {
            // Not the record, of which there is no descent.
            int tensor = i == 0 ? witness : numbers.Between(1, run.Count - 1);
            int element = i == 0 ? at : numbers.Between(0, run.Elements(tensor) - 1);
            CommittedRun forged = i == 0
                ? run.Forge(tensor, element, run.Judge(tensor, element).Committed ^ 1)
                : LanguageTamperTests.Forge(numbers, run, tensor, element);
            ChainMoves? played = null;
            await chain.AsideAsync(async () => played = await ChainDispute.PlayAsync(
                chain, own, own.With(forged.Trace, own.Output[0].Data)));
            output.WriteLine($"{run.Layout.Locate(tensor)} [{element}]: {played!.Ending}");
            Assert.True(played.Ending is Ending.Proof or Ending.Silence);
            Assert.Equal(
                i == 0 ? Ending.Silence : played.Ending, played.Ending);
        }
    }

    private static InputRecord Record(int context, bool drawn) => new(
        [.. Enumerable.Range(0, context - 1).Select(i => 1 + i % 30_000)], 2, [],
        drawn ? new(80_000, SamplingOptions.TopKMax, 60_000, 77) : SamplingOptions.Greedy);

    /// <summary>One element of every kind, the last of its tensor, from left to right.</summary>
    private static IEnumerable<WrongElement> Wrong(LlamaShape shape, bool drawn)
    {
        int layer = shape.Layers - 1;
        int late = shape.Context - 1;
        WrongElement Of(TraceTensor tensor, int element, uint rival = ElementProof.NoRival) =>
            new(new(tensor, late, tensor >= TraceTensor.FinalNormScalars ? 0 : layer), element,
                Rival: rival);
        WrongElement Few(TraceTensor tensor, int element, uint rival = ElementProof.NoRival) =>
            new(new(tensor, Early, layer), element, IsClaimed: true, Rival: rival,
                IsSum: element < shape.Heads && tensor != TraceTensor.AttentionOutput);
        int parts = AttentionWork.Parts(shape.Context);
        int heads = shape.Heads;
        int qkv = shape.QueryDim + 2 * shape.KvDim;

        yield return Few(TraceTensor.AttentionOutputScalars, 1);
        yield return Few(TraceTensor.AttentionOutputScalars, heads, (uint)shape.QueryDim - 1);
        yield return Few(TraceTensor.AttentionOutputScalars, heads + 1);
        yield return Few(TraceTensor.AttentionOutput, shape.QueryDim - 1);
        yield return new(new(TraceTensor.Embed, late - 1, 0), shape.Dim - 1);
        yield return Of(TraceTensor.AttentionNormScalars, 2);
        yield return Of(TraceTensor.AttentionNorm, shape.Dim - 1);
        yield return Of(TraceTensor.Qkv, qkv - 1);
        yield return Of(TraceTensor.RopeScalars, 1);
        yield return Of(TraceTensor.Rope, shape.QueryDim - 1);
        yield return Of(TraceTensor.WeightsScalars, 0, (uint)late / 2);
        yield return Of(TraceTensor.Weights, heads * shape.Context - 1);
        yield return Of(TraceTensor.WeightsSum, heads * parts - 2) with
        {
            IsClaimed = true,
            IsSum = true,
        };
        yield return Of(TraceTensor.WeightsMix, shape.QueryDim * parts - 2) with
        {
            IsClaimed = true,
        };
        yield return Of(TraceTensor.AttentionOutputScalars, heads - 1);
        yield return Of(TraceTensor.AttentionOutput, shape.QueryDim - 1);
        yield return Of(TraceTensor.Attention, shape.Dim - 1);
        yield return Of(TraceTensor.GateUp, 2 * shape.Hidden - 1);
        yield return Of(TraceTensor.SwiGluScalars, 1);
        yield return Of(TraceTensor.SwiGlu, shape.Hidden - 1);
        yield return Of(TraceTensor.FeedForwardParts, 0);
        yield return Of(TraceTensor.FeedForward, shape.Dim - 1);
        yield return Of(TraceTensor.FinalNormScalars, 2);
        yield return Of(TraceTensor.Logits, shape.Vocab - 1);
        if (drawn)
        {
            yield return Of(TraceTensor.Candidates, 0, (uint)shape.Vocab - 2);
            yield return Of(TraceTensor.CandidateLogits, 7);
        }

        yield return Of(TraceTensor.Token, 0, drawn ? ElementProof.NoRival : (uint)shape.Vocab - 2);
    }

    private async Task<ChainMoves> PlayAsync(string name, MadeUpRun run, WrongElement wrong)
    {
        ChainMoves? played = null;
        await chain.AsideAsync(async () =>
            played = await MadeUpDispute.PlayAsync(chain, run, wrong));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name} {TraceLayout.Name(wrong.At.Tensor)} {wrong.At.Position} [{wrong.Element}]: ")
            + $"{played!.Whole} of it {played.Providers}; {played}");
        return played;
    }

    private static void IsWithinTheGas(ChainMoves played)
    {
        Assert.Equal(Ending.Proof, played.Ending);
        Assert.InRange(played.Most("answer"), 1UL, AnswerGasMax);
        Assert.InRange(played.Most("operands"), 0UL, OperandsGasMax);
        Assert.InRange(played.Conviction, 1UL, ConvictionGasMax);
        Assert.InRange(played.Whole, 1UL, WholeGasMax);
        Assert.InRange(2 * played.Providers, 1UL, played.Whole);
    }
}
