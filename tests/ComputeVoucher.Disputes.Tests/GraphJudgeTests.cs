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
        byte[] proof = new GraphWitnesses(two, trace).Element(0, 5);
        Assert.Equal(Verdict.OpeningBad, JudgeOf(one).Element(trace.Root, proof).Verdict);
        Assert.Equal(Verdict.Equal, JudgeOf(two).Element(trace.Root, proof).Verdict);
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
        byte[] proof = new GraphWitnesses(honest, trace).Element(0, 0);
        leaf.CopyTo(proof.AsSpan(proof.Length - leaf.Length));
        GraphJudge judge = new(root, honest.Architecture, parameters);
        Assert.Equal(verdict, judge.Element(trace.Root, proof).Verdict);
    }

    /// <summary>
    /// gemmlowp defines a shift of at most 31; a row of 512 equal elements wants one more.
    /// </summary>
    [Theory]
    [InlineData(1, 127)]
    [InlineData(511, -127)]
    [InlineData(512, -128)]
    [InlineData(1001, -128)]
    [InlineData(4095, -128)]
    public void Softmax_OfEqualElements_HasOneMeaning(int row, int share)
    {
        GraphTensor output = new(TensorType.Int8, [1, row], -128);
        using GraphModel model = new GraphBuilder(GraphBuilder.Int8(0, 1, row))
            .Add(output, w => new Softmax(w, 1 << 30, 20, -128)).Build();
        foreach (Backend backend in new[] { Backend.Scalar, Backend.Auto })
        {
            using IModelSession session = model.CreateSession(backend, 1);
            RecordedTrace trace = RecordedTrace.Of(session, new byte[row]);
            Assert.All(trace[1].Data, b => Assert.Equal(share, (sbyte)b));
            byte[] proof = new GraphWitnesses(model, trace).Element(0, row - 1);
            Assert.Equal(Verdict.Equal, JudgeOf(model).Element(trace.Root, proof).Verdict);
        }
    }

    private static GraphJudge JudgeOf(GraphModel model) => new(
        model.ModelRoot, model.Architecture, model.Description.ParametersRoot);

    /// <summary>A run that is known whole, and the judge, who knows nothing of it.</summary>
    private sealed class Court
    {
        private readonly Graph _graph;
        private readonly RecordedTrace _trace;
        private readonly GraphWitnesses _witnesses;
        private readonly GraphJudge _judge;

        public Court(IModel model, byte[] input)
        {
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
            byte[] proof = _witnesses.Element(op, element);
            Judgement judgement = _judge.Element(_trace.Root, proof);
            Assert.Equal((op, Verdict.Equal, ""), (op, judgement.Verdict, judgement.Reason));
            OperandsAnswer answer = _witnesses.Operands(op, element);
            Assert.Equal(Verdict.Equal, _judge.Operands(_trace.Root, answer).Verdict);
            bool isClaimed = ProofSize.MayClaim(_graph.Operators[op])
                && answer.Values.Length + answer.Proof.Length <= _graph.ProofBytes[op];
            Assert.True(isClaimed || proof.Length <= _graph.ProofBytes[op]);
        }

        /// <summary>The forger commits to another element; all operands are honest.</summary>
        public void FindsAChangedElement(int op, int element, int difference)
        {
            int tensor = _graph.Inputs.Length + op;
            byte[] data = [.. _trace[tensor].Data];
            data[element] ^= (byte)difference;
            RecordedTrace forged = _trace.With(tensor, data);
            GraphWitnesses witnesses = _witnesses.Of(forged);
            Judgement judgement = _judge.Element(forged.Root, witnesses.Element(op, element));
            Assert.Equal(Verdict.Differs, judgement.Verdict);
            Assert.Equal((byte)judgement.Committed, data[element]);
            Assert.Equal((byte)judgement.Computed, _trace[tensor].Data[element]);

            // True operands do not explain it; an invented one is refuted by its opening.
            OperandsAnswer answer = witnesses.Operands(op, element);
            Assert.Equal(Verdict.Differs, _judge.Operands(forged.Root, answer).Verdict);
            for (int place = 0; place < answer.Values.Length; place++)
            {
                byte[] values = [.. answer.Values];
                byte[] proof = witnesses.Refutation(op, element, values, place);
                Assert.Equal(Verdict.Equal, Refuted(values));
                values[place] ^= 1;
                Assert.Equal(Verdict.Differs, Refuted(values));

                Verdict Refuted(byte[] answered) => _judge.Refutation(
                    forged.Root, tensor, element, answered, proof).Verdict;
            }
        }

        /// <summary>No byte of a proof may be another one, and none be missing.</summary>
        public void RefusesOtherEvidence(int op, int element)
        {
            byte[] proof = _witnesses.Element(op, element);
            for (int at = 0; at < proof.Length; at += 1 + proof.Length / 200)
            {
                byte[] changed = [.. proof];
                changed[at] ^= 1;
                Assert.NotEqual(
                    Verdict.Differs, _judge.Element(_trace.Root, changed).Verdict);
                Assert.Equal(
                    Verdict.OpeningBad, _judge.Element(_trace.Root, proof[..at]).Verdict);
            }

            byte[] longer = [.. proof, 0];
            Assert.Equal(Verdict.OpeningBad, _judge.Element(_trace.Root, longer).Verdict);
            Assert.Equal(Verdict.OpeningBad, _judge.Element(_trace.With(0, new byte[
                _trace[0].Data.Length]).Root, proof).Verdict);
        }
    }
}
