using System.Collections.Generic;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// A `.tflite` file put together by a test: tensors, operators, options by number.
/// </summary>
internal sealed class TfliteDraft
{
    public const byte Int32 = 2, UInt8 = 3, Int8 = 9;

    private readonly List<object?[]> _codes = [];
    private readonly List<object?[]> _tensors = [];
    private readonly List<object?[]> _operators = [];
    private readonly List<object?[]> _buffers = [[null]];

    public int[] Inputs { get; set; } = [0];

    public int[] Outputs { get; set; } = [];

    public int Version { get; set; } = 3;

    public int Subgraphs { get; set; } = 1;

    /// <summary>Adds an activation; gives its number.</summary>
    public int Activation(int[] shape, float scale = 0.5f, long zero = 0, byte type = Int8) =>
        Tensor(shape, type, 0, [null, null, (float[])[scale], (long[])[zero]]);

    /// <summary>Adds a constant of 32-bit integers.</summary>
    public int Constant(params int[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        System.Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        _buffers.Add([bytes]);
        return Tensor([values.Length], Int32, _buffers.Count - 1, null);
    }

    /// <summary>Adds 8-bit weights.</summary>
    public int Weights(int[] shape, sbyte[] values, float[] scales, int dimension = 0)
    {
        _buffers.Add([(byte[])(System.Array)values]);
        return Tensor(
            shape, Int8, _buffers.Count - 1,
            [null, null, scales, new long[scales.Length], null, null, dimension]);
    }

    public int Tensor(
        int[] shape, byte type, int buffer, object?[]? quantization, bool variable = false)
    {
        _tensors.Add(
            [shape, type, buffer, "t" + _tensors.Count, quantization, variable ? true : null]);
        return _tensors.Count - 1;
    }

    /// <summary>Adds an operator; its outputs become the graph's.</summary>
    public TfliteDraft Operator(
        int code, int[] inputs, int output, byte optionsType = 0, object?[]? options = null,
        string? custom = null)
    {
        _codes.Add([(byte)(code > 126 ? 127 : code), custom, null, code]);
        _operators.Add([_codes.Count - 1, inputs, (int[])[output], optionsType, options]);
        Outputs = [output];
        return this;
    }

    public byte[] Build()
    {
        object?[] graph = [_tensors, Inputs, Outputs, _operators];
        List<object?[]> graphs = [];
        for (int i = 0; i < Subgraphs; i++)
        {
            graphs.Add(graph);
        }

        return FlatWriter.Write([Version, _codes, graphs, null, _buffers]);
    }
}
