using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Layers of random shape: the AVX2 kernels give every byte of the scalar definition.
/// </summary>
public sealed class BackendEqualityTests
{
    private static readonly int s_layersPerKind = Runs.Count(fast: 120, full: 3_000);

    public static TheoryData<string> Kinds => [.. RandomLayers.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Avx2_RandomLayers_EqualTheDefinition(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 8 | kind[^1]);
        HashSet<string> outputs = [];
        for (int i = 0; i < s_layersPerKind; i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            byte[] input = i == 0
                ? new byte[model.InputBytesMax]
                : numbers.Bytes(model.InputBytesMax);
            if (i == 1)
            {
                Array.Fill(input, unchecked((byte)sbyte.MinValue));
            }

            using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
            using IModelSession avx2 = model.CreateSession(Backend.Avx2, 2);
            RunResult expected = scalar.Run(input, new RunOptions { Trace = true });
            RunResult actual = avx2.Run(input, new RunOptions { Trace = true });
            Assert.True(
                expected.Output.AsSpan().SequenceEqual(actual.Output),
                $"{kind} {i}: {model.Graph.Inputs[0]} to "
                    + model.Graph.Operators[0].Output);
            Assert.Equal(expected.TraceRoot, actual.TraceRoot);
            outputs.Add(Hex.Encode(actual.Output));
        }

        // The layers must be alive: as many different outputs as layers, nearly.
        Assert.True(outputs.Count > s_layersPerKind * 3 / 4, $"{outputs.Count} different outputs");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Run_RandomLayers_EqualsTheLoopOverElements(string kind)
    {
        Prng numbers = new(kind[0]);
        for (int i = 0; i < s_layersPerKind / 4; i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Operator op = model.Graph.Operators[0];
            byte[] input = numbers.Bytes(model.InputBytesMax);
            using IModelSession session = model.CreateSession(Backend.Scalar, 1);
            byte[] expected = session.Run(input, default).Output;
            ArrayReader reader = new(op, (sbyte[])(Array)input);
            byte[] actual = new byte[expected.Length];
            for (int e = 0; e < actual.Length; e++)
            {
                actual[e] = (byte)op.Element(ref reader, e);
            }

            Assert.Equal(expected, actual);
        }
    }

    /// <summary>The inputs of the only operator of a graph, one behind the other.</summary>
    private readonly struct ArrayReader(Operator op, sbyte[] inputs) : IElementReader
    {
        public sbyte Read(int input, int index) =>
            inputs[input == 0 ? index : op.Input.Elements + index];

        public Channel Channel(int channel) => op.Parameters![channel];
    }
}
