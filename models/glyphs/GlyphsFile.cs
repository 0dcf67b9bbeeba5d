using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>The quantized network as a TensorFlow Lite file.</summary>
internal sealed class GlyphsFile
{
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

    private readonly TfliteWriter _writer = new();

    /// <summary>The bytes of the .tflite file.</summary>
    public static byte[] Write(IReadOnlyList<Quantizer.Layer> layers)
    {
        GlyphsFile file = new();
        int[] shape = [1, Glyph.Side, Glyph.Side, 1];
        int input = file.AddActivation("image", shape, Quantizer.Activation.Pixels);
        int current = input;
        foreach (Quantizer.Layer layer in layers)
        {
            current = layer.Source is Dense
                ? file.AddDense(layer, file.AddReshape(layer, layers, current))
                : file.AddSpatial(layer, current);
        }

        int output = file.AddActivation(
            "probabilities", [1, Glyph.Classes], Quantizer.Activation.Probabilities);
        file.AddOperator(Code.Softmax, [current], output, Options.Softmax, 1f);
        return file._writer.Finish([input], [output], "ComputeVoucher glyphs");
    }

    private int AddSpatial(Quantizer.Layer layer, int input)
    {
        Layer source = layer.Source;
        int output = AddActivation(
            source.Name, [1, source.Height, source.Width, source.Channels], layer.Output);
        if (source is AveragePool pool)
        {
            int side = pool.InputSide;
            AddOperator(
                Code.AveragePool2D, [input], output, Options.Pool2D,
                PaddingValid, side, side, side, side);
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
        int stride = convolution.Stride;
        sbyte fused = source.Ceiling is null ? ActivationNone : ActivationRelu6;
        if (depthwise)
        {
            AddOperator(
                Code.DepthwiseConv2D, [input, weights, biases], output, Options.DepthwiseConv2D,
                PaddingSame, stride, stride, 1, fused);
        }
        else
        {
            AddOperator(
                Code.Conv2D, [input, weights, biases], output, Options.Conv2D,
                PaddingSame, stride, stride, fused);
        }

        return output;
    }

    private int AddReshape(
        Quantizer.Layer dense, IReadOnlyList<Quantizer.Layer> layers, int input)
    {
        int features = ((Dense)dense.Source).Inputs;
        int[] sizes = [1, features];
        int output = AddActivation("features", sizes, layers[^2].Output);
        int shape = _writer.AddTensor(
            "features/shape", [2], TfliteWriter.TypeInt32, Bytes(sizes), 0);
        _writer.AddOperator(
            (int)Code.Reshape, [input, shape], output, (byte)Options.Reshape, [sizes]);
        return output;
    }

    private int AddDense(Quantizer.Layer layer, int input)
    {
        Layer source = layer.Source;
        int weights = AddWeights(layer, [source.Channels, ((Dense)source).Inputs], 0);
        int biases = AddBiases(layer);
        int output = AddActivation(source.Name, [1, source.Channels], layer.Output);
        AddOperator(
            Code.FullyConnected, [input, weights, biases], output, Options.FullyConnected,
            ActivationNone);
        return output;
    }

    private int AddWeights(Quantizer.Layer layer, int[] shape, int channelDimension)
    {
        long[] zeros = new long[layer.WeightScales.Length];
        int quantization = _writer.Quantize(layer.WeightScales, zeros, channelDimension);
        return _writer.AddTensor(
            layer.Source.Name + "/weights", shape, TfliteWriter.TypeInt8, Bytes(layer.Weights),
            quantization);
    }

    private int AddBiases(Quantizer.Layer layer) =>
        _writer.AddTensor(
            layer.Source.Name + "/bias", [layer.Biases.Length], TfliteWriter.TypeInt32,
            Bytes(layer.Biases), 0);

    private int AddActivation(string name, int[] shape, Quantizer.Activation activation) =>
        _writer.AddTensor(
            name, shape, TfliteWriter.TypeInt8, [],
            _writer.Quantize([activation.Scale], [activation.ZeroPoint], 0));

    private void AddOperator(
        Code code, int[] inputs, int output, Options type, params object[] options) =>
        _writer.AddOperator((int)code, inputs, output, (byte)type, options);

    private static byte[] Bytes<T>(T[] values)
        where T : struct =>
        MemoryMarshal.AsBytes<T>(values).ToArray();
}
