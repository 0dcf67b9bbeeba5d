using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Bn254;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Circuits.Tests;

/// <summary>Small graphs of random shapes and numbers over every operator that has a circuit: their
/// witness has the executor's output (or there is none), and every constraint holds.</summary>
public sealed class RandomGraphTests
{
    private readonly Random _random = new(77);
    private readonly List<Operator> _operators = [];
    private readonly HashSet<OperatorKind> _seen = [];

    [Fact]
    public void Witnesses_SatisfyTheirCircuits_AndHaveTheExecutorsOutput()
    {
        int circuits = 0;
        for (int i = 0; i < Runs.Count(60, 1_000); i++)
        {
            GraphModel model = Next(i);
            GraphCircuit circuit = new(model);
            MemoryStream stream = new();
            circuit.Write(stream);
            ConstraintSystem system = ConstraintSystem.Read(stream);
            for (int run = 0; run < 6; run++)
            {
                Witness witness = circuit.WitnessOf(Input(model.Graph.InputBytes, run));
                Assert.Equal(circuit.Wires, witness.Values.Length);
                Assert.Null(system.FirstBroken(witness));
            }

            Bind(system, circuit.WitnessOf(Input(model.Graph.InputBytes, 5)));
            circuits++;
        }

        Assert.Equal(Runs.Count(60, 1_000), circuits);
        Assert.Equal(
        [
            OperatorKind.Add, OperatorKind.AveragePool2D, OperatorKind.Conv2D,
            OperatorKind.DepthwiseConv2D, OperatorKind.FullyConnected, OperatorKind.MaxPool2D,
            OperatorKind.Reshape, OperatorKind.Pad, OperatorKind.Transpose, OperatorKind.Mean,
        ],
            new SortedSet<OperatorKind>(_seen));
    }

    /// <summary>Values that change alone break a constraint.</summary>
    private void Bind(ConstraintSystem system, Witness witness)
    {
        for (int i = 0; i < 12; i++)
        {
            int wire = 1 + _random.Next(witness.Values.Length - 1);
            Scalar honest = witness.Values[wire];
            witness.Values[wire] = Scalar.Of(honest.ToResidue() + Fr.One);
            Assert.NotNull(system.FirstBroken(witness));
            witness.Values[wire] = honest;
        }
    }

    /// <summary>The extremes, then random bytes.</summary>
    private byte[] Input(int length, int run)
    {
        byte[] input = new byte[length];
        if (run < 3)
        {
            input.AsSpan().Fill((byte)(run == 0 ? 0 : run == 1 ? 0x7f : 0x80));
        }
        else
        {
            _random.NextBytes(input);
        }

        return input;
    }

    private GraphModel Next(int seed)
    {
        _operators.Clear();
        GraphTensor input = Tensor(Zero(), 1, 3 + _random.Next(4), 3 + _random.Next(4),
            1 + _random.Next(3));
        GraphTensor last = input;
        for (int i = 0; i < 1 + _random.Next(3); i++)
        {
            last = Image(last, (seed + i) % 6);
        }

        if (seed % 12 == 3)
        {
            last = Added(last);
        }

        if (seed % 4 == 0)
        {
            // Over height and width.
            (int multiplier, int shift) = Mean.Fold(
                _random.Next(1 << 30, int.MaxValue), 1, last[1] * last[2]);
            last = Add(last, Tensor(Zero(), 1, last[3]), w => new Mean(w, 6, multiplier, shift));
        }
        else if (seed % 4 == 1)
        {
            int depth = last.Elements;
            last = Add(last, Tensor(last.ZeroPoint, 1, depth), w => new Reshape(w));
            GraphTensor output = Tensor(Zero(), 1, 1 + _random.Next(5));
            Add(last, output, w => new FullyConnected(
                w, depth, seed % 8 == 1 ? 0 : 3, Clamp(output), Parameters(output.Last, depth)));
        }

        foreach (Operator op in _operators)
        {
            _seen.Add(op.Kind);
        }

        return new GraphModel(new Graph([input], _operators.ToArray(), [_operators.Count]));
    }

