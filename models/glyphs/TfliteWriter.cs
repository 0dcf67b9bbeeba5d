using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Google.FlatBuffers;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// Writes the quantized network as a TensorFlow Lite file, schema version 3: the slot numbers below
/// are the field ids of that schema.
/// </summary>
internal sealed class TfliteWriter
{
    private const sbyte TypeInt32 = 2;
    private const sbyte TypeInt8 = 9;

    private enum Code
    {
        AveragePool2D = 1,
        Conv2D = 3,
        DepthwiseConv2D = 4,
        FullyConnected = 9,
        Reshape = 22,
        Softmax = 25,
    }

    private enum Options : byte
    {
        Conv2D = 1,
        DepthwiseConv2D = 2,
        Pool2D = 5,
        FullyConnected = 8,
        Softmax = 9,
        Reshape = 17,
    }

    private const sbyte ActivationNone = 0;
    private const sbyte ActivationRelu6 = 3;
    private const sbyte PaddingSame = 0;
    private const sbyte PaddingValid = 1;

    private readonly FlatBufferBuilder _builder = new(1 << 16);
    private readonly List<int> _buffers = [];
    private readonly List<int> _tensors = [];
    private readonly List<int> _operators = [];
    private readonly List<Code> _codes = [];

    /// <summary>The bytes of the .tflite file.</summary>
    public static byte[] Write(IReadOnlyList<Quantizer.Layer> layers)
    {
        TfliteWriter writer = new();
        writer.AddBuffer([]);
        int[] shape = [1, Glyph.Side, Glyph.Side, 1];
        int input = writer.AddActivation("image", shape, Quantizer.Activation.Pixels);
        int current = input;
        foreach (Quantizer.Layer layer in layers)
        {
            current = layer.Source is Dense
                ? writer.AddDense(layer, writer.AddReshape(layer, layers, current))
                : writer.AddSpatial(layer, current);
        }

        int output = writer.AddActivation(
            "probabilities", [1, Glyph.Classes], Quantizer.Activation.Probabilities);
        int options = writer.Table(1, b => b.AddFloat(0, 1f, 0));
        writer.AddOperator(Code.Softmax, [current], output, Options.Softmax, options);
        return writer.Finish(input, output);
    }

    private int AddSpatial(Quantizer.Layer layer, int input)
    {
        Layer source = layer.Source;
        int output = AddActivation(
            source.Name, [1, source.Height, source.Width, source.Channels], layer.Output);
        if (source is AveragePool pool)
        {
            int poolOptions = Table(6, b =>
            {
                b.AddSbyte(0, PaddingValid, 0);
                b.AddInt(1, pool.InputSide, 0);
                b.AddInt(2, pool.InputSide, 0);
                b.AddInt(3, pool.InputSide, 0);
                b.AddInt(4, pool.InputSide, 0);
            });
            AddOperator(Code.AveragePool2D, [input], output, Options.Pool2D, poolOptions);
            return output;
        }

        Convolution convolution = (Convolution)source;
        bool depthwise = convolution.IsDepthwise;
        int inputs = source.Weights.Value.Length
            / (convolution.Kernel * convolution.Kernel * (depthwise ? 1 : source.Channels));
        int[] weightShape = depthwise
            ? [1, convolution.Kernel, convolution.Kernel, source.Channels]
            : [source.Channels, convolution.Kernel, convolution.Kernel, inputs];
        int weights = AddWeights(layer, weightShape, depthwise ? 3 : 0);
        int biases = AddBiases(layer);
        int options = Table(depthwise ? 7 : 6, b =>
        {
            b.AddSbyte(0, PaddingSame, 0);
            b.AddInt(1, convolution.Stride, 0);
            b.AddInt(2, convolution.Stride, 0);
            if (depthwise)
            {
                b.AddInt(3, 1, 0);
            }

            sbyte fused = source.Ceiling is null ? ActivationNone : ActivationRelu6;
            b.AddSbyte(depthwise ? 4 : 3, fused, 0);
        });
        AddOperator(
            depthwise ? Code.DepthwiseConv2D : Code.Conv2D, [input, weights, biases], output,
            depthwise ? Options.DepthwiseConv2D : Options.Conv2D, options);
        return output;
    }

    private int AddReshape(
        Quantizer.Layer dense, IReadOnlyList<Quantizer.Layer> layers, int input)
    {
        int features = ((Dense)dense.Source).Inputs;
        int output = AddActivation("features", [1, features], layers[^2].Output);
        int shape = AddTensor("features/shape", [2], TypeInt32, Bytes<int>([1, features]), 0);
        VectorOffset newShape = Ints([1, features]);
        int options = Table(1, b => b.AddOffset(0, newShape.Value, 0));
        AddOperator(Code.Reshape, [input, shape], output, Options.Reshape, options);
        return output;
    }

    private int AddDense(Quantizer.Layer layer, int input)
    {
        Layer source = layer.Source;
        int weights = AddWeights(layer, [source.Channels, ((Dense)source).Inputs], 0);
        int biases = AddBiases(layer);
        int output = AddActivation(source.Name, [1, source.Channels], layer.Output);
        int options = Table(1, b => b.AddSbyte(0, ActivationNone, 0));
        AddOperator(
            Code.FullyConnected, [input, weights, biases], output, Options.FullyConnected, options);
        return output;
    }

    private int AddWeights(Quantizer.Layer layer, int[] shape, int channelDimension)
    {
        long[] zeros = new long[layer.WeightScales.Length];
        int quantization = AddQuantization(layer.WeightScales, zeros, channelDimension);
        string name = layer.Source.Name + "/weights";
        return AddTensor(name, shape, TypeInt8, Bytes<sbyte>(layer.Weights), quantization);
    }

