using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Same bits whoever runs, however: the point of the whole thing.</summary>
public sealed class SessionTests
{
    [SharedDataFact(LlamaData.Needs)]
    public void CheckpointAndGguf_AreTheSameModel()
    {
        using LanguageModel a = LlamaData.Stories(gguf: true);
        using LanguageModel b = LlamaData.Stories(gguf: false);
        Assert.Equal(a.ModelRoot, b.ModelRoot);
        byte[] input = LlamaData.Greedy([1], 40);
        AssertSame(Run(a, input), Run(b, input));
        using LanguageModel q4 = LlamaData.Stories(WeightForm.Int4);
        Assert.NotEqual(a.ModelRoot, q4.ModelRoot);
    }

    [SharedDataFact("llama/golden/upstream_expected.json")]
    public void Greedy_SharesAHundredTokensWithUpstream()
    {
        using LanguageModel model = LlamaData.Stories();
        int[] tokens = Tokens(Run(model, LlamaData.Greedy([1], 200), trace: false));
        int[] golden = LlamaData.Golden("stories260K_greedy256")[1..];
        int same = tokens.Zip(golden).TakeWhile(p => p.First == p.Second).Count();
        Assert.True(same >= 100, $"{same} tokens");
        using var json = JsonDocument.Parse(System.IO.File.ReadAllBytes(
            SharedData.PathOf("llama", "golden", "upstream_expected.json")));
        string text = json.RootElement.GetProperty("stories260K")
            .GetProperty("expected_stdout_without_final_newline").GetString()!;
        Assert.StartsWith(model.Tokenizer!.Decode(tokens.AsSpan(0, 100)), text);
    }

    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(WeightForm.Int8)]
    [InlineData(WeightForm.Int4)]
    public void BackendThreadsAndBatch_ChangeNothing(object form)
    {
        using LanguageModel model = LlamaData.Stories((WeightForm)form, 160);
        int[] prompt = LlamaData.Golden("stories260K_tom_greedy256")[..110];
        byte[] input = LlamaData.Greedy(prompt, 12);
        RunResult expected = RunWith(model, input, KernelSet.Scalar, 1, 1);
        KernelSet fast = LlamaData.Fast(model);
        AssertSame(expected, RunWith(model, input, fast, 1, 1));
        AssertSame(expected, RunWith(model, input, fast, 1, 16));
        AssertSame(expected, RunWith(model, input, fast, 2, 5));
        AssertSame(expected, RunWith(model, input, fast, 3, 16));
        Assert.False(expected.TraceRoot.IsZero);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void StreamsBesideEachOther_AreThoseAlone()
    {
        using LanguageModel model = LlamaData.Stories();
        byte[][] inputs =
        [
            LlamaData.Greedy([1], 60),
            LlamaData.Greedy([1, 403], 60),
            new InputRecord([1], 60, [2], new SamplingOptions(60_000, 40, 62_000, 7)).Encode(),
        ];
        RunResult[] alone = inputs.Select(i => Run(model, i)).ToArray();
        var beside = new RunResult[inputs.Length];
        Thread[] threads = inputs.Select((input, i) => new Thread(() =>
        {
            using IModelSession session = model.CreateSession(Backend.Auto, 2);
            beside[i] = session.Run(input, new RunOptions { Trace = true });
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        for (int i = 0; i < inputs.Length; i++)
        {
            AssertSame(alone[i], beside[i]);
        }
    }

    [SharedDataFact(LlamaData.Needs)]
    public void SessionUsedAgain_RemembersNothing()
    {
        using LanguageModel model = LlamaData.Stories();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        byte[] input = LlamaData.Greedy([1], 30);
        var options = new RunOptions { Trace = true };
        RunResult first = session.Run(input, options);
        session.Run(LlamaData.Greedy([1, 2, 3, 4, 5, 6, 7], 90), options);
        AssertSame(first, session.Run(input, options));
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Cancel_GivesTheResultOfThatManySteps()
    {
        using LanguageModel model = LlamaData.Stories();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        byte[] input = LlamaData.Greedy([1, 403, 407], 50);
        var streamed = new List<byte>();
        RunResult cancelled = session.Run(
            input, new RunOptions { Trace = true }, (step, added) =>
            {
                streamed.AddRange(added.ToArray());
                return step < 17;
            });
        RunResult limited = session.Run(input, new RunOptions { Trace = true, StepsMax = 17 });
        Assert.Equal(17u, cancelled.Steps);
        AssertSame(limited, cancelled);
        Assert.Equal(limited.Output, streamed.ToArray());
        OutputInfo check = model.CheckOutput(input, cancelled.Output);
        Assert.Equal(cancelled.OutputRoot, check.OutputRoot);
        Assert.Equal(cancelled.Units, check.Units);
        Assert.Equal(17u, check.Steps);
        Assert.True(cancelled.Units < model.CheckInput(input).UnitsMax);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void EndToken_EndsTheRun()
    {
        using LanguageModel model = LlamaData.Stories();
        int[] plain = Tokens(Run(model, LlamaData.Greedy([1], 20), trace: false));
        byte[] input = new InputRecord([1], 20, [plain[6]], SamplingOptions.Greedy).Encode();
        int[] ended = Tokens(Run(model, input, trace: false));
        int first = Array.IndexOf(plain, plain[6]);
        Assert.Equal(plain[..(first + 1)], ended);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Traces_ListEveryTensorOnce_AndOneBitChangesTheRoot()
    {
        using LanguageModel model = LlamaData.Stories();
        var names = new List<string>();
        var tensors = new List<int>();
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        byte[] input = LlamaData.Greedy([1, 403, 407], 4);
        RunResult shown = session.Run(input, new RunOptions
        {
            Trace = true,
            OnTensor = (in TracedTensor t) =>
            {
                names.Add(t.Operator);
                tensors.Add(t.ListIndex);
            },
        });
        AssertSame(Run(model, input), shown);
        Assert.Equal(Enumerable.Range(0, names.Count), tensors);
        Assert.Equal("input", names[0]);
        Assert.Equal(6, names.Count(n => n == "embed"));
        Assert.Equal(4, names.Count(n => n == "token"));
        Assert.Equal(6 * 5, names.Count(n => n == "rope"));
        byte[] other = LlamaData.Greedy([1, 403, 408], 4);
        Assert.NotEqual(shown.TraceRoot, Run(model, other).TraceRoot);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void InputsThatDoNotFit_AreRefusedInOneLine()
    {
        using LanguageModel model = LlamaData.Stories(context: 64);
        byte[] good = LlamaData.Greedy([1, 2], 63);
        Assert.Equal(63u, model.CheckInput(good).StepsMax);
        Refused(model, LlamaData.Greedy([1, 2], 64));
        Refused(model, LlamaData.Greedy([1, 512], 1));
        Refused(model, LlamaData.Greedy([1, -1], 1));
        Refused(model, new byte[good.Length]);
        Refused(model, good[..^1]);
        Refused(model, [.. good, 0, 0, 0, 0]);
        for (int i = 0; i < 36; i++)
        {
            byte[] bad = (byte[])good.Clone();
            bad[i] ^= 0x80;
            Refused(model, bad);
        }
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Units_FollowFromTheArchitecture()
    {
        using LanguageModel model = LlamaData.Stories();
        LlamaShape s = model.Parameters.Shape;
        ulong expected = 0;
        for (int position = 0; position < 9; position++)
        {
            int rows = s.QueryDim + 2 * s.KvDim;
            int layer = s.Dim * rows + s.QueryDim * s.Dim + 3 * s.Dim * s.Hidden +
                2 * 8 * s.Dim + 4 * rows + 8 * s.QueryDim + 16 * s.Hidden +
                (position + 1) * (2 * s.QueryDim + 8 * s.Heads);
            expected += (ulong)(s.Layers * layer);
            expected += position >= 3 ? (ulong)(s.Vocab * (s.Dim + 1) + 8 * s.Dim) : 0;
        }

        RunResult result = Run(model, LlamaData.Greedy([1, 403, 407, 261], 6), trace: false);
        Assert.Equal(6u, result.Steps);
        Assert.Equal(expected, result.Units);
    }

    private static void Refused(LanguageModel model, byte[] input) =>
        Assert.DoesNotContain(
            '\n', Assert.Throws<ModelException>(() => model.CheckInput(input)).Message);

    private static RunResult Run(LanguageModel model, byte[] input, bool trace = true)
    {
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        return session.Run(input, new RunOptions { Trace = trace });
    }

    private static RunResult RunWith(
        LanguageModel model, byte[] input, KernelSet kernels, int threads, int batch)
    {
        using var session = new LanguageSession(model, kernels, threads, batch);
        return session.Run(input, new RunOptions { Trace = true });
    }

    private static int[] Tokens(RunResult result) =>
        MemoryMarshal.Cast<byte, int>(result.Output).ToArray();

    private static void AssertSame(RunResult expected, RunResult actual)
    {
        Assert.Equal(expected.Output, actual.Output);
        Assert.Equal(expected.Steps, actual.Steps);
        Assert.Equal(expected.Units, actual.Units);
        Assert.Equal(expected.InputRoot, actual.InputRoot);
        Assert.Equal(expected.OutputRoot, actual.OutputRoot);
        Assert.Equal(expected.TraceRoot, actual.TraceRoot);
    }
}
