using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>Elements of graphs from openings alone: right ones stand, wrong ones fall.</summary>
public sealed class GraphJudgeTests
{
    private const int LayersPerKind = 8;
    private const int ElementsPerLayer = 6;

    public static TheoryData<string> Kinds => [.. RandomLayers.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RandomLayers_EveryElement_FollowsFromItsOpenings(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 8 | kind[^1]);
        for (int i = 0; i < LayersPerKind; i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Court court = new(model, numbers.Bytes(model.InputBytesMax));
            for (int e = 0; e < ElementsPerLayer; e++)
            {
                court.Holds(0, numbers.Between(0, model.Graph.Operators[0].Output.Elements - 1));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RandomLayers_ElementOrEvidenceChanged_IsFound(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 16 | kind[^1]);
        for (int i = 0; i < LayersPerKind; i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Court court = new(model, numbers.Bytes(model.InputBytesMax));
            int element = numbers.Between(0, model.Graph.Operators[0].Output.Elements - 1);
            court.FindsAChangedElement(0, element, numbers.Between(1, 255));
            court.RefusesOtherEvidence(0, element);
        }
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("ic")]
    [InlineData("kws")]
    [InlineData("vww")]
    [InlineData("micro_speech")]
    [InlineData("person_detect")]
    [InlineData("mobilenet_v2")]
    public void RealModel_ElementsOfEveryOperator_FollowFromTheirOpenings(string name)
    {
        using IModel model = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        Court court = new(
            model, File.ReadAllBytes(SharedData.PathOf("tflite", name, "random0.in")));
        Prng numbers = new((ulong)name.Length);
        Graph graph = ((GraphModel)model).Graph;
        int changed = numbers.Between(0, graph.Operators.Length - 1);
        for (int op = 0; op < graph.Operators.Length; op++)
        {
            int last = graph.Operators[op].Output.Elements - 1;
            court.Holds(op, 0);
            court.Holds(op, last);
            court.Holds(op, numbers.Between(0, last));
            if (op == changed)
            {
                court.FindsAChangedElement(op, numbers.Between(0, last), 1);
            }
        }
    }

    [Fact]
    public void Judge_ArchitectureOrParametersOfAnotherModel_IsRefused()
    {
        using GraphModel model = RandomLayers.Conv2D(new Prng(1)).Build();
        byte[] architecture = model.Architecture;
        Bytes32 parameters = model.Description.ParametersRoot;
        _ = new GraphJudge(model.ModelRoot, architecture, parameters);
        Assert.Throws<ModelException>(
            () => new GraphJudge(model.ModelRoot, architecture, model.ModelRoot));
        architecture[^1] ^= 1;
        Assert.Throws<ModelException>(
            () => new GraphJudge(model.ModelRoot, architecture, parameters));
    }

    [Fact]
    public void Judge_TraceOfAnotherLength_IsBad()
    {
        GraphTensor tensor = GraphBuilder.Int8(0, 200);
        using GraphModel one = new GraphBuilder(tensor).Add(tensor, w => new Reshape(w)).Build();
        using GraphModel two = new GraphBuilder(tensor)
            .Add(tensor, w => new Reshape(w)).Add(tensor, w => new Reshape(w)).Build();
        using IModelSession session = two.CreateSession(Backend.Scalar, 1);
        RecordedTrace trace = RecordedTrace.Of(session, new byte[200]);
        GraphWitness witness = new GraphWitnesses(two, trace).Of(0, 5);
        Assert.Equal(Verdict.OpeningBad, JudgeOf(one).Judge(trace.Root, witness, 0, 5).Verdict);
        Assert.Equal(Verdict.Equal, JudgeOf(two).Judge(trace.Root, witness, 0, 5).Verdict);
    }

    [Theory]
    [InlineData(int.MaxValue, Verdict.OpeningBad)]
    [InlineData(1000, Verdict.Differs)]
    public void Judge_SumsBeyond32Bits_AreNoEvidence(int bias, Verdict verdict)
    {
        GraphTensor tensor = GraphBuilder.Int8(0, 1);
        using GraphModel honest = new GraphBuilder(tensor).Add(tensor, w => new FullyConnected(
            w, 1, 0, new Activation(-128, 127), new([1], [0], [1 << 30], [0]))).Build();
        using IModelSession session = honest.CreateSession(Backend.Scalar, 1);
        RecordedTrace trace = RecordedTrace.Of(session, [7]);
        byte[] leaf = new byte[ParameterLeaf.FixedBytes + 1];
        _ = ParameterLeaf.Write(leaf, 0, 0, new([1], [bias], [1 << 30], [0]));
        Bytes32 parameters = ModelRoots.Parameters([Keccak256.Hash(leaf)]);
        Bytes32 root = ModelRoots.Model(honest.Description.ArchitectureDigest, parameters);
        GraphWitness witness = new GraphWitnesses(honest, trace).Of(0, 0) with
        {
            Parameters = leaf,
        };
        GraphJudge judge = new(root, honest.Architecture, parameters);
        Assert.Equal(verdict, judge.Judge(trace.Root, witness, 0, 0).Verdict);
    }

    private static GraphJudge JudgeOf(GraphModel model) => new(
        model.ModelRoot, model.Architecture, model.Description.ParametersRoot);

    /// <summary>A run that is known whole, and the judge, who knows nothing of it.</summary>
    private sealed class Court
    {
        private readonly Graph _graph;
        private readonly IModel _model;
        private readonly RecordedTrace _trace;
        private readonly GraphWitnesses _witnesses;
        private readonly GraphJudge _judge;

        public Court(IModel model, byte[] input)
        {
            _model = model;
            _graph = ((GraphModel)model).Graph;
            using IModelSession session = model.CreateSession(Backend.Auto, 1);
            _trace = RecordedTrace.Of(session, input);
            _witnesses = new GraphWitnesses(model, _trace);
            _judge = JudgeOf((GraphModel)model);
            RunResult run = session.Run(input, new RunOptions { Trace = true });
            Assert.Equal(run.TraceRoot, _trace.Root);
        }

        public void Holds(int op, int element)
        {
            GraphWitness witness = _witnesses.Of(op, element);
            Judgement judgement = _judge.Judge(_trace.Root, witness, op, element);
            Assert.Equal((op, Verdict.Equal, ""), (op, judgement.Verdict, judgement.Reason));
            Assert.InRange(witness.Bytes, 1, _graph.ProofBytes[op]);
        }

        /// <summary>The forger commits to another element; all operands are honest.</summary>
        public void FindsAChangedElement(int op, int element, int difference)
        {
            int tensor = _graph.Inputs.Length + op;
            byte[] data = [.. _trace[tensor].Data];
            data[element] ^= (byte)difference;
            RecordedTrace forged = _trace.With(tensor, data);
            GraphWitness witness = new GraphWitnesses(_model, forged).Of(op, element);
            Judgement judgement = _judge.Judge(forged.Root, witness, op, element);
            Assert.Equal(Verdict.Differs, judgement.Verdict);
            Assert.Equal((byte)judgement.Committed, data[element]);
            Assert.Equal((byte)judgement.Computed, _trace[tensor].Data[element]);
        }

        public void RefusesOtherEvidence(int op, int element)
        {
            GraphWitness good = _witnesses.Of(op, element);
            foreach (int missing in Enumerable.Range(0, good.Trace.Count))
            {
                byte[][] rest = [.. good.Trace.Where((_, i) => i != missing)];
                Is(Verdict.OpeningMissing, good with { Trace = rest });

                byte[][] changed = [.. good.Trace];
                changed[missing] = [.. changed[missing]];
                changed[missing][Opening.HeaderBytes] ^= 1;
                Is(Verdict.OpeningBad, good with { Trace = changed });

                // A leaf of the other tensor instead: true, but nothing that the element reads.
                bool isOutput = changed[missing][5] == _graph.Inputs.Length + op;
                int other = isOutput ? 0 : _graph.Inputs.Length + op;
                changed[missing] = _trace.Open(other, 0, 1).Encoded.ToArray();
                Is(Verdict.OpeningMissing, good with { Trace = changed });
            }

            Is(Verdict.OpeningBad, good with { Trace = ForeignTrace(good) });
            if (good.Path is { } path)
            {
                Is(Verdict.OpeningMissing, good with { Parameters = [] });
                Is(Verdict.OpeningBad, good with { Path = null });
                Is(Verdict.OpeningBad, good with { Path = path with { Index = path.Index + 1 } });
                Is(Verdict.OpeningBad, good with { Path = path with { Count = path.Count + 1 } });
                Is(Verdict.OpeningBad, good with { Parameters = Changed(good.Parameters, ^1) });
                Is(Verdict.OpeningBad, good with { Parameters = Changed(good.Parameters, 13) });
                Is(Verdict.OpeningMissing, good with { Parameters = Changed(good.Parameters, 1) });
                Is(Verdict.OpeningMissing, good with { Parameters = Changed(good.Parameters, 5) });
            }

            void Is(Verdict verdict, GraphWitness witness) => Assert.Equal(
                verdict, _judge.Judge(_trace.Root, witness, op, element).Verdict);
        }

        /// <summary>Openings that are right, of a trace that nobody signed.</summary>
        private List<byte[]> ForeignTrace(GraphWitness good)
        {
            RecordedTrace foreign = _trace.With(0, new byte[_trace[0].Data.Length]);
            List<byte[]> openings = [.. good.Trace];
            openings[0] = foreign.Open(0, 0, 1).Encoded.ToArray();
            return openings;
        }

        private static byte[] Changed(byte[] bytes, Index at)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 1;
            return changed;
        }
    }
}
