using System;
using System.Runtime.InteropServices;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// A `.tflite` file put together by a test: tensors, operators, options by number.
/// </summary>
internal sealed class TfliteDraft
{
    private readonly TfliteWriter _writer = new();
    private int _tensors;

    public int[] Inputs { get; set; } = [0];

    public int[] Outputs { get; set; } = [];

    public uint Version { get; set; } = 3;

    public int Subgraphs { get; set; } = 1;

    /// <summary>Adds an activation; gives its number.</summary>
    public int Activation(
        int[] shape, float scale = 0.5f, long zero = 0, sbyte type = TfliteWriter.TypeInt8) =>
        Tensor(shape, type, [], _writer.Quantize([scale], [zero], 0));

    /// <summary>Adds a constant of 32-bit integers.</summary>
    public int Constant(params int[] values) => Tensor(
        [values.Length], TfliteWriter.TypeInt32, MemoryMarshal.AsBytes<int>(values).ToArray(), 0);

    /// <summary>Adds 8-bit weights.</summary>
    public int Weights(int[] shape, sbyte[] values, float[] scales) => Tensor(
        shape, TfliteWriter.TypeInt8, (byte[])(Array)values,
        _writer.Quantize(scales, new long[scales.Length], 0));

    /// <summary>Adds an activation of half units that may lack what it should have.</summary>
    public int Odd(int[] shape, sbyte type, bool isQuantized, bool isVariable) => Tensor(
        shape, type, [], isQuantized ? _writer.Quantize([0.5f], [0], 0) : 0, isVariable);

    /// <summary>Scales and zero points, for as many tensors as are given them.</summary>
    public int Quantization(float[] scales, long[] zeroPoints) =>
        _writer.Quantize(scales, zeroPoints, 0);

    /// <summary>Adds an activation of a quantization of its own.</summary>
    public int Quantized(int[] shape, int quantization) =>
        Tensor(shape, TfliteWriter.TypeInt8, [], quantization);

    /// <summary>Adds a constant whose bytes need not be those of its shape.</summary>
    public int Bytes(int[] shape, sbyte type, int count) => Tensor(
        shape, type, new byte[count], _writer.Quantize([0.5f], [0], 0));

    /// <summary>Adds an operator; its outputs become the graph's.</summary>
    public TfliteDraft Operator(
        int code, int[] inputs, int output, byte optionsType = 0, object?[]? options = null,
        string? custom = null)
    {
        _writer.AddOperator(code, inputs, output, optionsType, options, custom);
        Outputs = [output];
        return this;
    }

    public byte[] Build() => _writer.Finish(Inputs, Outputs, "draft", Version, Subgraphs);

    private int Tensor(
        int[] shape, sbyte type, byte[] data, int quantization, bool isVariable = false) =>
        _writer.AddTensor($"t{_tensors++}", shape, type, data, quantization, isVariable);
}
