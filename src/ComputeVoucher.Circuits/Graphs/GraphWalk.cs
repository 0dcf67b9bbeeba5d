using System;
using System.Collections.Generic;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits;

/// <summary>One walk over a graph: public words, then every activation as signals.</summary>
internal sealed class GraphWalk
{
    private readonly Graph _graph;
    private readonly Gadgets _gadgets;
    private readonly LinearSum _sum = new();
    private readonly Signal[][] _tensors;
    private readonly int _outputWords;

    public GraphWalk(Graph graph, Assembler assembler, int outputWords, int inputWords)
    {
        (_graph, Assembler, _outputWords) = (graph, assembler, outputWords);
        _gadgets = new Gadgets(assembler);
        _tensors = new Signal[graph.TensorCount][];
        for (int i = 0; i < outputWords + inputWords; i++)
        {
            assembler.New(0);
        }
    }

    public Assembler Assembler { get; }

    /// <summary>After <see cref="Leave"/>: raw bytes of the output tensors.</summary>
    public byte[] Output { get; private set; } = [];

    /// <summary>Input bytes, and the words that they are public in.</summary>
    public void Enter(ReadOnlySpan<byte> input)
    {
        Signal[] all = new Signal[input.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = _gadgets.Byte((sbyte)input[i] + Signal.Offset);
        }

        int at = 0;
        for (int id = 0; id < _graph.Inputs.Length; id++)
        {
            _tensors[id] = all[at..(at += _graph.Inputs[id].Elements)];
        }

        Pack(1 + _outputWords, all);
    }

    public void Run(Operator op, LayerPlan plan)
    {
        Signal[] output = new Signal[op.Output.Elements];
        Signal[] input = _tensors[op.Wiring.InputIds[0]];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = op switch
            {
                FullyConnected layer => Dense(layer, plan, input, i),
                Conv2D layer => Convolution(layer, plan, input, i),
                DepthwiseConv2D layer => Depthwise(layer, plan, input, i),
                MaxPool2D => _gadgets.Greatest(Taps(op, input, i)),
                AveragePool2D => Average(Taps(op, input, i), plan),
                Mean => Average(Taps(op, input, i), plan[0]),
                Add add => Sum(add, plan.Pair!, i),
                _ => Moved(op, input, i),
            };
        }