    private int AddBiases(Quantizer.Layer layer) =>
        AddTensor(
            layer.Source.Name + "/bias", [layer.Biases.Length], TypeInt32,
            Bytes<int>(layer.Biases), 0);

    private int AddActivation(string name, int[] shape, Quantizer.Activation activation) =>
        AddTensor(
            name, shape, TypeInt8, [],
            AddQuantization([activation.Scale], [activation.ZeroPoint], 0));

    private int AddQuantization(float[] scales, long[] zeroPoints, int dimension)
    {
        VectorOffset scaleVector = Vector(scales, sizeof(float), (b, v) => b.AddFloat(v));
        VectorOffset zeroVector = Vector(zeroPoints, sizeof(long), (b, v) => b.AddLong(v));
        return Table(7, b =>
        {
            b.AddOffset(2, scaleVector.Value, 0);
            b.AddOffset(3, zeroVector.Value, 0);
            b.AddInt(6, dimension, 0);
        });
    }

    private int AddTensor(string name, int[] shape, sbyte type, byte[] data, int quantization)
    {
        int buffer = data.Length == 0 ? 0 : AddBuffer(data);
        StringOffset nameOffset = _builder.CreateString(name);
        VectorOffset shapeVector = Ints(shape);
        _tensors.Add(Table(5, b =>
        {
            b.AddOffset(0, shapeVector.Value, 0);
            b.AddSbyte(1, type, 0);
            b.AddUint(2, (uint)buffer, 0);
            b.AddOffset(3, nameOffset.Value, 0);
            b.AddOffset(4, quantization, 0);
        }));
        return _tensors.Count - 1;
    }

    private int AddBuffer(byte[] data)
    {
        int vector = 0;
        if (data.Length > 0)
        {
            // The schema forces buffers to 16-byte alignment, so that kernels may load them in
            // place.
            _builder.StartVector(1, data.Length, 16);
            for (int i = data.Length - 1; i >= 0; i--)
            {
                _builder.AddByte(data[i]);
            }

            vector = _builder.EndVector().Value;
        }

        _buffers.Add(Table(1, b => b.AddOffset(0, vector, 0)));
        return _buffers.Count - 1;
    }

    private void AddOperator(Code code, int[] inputs, int output, Options type, int options)
    {
        if (!_codes.Contains(code))
        {
            _codes.Add(code);
        }

        VectorOffset inputVector = Ints(inputs);
        VectorOffset outputVector = Ints([output]);
        _operators.Add(Table(5, b =>
        {
            b.AddUint(0, (uint)_codes.IndexOf(code), 0);
            b.AddOffset(1, inputVector.Value, 0);
            b.AddOffset(2, outputVector.Value, 0);
            b.AddByte(3, (byte)type, 0);
            b.AddOffset(4, options, 0);
        }));
    }

    private byte[] Finish(int input, int output)
    {
        List<int> codes = [];
        foreach (Code code in _codes)
        {
            codes.Add(Table(4, b =>
            {
                b.AddSbyte(0, (sbyte)code, 0);
                b.AddInt(2, 1, 1);
                b.AddInt(3, (int)code, 0);
            }));
        }

        VectorOffset tensors = Offsets(_tensors);
        VectorOffset inputs = Ints([input]);
        VectorOffset outputs = Ints([output]);
        VectorOffset operators = Offsets(_operators);
        StringOffset name = _builder.CreateString("main");
        int graph = Table(5, b =>
        {
            b.AddOffset(0, tensors.Value, 0);
            b.AddOffset(1, inputs.Value, 0);
            b.AddOffset(2, outputs.Value, 0);
            b.AddOffset(3, operators.Value, 0);
            b.AddOffset(4, name.Value, 0);
        });

        VectorOffset codeVector = Offsets(codes);
        VectorOffset graphs = Offsets([graph]);
        StringOffset description = _builder.CreateString("ComputeVoucher glyphs");
        VectorOffset buffers = Offsets(_buffers);
        int model = Table(5, b =>
        {
            b.AddUint(0, 3, 0);
            b.AddOffset(1, codeVector.Value, 0);
            b.AddOffset(2, graphs.Value, 0);
            b.AddOffset(3, description.Value, 0);
            b.AddOffset(4, buffers.Value, 0);
        });
        _builder.Finish(model, "TFL3");
        return _builder.SizedByteArray();
    }

    private int Table(int slots, Action<FlatBufferBuilder> fill)
    {
        _builder.StartTable(slots);
        fill(_builder);
        return _builder.EndTable();
    }

    private VectorOffset Ints(int[] values) => Vector(values, sizeof(int), (b, v) => b.AddInt(v));

    private VectorOffset Offsets(List<int> offsets)
    {
        _builder.StartVector(sizeof(int), offsets.Count, sizeof(int));
        for (int i = offsets.Count - 1; i >= 0; i--)
        {
            _builder.AddOffset(offsets[i]);
        }

        return _builder.EndVector();
    }

    private VectorOffset Vector<T>(T[] values, int bytes, Action<FlatBufferBuilder, T> add)
    {
        _builder.StartVector(bytes, values.Length, bytes);
        for (int i = values.Length - 1; i >= 0; i--)
        {
            add(_builder, values[i]);
        }

        return _builder.EndVector();
    }

    private static byte[] Bytes<T>(T[] values)
        where T : struct =>
        MemoryMarshal.AsBytes<T>(values).ToArray();
}
