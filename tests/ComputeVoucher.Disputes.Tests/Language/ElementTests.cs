using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>
/// Every committed element follows from openings of committed elements and parameters alone: what a
/// court needs.
/// </summary>
public sealed class ElementTests(ITestOutputHelper output)
{
    private const int FixedSeed = 20_260_101;
    private static readonly LlamaShape s_shape = new(96, 160, 2, 6, 3, 16, 64, 160);
    private static readonly SamplingOptions s_drawn = new(80_000, 24, 60_000, 77);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryTensor_ByOpenings_Follows(bool fresh)
    {
        Random random = Seeded(fresh);
        foreach (bool drawn in new[] { false, true })
        {
            using LanguageModel model = Small();
            CommittedRun run = CommittedRun.Of(model, Input(random, drawn));
            HashSet<TraceTensor> seen = [];
            foreach (int position in new[] { random.Next(95), 95, 96, 109 + random.Next(3) })
            {
                foreach (int tensor in run.At(position).Prepend(0))
                {
                    _ = seen.Add(run.Layout.Locate(tensor).Tensor);
                    Follows(run, tensor, Sample(random, run.Elements(tensor), 3), random);
                }
            }

            // All but the parts of rows above 4,096 columns, which have a test of their own.
            Assert.Equal(drawn ? 26 : 24, seen.Count);
        }
    }

    [Fact]
    public void EveryElement_OfAPositionPast96Tokens_Follows()
    {
        using LanguageModel model = Small();
        CommittedRun run = CommittedRun.Of(model, Input(new Random(FixedSeed), drawn: true));
        foreach (int tensor in run.At(110))
        {
            int step = run.Layout.IsScalars(run.Layout.Locate(tensor).Tensor) ? 1 : 17;
            Follows(
                run, tensor, Enumerable.Range(0, run.Elements(tensor)).Where(i => i % step == 0),
                new Random(FixedSeed));
        }
    }

    [Theory]
    [InlineData(4128, 32, 1, 32, "qkv.parts gate_up.parts logits.parts")]
    [InlineData(32, 4160, 1, 64, "feedforward.parts")]
    [InlineData(32, 64, 129, 64, "attention.parts")]
    public void LongRows_FollowByTheirParts_WideResidualsInFull(
        int dim, int hidden, int heads, int residualBits, string parts)
    {
        var shape = new LlamaShape(dim, hidden, 1, heads, 1, 32, 32, 8);
        using var source = new MemorySource(SyntheticGguf.Write(
            shape, GgmlType.Q8_0, gain: residualBits == 64 ? 200 : 1));
        using LanguageModel model = LanguageModel.Import(source, 8);
        Assert.Equal(residualBits, model.Parameters.ResidualBits);
        byte[] input = LlamaData.Greedy([5, 6], 2);
        CommittedRun run = CommittedRun.Of(model, input);
        foreach (Backend backend in new[] { Backend.Scalar, Backend.Auto })
        {
            // Not shown, the prompt runs as a batch.
            using IModelSession session = model.CreateSession(backend, 2);
            RunResult result = session.Run(input, new RunOptions { Trace = true });
            Assert.Equal(run.Statement.TraceRoot, result.TraceRoot);
        }

        Random random = Seeded(fresh: false);
        List<string> names = [];
        foreach (int tensor in run.At(2))
        {
            names.Add(run.Tensor(tensor).Operator);
            Follows(run, tensor, Sample(random, run.Elements(tensor), 2), random);
            foreach (int element in Sample(random, run.Elements(tensor), 1))
            {
                IsFound(run, tensor, element, run.Judge(tensor, element).Committed + 1);
            }
        }

        Assert.Equal(
            parts.Split(' '),
            names.Where(n => n.EndsWith(".parts", StringComparison.Ordinal)));
    }

    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void Stories_Sampled_Follow(bool fresh)
    {
        Random random = Seeded(fresh);
        using LanguageModel model = LlamaData.Stories();
        int[] prompt = LlamaData.Golden("stories260K_greedy256")[..100];
        CommittedRun run = CommittedRun.Of(
            model, new InputRecord(prompt, 3, [], s_drawn).Encode());
        for (int i = 0; i < 60; i++)
        {
            int tensor = random.Next(run.Count);
            Follows(run, tensor, Sample(random, run.Elements(tensor), 1), random);
        }

        foreach (int tensor in run.At(101).Where(_ => random.Next(3) == 0))
        {
            Follows(run, tensor, Sample(random, run.Elements(tensor), 1), random);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnElementCommittedOtherwise_IsFound(bool fresh)
    {
        Random random = Seeded(fresh);
        foreach (bool drawn in new[] { false, true })
        {
            using LanguageModel model = Small();
            CommittedRun run = CommittedRun.Of(model, Input(random, drawn));
            foreach (int tensor in run.At(random.Next(109, 112)).Prepend(0))
            {
                foreach (int element in Sample(random, run.Elements(tensor), 1))
                {
                    long committed = run.Judge(tensor, element).Committed;
                    IsFound(run, tensor, element, committed + 1 - 2 * random.Next(2));
                    IsFound(run, tensor, element, int.MinValue);
                }
            }
        }
    }

    /// <summary>The elements follow; where one is a witness, no rival beats it.</summary>
    private static void Follows(
        CommittedRun run, int tensor, IEnumerable<int> elements, Random random)
    {
        foreach (int element in elements)
        {
            Judgement judgement = run.Judge(tensor, element);
            Assert.True(
                judgement.Verdict == Verdict.Equal,
                $"{run.Layout.Locate(tensor)} [{element}]: {judgement}");
            foreach (int rival in Sample(random, run.Rivals(tensor, element), 2))
            {
                Assert.Equal(Verdict.Equal, run.Judge(tensor, element, rival).Verdict);
            }
        }
    }

    /// <summary>
    /// A false value differs from what follows. A false witness in range is beaten by the true one.
    /// </summary>
    private static void IsFound(CommittedRun run, int tensor, int element, long value)
    {
        CommittedRun forged = run.Forge(tensor, element, value);
        Judgement judgement = forged.Judge(tensor, element);
        long truth = run.Judge(tensor, element).Committed;
        if (judgement.Committed == truth)
        {
            return;
        }

        int rivals = run.Rivals(tensor, element);
        bool found = judgement.Verdict == Verdict.Differs || (rivals > truth &&
            forged.Judge(tensor, element, (int)truth).Verdict == Verdict.Differs);
        Assert.True(found, $"{run.Layout.Locate(tensor)} [{element}] = {value}: {judgement}");
    }

    private static int[] Sample(Random random, int count, int wanted) =>
        count == 0 ? []
        : Enumerable.Range(0, wanted).Select(_ => random.Next(count))
            .Append(count - 1).Distinct().ToArray();

    private static LanguageModel Small()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q8_0));
        return LanguageModel.Import(source, 160);
    }

    private static byte[] Input(Random random, bool drawn) => new InputRecord(
        Enumerable.Range(0, 110).Select(_ => random.Next(64)).ToArray(), 3, [],
        drawn ? s_drawn : SamplingOptions.Greedy).Encode();

    private Random Seeded(bool fresh)
    {
        int seed = fresh ? Random.Shared.Next() : FixedSeed;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