    /// <summary>The last activation plus itself, at another scale.</summary>
    private GraphTensor Added(GraphTensor last)
    {
        int id = _operators.Count;
        GraphTensor sum = Tensor(Zero(), last.Dims);
        _operators.Add(new Add(
            new Wiring(id, [id, id], [last, last], sum), new Rescale(1 << 30, 0),
            new Rescale(_random.Next(1 << 30, int.MaxValue), -1),
            new Rescale(_random.Next(1 << 30, int.MaxValue), -19), Clamp(sum)));
        return sum;
    }

    private GraphTensor Image(GraphTensor input, int kind)
    {
        int pad = _random.Next(2);
        Window window = new(2, 2, 1, 1, 1, 1, kind is 0 or 1 or 2 ? pad : 0, 0);
        int height = input[1] - 1 + window.PadTop;
        int width = input[2] - 1;
        if (height < 1 || width < 1)
        {
            kind = 4;
        }

        int zero = Zero();
        int channels = 1 + _random.Next(4);
        switch (kind)
        {
            case 0:
                GraphTensor wide = Tensor(zero, 1, height, width, channels);
                return Add(input, wide, w => new Conv2D(w, window, input[3], Clamp(wide),
                    Parameters(channels, 4 * input[3])));
            case 1:
                GraphTensor deep = Tensor(zero, 1, height, width, 2 * input[3]);
                return Add(input, deep, w => new DepthwiseConv2D(
                    w, window, Clamp(deep), Parameters(deep[3], 4)));
            case 2:
                return Add(input, Tensor(input.ZeroPoint, 1, height, width, input[3]),
                    w => new AveragePool2D(w, window, Full));
            case 3:
                return Add(input, Tensor(input.ZeroPoint, 1, height, width, input[3]),
                    w => new MaxPool2D(w, window, Full));
            case 4:
                return Add(input, Tensor(input.ZeroPoint, 1, input[1] + 2, input[2] + 1, input[3]),
                    w => new Pad(w, [0, 1, 0, 0], [0, 1, 1, 0]));
            default:
                return Add(input, Tensor(input.ZeroPoint, 1, input[2], input[1], input[3]),
                    w => new Transpose(w, [0, 2, 1, 3]));
        }
    }

    private static Activation Full => new(sbyte.MinValue, sbyte.MaxValue);

    private GraphTensor Add(GraphTensor input, GraphTensor output, Func<Wiring, Operator> make)
    {
        _operators.Add(make(new Wiring(_operators.Count, [_operators.Count], [input], output)));
        return output;
    }

    private static GraphTensor Tensor(int zero, params ReadOnlySpan<int> dims) =>
        new(TensorType.Int8, dims, zero);

    /// <summary>As of ReLU, or anywhere.</summary>
    private int Zero() => _random.Next(3) == 0 ? sbyte.MinValue : _random.Next(-128, 128);

    /// <summary>None, ReLU, and both clamps inside the range.</summary>
    private static Activation Clamp(GraphTensor output) => (output.ZeroPoint & 3) switch
    {
        0 => new Activation(output.ZeroPoint, sbyte.MaxValue),
        1 => new Activation(Math.Max(output.ZeroPoint - 30, -128),
            Math.Min(output.ZeroPoint + 41, sbyte.MaxValue)),
        _ => Full,
    };

    /// <summary>One in seven is dead, one in seven reaches far beyond both clamps.
    /// </summary>
    private ChannelParameters Parameters(int channels, int weights)
    {
        sbyte[] all = new sbyte[channels * weights];
        int[] bias = new int[channels];
        int[] multiplier = new int[channels];
        int[] shift = new int[channels];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (sbyte)_random.Next(-128, 128);
        }

        for (int c = 0; c < channels; c++)
        {
            int kind = _random.Next(7);
            bias[c] = kind == 5 ? -40_000_000 : _random.Next(-20_000, 20_000);
            multiplier[c] = _random.Next(1 << 30, int.MaxValue);
            shift[c] = kind == 6 ? -4 : -_random.Next(7, 11);
        }

        return new ChannelParameters(all, bias, multiplier, shift);
    }
}
