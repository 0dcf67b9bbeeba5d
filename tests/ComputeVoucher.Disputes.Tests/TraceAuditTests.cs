using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>Random openings: an honest trace has nothing wrong in it, a wrong one is found as often
/// as is said.</summary>
public sealed class TraceAuditTests
{
    public static TheoryData<string> Models =>
        ["ad", "ic", "kws", "micro_speech", "person_detect", "vww", "stories260K"];

    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void RealModel_HonestTrace_HasNoFaultAndNoWrongElement(string name)
    {
        using Run run = new(name);
        Assert.Null(run.Honest.Fault());
        Assert.Equal(run.Elements, run.Honest.Elements);
        Assert.Equal(0, Wrong(run.Honest, 1, Runs.Count(100, 5_000)));
    }

    /// <summary>Wrong everywhere but at the ends, under the root of it: the first draws find it.
    /// </summary>
    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void RealModel_TraceThatIsWrongEverywhere_IsFound(string name)
    {
        using Run run = new(name);
        TraceAudit audit = run.Audit(run.With(tensor => tensor > 1 && tensor < run.Trace.Count - 1
            && !run.IsOutput(tensor)));
        Assert.Null(audit.Fault());
        Assert.True(Wrong(audit, 2, 10) > 0);
    }

    /// <summary>What is drawn is what the formula counts with: of the last tensor's elements none
    /// is read again, so just they are wrong.</summary>
    [SharedDataFact("tflite")]
    public void Draws_FindWhatTheFormulaSays()
    {
        using Run run = new("ad");
        int last = run.Trace.Count - 1;
        TraceAudit audit = run.Audit(run.With(tensor => tensor == last));
        double share = run.Trace[last].Data.Length / (double)run.Honest.Elements;
        int draws = Runs.Count(2_000, 40_000);
        int wrong = Wrong(audit, 3, draws);
        double sigma = Math.Sqrt(draws * share * (1 - share));
        Assert.InRange(wrong, draws * share - 5 * sigma, draws * share + 5 * sigma);
        Assert.True(share is > 0.1 and < 0.9, $"{share}");
    }

    [Theory]
    [InlineData(0.01, 256, 0.92369)]
    [InlineData(0.05, 256, 0.9999980)]
    [InlineData(1e-9, 1_000_000, 0.0009995)]
    [InlineData(1, 1, 1)]
    [InlineData(0, 5, 0)]
    public void Detection_IsOneMinusAllMisses(double share, int openings, double probability) =>
        Assert.Equal(probability, TraceAudit.Detection(share, openings), 1e-5 * probability);

    /// <summary>The form of the list and its ends are looked at whole: no luck is needed.</summary>
    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("stories260K")]
    public void ListThatIsNotOfThisRun_IsAFault(string name)
    {
        using Run run = new(name);
        List<(TensorType Type, int[] Dims, byte[] Data)> tensors = run.Tensors;
        (TensorType type, int[] dims, byte[] data) = tensors[^1];
        List<(TensorType, int[], byte[])>[] wrong =
        [
            [.. tensors[..^1]],
            [.. tensors, tensors[^1]],
            [.. tensors[..^1], (type, [.. dims, 1], data)],
            [.. tensors[..^1], (type == TensorType.Int8 ? TensorType.UInt8 : type, [1, .. dims],
                data)],
        ];
        Assert.All(wrong, list => Assert.NotNull(run.Audit(RecordedTrace.OfTensors(list)).Fault()));
        Assert.Contains("input", run.Audit(run.With(tensor => tensor == 0)).Fault()!,
            StringComparison.Ordinal);
        Assert.Contains("output", run.Audit(run.With(run.IsOutput)).Fault()!,
            StringComparison.Ordinal);
        Assert.NotNull(run.Audit(run.Trace, Bytes32.Zero).Fault());
    }

    /// <summary>Another root, or other randomness, asks for other elements.</summary>
    [Fact]
    public void Seed_DependsOnRootAndRandomness()
    {
        Bytes32 a = Keccak256.Hash("a"u8);
        Bytes32 b = Keccak256.Hash("b"u8);
        Assert.Equal(4, new HashSet<Bytes32>
        {
            TraceAudit.Seed(a, a), TraceAudit.Seed(a, b), TraceAudit.Seed(b, a),
            TraceAudit.Seed(b, b),
        }.Count);
    }

    private static int Wrong(TraceAudit audit, byte seed, int draws)
    {
        int wrong = 0;
        for (int i = 0; i < draws; i++)
        {
            DrawnElement drawn = audit.Draw(Keccak256.Hash([seed]), i);
            Assert.True(drawn.Judgement.Verdict is Verdict.Equal or Verdict.Differs,
                $"tensor {drawn.Tensor} element {drawn.Element}: {drawn.Judgement}");
            wrong += drawn.Judgement.Verdict == Verdict.Differs ? 1 : 0;
        }

        return wrong;
    }

    /// <summary>One honest run of a real model, and what can be made of its trace.</summary>
    private sealed class Run : IDisposable
    {
        private readonly IModel _model;
        private readonly byte[] _input;
        private readonly RunResult _result;

        public Run(string name)
        {
            bool isText = name == "stories260K";
            _model = isText
                ? LanguageModel.Open(SharedData.PathOf("llama", name + ".gguf"))
                : ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
            _input = isText
                ? new InputRecord([1, 403, 407], 5, [2], new(65_536, 8, 65_536, 5)).Encode()
                : File.ReadAllBytes(SharedData.PathOf("tflite", name, "random0.in"));
            using IModelSession session = _model.CreateSession(Backend.Auto, 1);
            _result = session.Run(_input, new RunOptions { Trace = true });
            Trace = RecordedTrace.Of(session, _input);
            Honest = Audit(Trace);
            Assert.Equal(_result.TraceRoot, Trace.Root);
        }

        public RecordedTrace Trace { get; }

        public TraceAudit Honest { get; }

        public List<(TensorType Type, int[] Dims, byte[] Data)> Tensors =>
            [.. Enumerable.Range(0, Trace.Count).Select(
                i => (Trace[i].Type, Trace[i].Dims, Trace[i].Data))];

        /// <summary>Of the tensors behind the input, of which each model here has one.</summary>
        public long Elements => Tensors.Skip(1).Sum(
            tensor => (long)tensor.Data.Length / TraceTree.ElementBytes(tensor.Type));

        public bool IsOutput(int tensor) => _model.IsStream
            ? Trace[tensor].Operator == "token"
            : tensor == Trace.Count - 1;

        /// <summary>The trace with every element of some tensors changed.</summary>
        public RecordedTrace With(Func<int, bool> changed) => RecordedTrace.OfTensors(
            Tensors.Select((tensor, i) => changed(i)
                ? (tensor.Type, tensor.Dims, [.. tensor.Data.Select(one => (byte)(one ^ 1))])
                : tensor));

        /// <summary>As a node has it that signed the root of this trace.</summary>
        public TraceAudit Audit(RecordedTrace trace, Bytes32? root = null) => new(_model, _input,
            new AuditStatement(_result.InputRoot, _result.OutputRoot, root ?? trace.Root,
                _result.Steps), trace);

        public void Dispose() => _model.Dispose();
    }
}