        _tensors[_graph.Inputs.Length + op.Wiring.Index] = output;
    }

    /// <summary>The words that the output is public in.</summary>
    public void Leave()
    {
        List<Signal> all = [];
        foreach (int id in _graph.Outputs)
        {
            all.AddRange(_tensors[id]);
        }

        Output = new byte[all.Count];
        for (int i = 0; i < Output.Length; i++)
        {
            Output[i] = (byte)(all[i].Value - Signal.Offset);
        }

        Pack(1, all.ToArray());
    }

    private void Pack(int word, ReadOnlySpan<Signal> bytes)
    {
        for (; !bytes.IsEmpty; word++)
        {
            int count = Math.Min(bytes.Length, GraphCircuit.WordBytes);
            _gadgets.Pack(word, bytes[..count]);
            bytes = bytes[count..];
        }
    }

    private Signal Dense(FullyConnected layer, LayerPlan plan, Signal[] input, int index)
    {
        (int batch, int c) = Math.DivRem(index, layer.Output.Last);
        Channel channel = layer.Parameters[c];
        SumOf sum = new(_sum, plan[c], channel.Bias, layer.Input.ZeroPoint);
        for (int d = 0; d < layer.Depth; d++)
        {
            sum.Add(input[(batch * layer.Depth) + d], channel.Weights[d] - layer.WeightZero);
        }

        return Close(sum);
    }

    private Signal Convolution(Conv2D layer, LayerPlan plan, Signal[] input, int index)
    {
        WindowOperator.Patch patch = layer.PatchOf(index);
        Channel channel = layer.Parameters[patch.Channel];
        SumOf sum = new(_sum, plan[patch.Channel], channel.Bias, layer.Input.ZeroPoint);
        int depth = layer.FilterDepth;
        int group = patch.Channel / (layer.Output[3] / layer.Groups) * depth;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                int weight = ((f * layer.Window.FilterW) + g) * depth;
                int pixel = patch.At(f, g) + group;
                for (int d = 0; d < depth; d++)
                {
                    sum.Add(input[pixel + d], channel.Weights[weight + d]);
                }
            }
        }

        return Close(sum);
    }

    private Signal Depthwise(DepthwiseConv2D layer, LayerPlan plan, Signal[] input, int index)
    {
        WindowOperator.Patch patch = layer.PatchOf(index);
        Channel channel = layer.Parameters[patch.Channel];
        SumOf sum = new(_sum, plan[patch.Channel], channel.Bias, layer.Input.ZeroPoint);
        int from = patch.Channel / layer.Multiplier;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                sum.Add(input[patch.At(f, g) + from],
                    channel.Weights[(f * layer.Window.FilterW) + g]);
            }
        }

        return Close(sum);
    }

    private Signal Average(ReadOnlySpan<Signal> taps, LayerPlan plan) =>
        Average(taps, plan[taps.Length - 1]);

    private Signal Average(ReadOnlySpan<Signal> taps, Floor floor)
    {
        SumOf sum = new(_sum, floor, 0, 0);
        foreach (Signal tap in taps)
        {
            sum.Add(tap, 1);
        }

        return Close(sum);
    }

    private Signal Sum(Add add, PairFloor pair, int index)
    {
        RecordingReader reader = new([]);
        _ = add.Element(ref reader, index);
        Signal x = _tensors[add.Wiring.InputIds[0]][reader.Reads[0]];
        Signal y = _tensors[add.Wiring.InputIds[1]][reader.Reads[1]];
        if (x == y)
        {
            return Close(Weighted(x, pair.First + pair.Second, pair.Floor));
        }

        SumOf sum = Weighted(x, pair.First, pair.Floor);
        sum.Add(y, pair.Second);
        return Close(sum);
    }

    private SumOf Weighted(in Signal x, long weight, Floor floor)
    {
        SumOf sum = new(_sum, floor, 0, 0);
        sum.Add(x, weight);
        return sum;
    }

    private Signal Close(SumOf sum) => sum.Floor.IsConstant
        ? new Signal(0, sum.Floor.Min + Signal.Offset)
        : _gadgets.Requantize(sum.Floor, sum.Scaled(), sum.Value);

    /// <summary>What the definition reads for an element, in its order.</summary>
    private static Signal[] Taps(Operator op, Signal[] input, int index)
    {
        RecordingReader reader = new([]);
        _ = op.Element(ref reader, index);
        Signal[] taps = new Signal[reader.Reads.Count];
        for (int i = 0; i < taps.Length; i++)
        {
            taps[i] = input[reader.Reads[i]];
        }

        return taps;
    }

    /// <summary>The one element that the definition reads, or the constant that it gives without.
    /// </summary>
    private static Signal Moved(Operator op, Signal[] input, int index)
    {
        RecordingReader reader = new([]);
        sbyte value = op.Element(ref reader, index);
        return reader.Reads.Count == 0
            ? new Signal(0, value + Signal.Offset)
            : input[reader.Reads[0]];
    }

    /// <summary>Notes what a definition reads.</summary>
    private readonly struct RecordingReader(List<int> reads) : IElementReader
    {
        public List<int> Reads { get; } = reads;

        public sbyte Read(int input, int index)
        {
            Reads.Add(index);
            return 0;
        }

        public Channel Channel(int channel) =>
            throw new InvalidOperationException("an operator without parameters");
    }

    /// <summary>A · sum, and the sum's value.</summary>
    private struct SumOf
    {
        private readonly LinearSum _scaled;
        private readonly int _zero;
        private long _constant;

        public SumOf(LinearSum scaled, Floor floor, int bias, int zero)
        {
            (_scaled, _zero) = (scaled.Clear(), zero);
            (Floor, Value, _constant) = (floor, bias, bias);
        }

        public Floor Floor { get; }

        public int Value { get; private set; }

        /// <summary>weight · (element − zero point).</summary>
        public void Add(in Signal element, long weight)
        {
            int shift = Signal.Offset + _zero;
            Value += (int)(weight * (element.Value - shift));
            if (element.Wire == 0)
            {
                _constant += weight * (element.Value - shift);
            }
            else if (weight != 0)
            {
                _scaled.Add(element.Wire, Floor.A * weight);
                _constant -= weight * shift;
            }
        }

        public readonly LinearSum Scaled() => _scaled.Constant(Floor.A * _constant);
    }
}
