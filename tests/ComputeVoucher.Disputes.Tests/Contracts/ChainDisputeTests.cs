using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;
using ComputeVoucher.Disputes.Tests.Descent;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>Whole disputes before the real contracts, about real models that were tampered with:
/// all convicted, within the gas that is promised for every move. Counted is the gasUsed of whole
/// transactions, calldata floor included.</summary>
[Trait("Category", "load")]
public sealed class ChainDisputeTests(DescentChain chain, ITestOutputHelper output)
    : IClassFixture<DescentChain>
{
    private const ulong Fixed = 20_260_201;

    /// <summary>Gas of a move of the provider, by what it was prepaid for in Docket.sol or less.
    /// </summary>
    private const ulong AnswerGasMax = 130_000;
    private const ulong OperandsGasMax = 180_000;
    private const ulong ConvictionMedianMax = 300_000;

    /// <summary>The models of MLPerf Tiny, and their share of 440 disputes.</summary>
    private static readonly (string Name, int Share)[] s_tiny =
        [("ad", 160), ("kws", 120), ("ic", 100), ("vww", 60)];

    [ContractFact("tflite")]
    public async Task TinyModels_AnyElementTampered_ConvictedWithinTheGas()
    {
        List<ulong> convictions = [];
        foreach ((string name, int share) in s_tiny)
        {
            foreach (ChainMoves dispute in await PlayAsync(name, Runs.Count(3, share)))
            {
                Assert.InRange(dispute.Conviction, 1UL, 450_000UL);
                Assert.InRange(dispute.Whole, 1UL, 1_200_000UL);
                convictions.Add(dispute.Conviction);
            }
        }

        convictions.Sort();
        ulong median = convictions[convictions.Count / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{convictions.Count} convictions: median {median}, most {convictions[^1]}"));
        Assert.InRange(median, 1UL, ConvictionMedianMax);
    }

    /// <summary>Larger layers than those of MLPerf Tiny have: up to a million for the judgement.
    /// </summary>
    [ContractFact("tflite")]
    public async Task OtherModels_AnyElementTampered_ConvictedWithinTheGas()
    {
        (string Name, int Count)[] models =
            [("micro_speech", Runs.Count(2, 40)), ("mobilenet_v2", Runs.Count(1, 20))];
        foreach ((string name, int count) in models)
        {
            foreach (ChainMoves dispute in await PlayAsync(name, count))
            {
                Assert.InRange(dispute.Conviction, 1UL, 1_050_000UL);
            }
        }
    }

    /// <summary>Every dispute against the same bonded node, as if there had been no other.
    /// </summary>
    private async Task<List<ChainMoves>> PlayAsync(string name, int count)
    {
        ulong seed = Runs.IsFull ? Runs.Fresh : Fixed;
        Prng numbers = new(seed);
        using var model =
            (GraphModel)ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        await chain.AdmitAsync(model);
        using RecordedRun own =
            RecordedRun.Of(model, numbers.Bytes(model.InputBytesMax), 1);
        List<ChainMoves> disputes = [];
        for (int i = 0; i < count; i++)
        {
            RecordedRun cheat = GraphDescentTests.Tamper(
                own, numbers, anew: i % 2 == 0 && name != "mobilenet_v2");
            await chain.AsideAsync(async () =>
                disputes.Add(await ChainDispute.PlayAsync(chain, own, cheat)));
            ChainMoves dispute = disputes[^1];
            output.WriteLine(
                $"{name}, seed {seed}, {i}: {dispute.Ending}: {dispute}");
            Assert.True(dispute.Ending is Ending.Proof or Ending.Silence);
            Assert.InRange(dispute.Most("answer"), 1UL, AnswerGasMax);
            Assert.InRange(dispute.Most("operands"), 0UL, OperandsGasMax);
            Assert.InRange(2 * dispute.Providers, 1UL, dispute.Whole);
        }

        return disputes;
    }
}
