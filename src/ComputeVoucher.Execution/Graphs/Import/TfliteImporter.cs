using System;
using System.Collections.Generic;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// `.tflite` files (FlatBuffers, schema version 3) to integer graphs. Nothing is re-quantized: the
/// scales become the multipliers that the TensorFlow Lite reference kernels derive. What cannot be
/// imported is refused by operator, tensor and reason.
/// </summary>
internal sealed partial class TfliteImporter
{
    /// <summary>
    /// Tensors of a file, constants included: a graph at its limit has about four each.
    /// </summary>
    private const int TensorsMax = 8 * GraphLimits.OperatorsMax;

    /// <summary>Operator codes of a file: twice the schema's.</summary>
    private const int CodesMax = 512;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ParameterBudget _budget;
    private readonly Dictionary<int, int> _activations = [];
    private readonly List<GraphTensor> _inputs = [];
    private readonly List<Operator> _operators = [];

    /// <summary>Read when something names them: what nothing reads costs nothing.</summary>
    private SourceTensor?[] _tensors = [];

    private TfliteImporter(ReadOnlyMemory<byte> file) =>
        (_file, _budget) = (file, new ParameterBudget(file.Length));

    /// <exception cref="ModelException">Damaged, or beyond what is supported.</exception>
    public static Graph Import(ReadOnlyMemory<byte> file) => new TfliteImporter(file).Import();

    private Graph Import()
    {
        FlatTable model = new FlatBuffer(_file.Span).Root;
        uint version = model.UInt32(TfliteSchema.Model.Version);
        Require(version == TfliteSchema.Version, $"schema version {version}, 3 is supported");
        FlatVector subgraphs = model.Vector(TfliteSchema.Model.Subgraphs, 4);
        Require(
            subgraphs.Count(4) == 1,
            $"{subgraphs.Count(4)} subgraphs: control flow is not supported, one graph is");
        FlatTable graph = subgraphs.Table(0);
        FlatVector operators = graph.Vector(TfliteSchema.SubGraph.Operators, 4);
        Require(
            operators.Count(4) is > 0 and <= GraphLimits.OperatorsMax,
            $"{operators.Count(4)} operators, 1 to {GraphLimits.OperatorsMax} are supported");
        (int Code, string Custom)[] codes = ReadCodes(model);

        // All operators are named before any is read: a model of foreign operators is refused
        // for them, not for the first odd tensor.
        for (int i = 0; i < operators.Count(4); i++)
        {
            _ = KindOf(i, operators.Table(i), codes);
        }

        int tensors = graph.Vector(TfliteSchema.SubGraph.Tensors, 4).Count(4);
        Require(tensors <= TensorsMax, $"{tensors} tensors, {TensorsMax} are supported");
        _tensors = new SourceTensor?[tensors];
        ReadInputs(graph, operators, codes);
        for (int i = 0; i < operators.Count(4); i++)
        {
            FlatTable op = operators.Table(i);
            AddOperator(i, op, KindOf(i, op, codes));
        }

        return new Graph(_inputs.ToArray(), _operators.ToArray(), ReadOutputs(graph));
    }

    private static (int Code, string Custom)[] ReadCodes(FlatTable model)
    {
        FlatVector vector = model.Vector(TfliteSchema.Model.OperatorCodes, 4);
        Require(vector.Count(4) <= CodesMax, $"{vector.Count(4)} operator codes");
        (int Code, string Custom)[] codes = new (int, string)[vector.Count(4)];
        for (int i = 0; i < codes.Length; i++)
        {
            FlatTable table = vector.Table(i);

            // The old field is a byte; files for codes above 126 fill the new one alone.
            int old = (sbyte)table.Byte(TfliteSchema.OperatorCode.DeprecatedBuiltinCode);
            int code = Math.Max(old, table.Int32(TfliteSchema.OperatorCode.BuiltinCode));
            codes[i] = (code, table.Text(TfliteSchema.OperatorCode.CustomCode));
        }

        return codes;
    }

    private static OperatorKind KindOf(int index, FlatTable op, (int Code, string Custom)[] codes)
    {
        uint code = op.UInt32(TfliteSchema.Operator.OpcodeIndex);
        Require(code < codes.Length, $"operator {index}: it has code {code} of {codes.Length}");
        (int builtin, string custom) = codes[code];
        Require(
            builtin != TfliteNames.Custom,
            $"operator {index} CUSTOM '{custom}': custom operators are not supported");
        Require(
            Enum.IsDefined((OperatorKind)builtin),
            $"operator {index} {TfliteNames.Operator(builtin)}: this operator is not supported");
        return (OperatorKind)builtin;
    }

    private SourceTensor ReadTensor(int index)
    {
        FlatTable model = new FlatBuffer(_file.Span).Root;
        FlatTable graph = model.Vector(TfliteSchema.Model.Subgraphs, 4).Table(0);
        FlatTable table = graph.Vector(TfliteSchema.SubGraph.Tensors, 4).Table(index);
        FlatVector buffers = model.Vector(TfliteSchema.Model.Buffers, 4);
        string name = table.Text(TfliteSchema.Tensor.Name);
        RequireTensor(
            !table.Bool(TfliteSchema.Tensor.IsVariable), index, name,
            "variable tensors keep state and are not supported");
        RequireTensor(
            !table.Has(TfliteSchema.Tensor.Sparsity)
                && table.UInt32(TfliteSchema.Tensor.ExternalBuffer) == 0,
            index, name, "sparse and external tensors are not supported");
        uint buffer = table.UInt32(TfliteSchema.Tensor.Buffer);
        RequireTensor(
            buffer < buffers.Count(4) || buffer == 0, index, name, $"buffer {buffer} is missing");
        int[] shape = table.Vector(TfliteSchema.Tensor.Shape, 4)
            .Int32Array(GraphTensor.RankMax, $"shape of tensor {index} '{name}'");
        (float[] Scales, long[] ZeroPoints, int Dimension) quantized = ([], [], 0);
        if (table.TryTable(TfliteSchema.Tensor.Quantization, out FlatTable quantization))
        {
            quantized = ReadQuantization(index, name, quantization, shape);
        }

        SourceTensor tensor = new()
        {
            Index = index,
            Name = name,
            Type = table.Byte(TfliteSchema.Tensor.Type),
            Shape = shape,
            Scales = quantized.Scales,
            ZeroPoints = quantized.ZeroPoints,
            QuantizedDimension = quantized.Dimension,
            Data = buffer == 0 ? default : ReadBuffer(index, name, buffers.Table((int)buffer)),
        };
        RequireTensor(
            !tensor.IsConstant || tensor.IsWhole, index, name,
            $"{tensor.Data.Length} bytes for a constant of [{string.Join(", ", shape)}]");
        return tensor;
    }

    private ReadOnlyMemory<byte> ReadBuffer(int index, string name, FlatTable table)
    {
        RequireTensor(
            table.UInt64(TfliteSchema.Buffer.Offset) <= 1
                && table.UInt64(TfliteSchema.Buffer.Size) <= 1,
            index, name, "data outside the FlatBuffer is not supported");
        ReadOnlySpan<byte> data = table.Vector(TfliteSchema.Buffer.Data, 1).Bytes;
        if (data.IsEmpty)
        {
            return default;
        }

        _ = _file.Span.Overlaps(data, out int at);
        return _file.Slice(at, data.Length);
    }

    private (float[] Scales, long[] ZeroPoints, int Dimension) ReadQuantization(
        int index, string name, FlatTable table, int[] shape)
    {
        RequireTensor(
            table.Byte(TfliteSchema.Quantization.DetailsType) == 0, index, name,
            "custom quantization is not supported");
        FlatVector scales = table.Vector(TfliteSchema.Quantization.Scale, 4);
        FlatVector zeros = table.Vector(TfliteSchema.Quantization.ZeroPoint, 8);
        int count = scales.Count(4);
        int dimension = table.Int32(TfliteSchema.Quantization.QuantizedDimension);

        // Of a bias the number of the dimension is often another tensor's; a layer checks its own.
        RequireTensor(
            count <= 1 || shape.AsSpan().Contains(count), index, name,
            $"{count} scales along dimension {dimension} of [{string.Join(", ", shape)}]");
        RequireTensor(
            zeros.Count(8) == count, index, name,
            $"{zeros.Count(8)} zero points for {count} scales");
        RequireTensor(
            _budget.Take((sizeof(float) + sizeof(long)) * (long)count), index, name,
            ParameterBudget.Exceeded);
        return (
            ReadScales(index, name, scales, count), ReadZeroPoints(index, name, zeros, count),
            dimension);
    }

    private static float[] ReadScales(int index, string name, FlatVector vector, int count)
    {
        float[] scales = new float[count];
        for (int i = 0; i < count; i++)
        {
            scales[i] = vector.Single(i);
            if (!float.IsFinite(scales[i]) || scales[i] < 0)
            {
                RequireTensor(false, index, name, $"scale {scales[i]} is no positive number");
            }
        }

        return scales;
    }

    private static long[] ReadZeroPoints(int index, string name, FlatVector vector, int count)
    {
        long[] zeroPoints = new long[count];
        for (int i = 0; i < count; i++)
        {
            zeroPoints[i] = vector.Int64(i);
            if (count == 1 && zeroPoints[i] is < sbyte.MinValue or > byte.MaxValue)
            {
                RequireTensor(
                    false, index, name, $"zero point {zeroPoints[i]} is outside 8 bits");
            }
        }

        return zeroPoints;
    }

    private static void RequireTensor(bool holds, int index, string name, string otherwise)
    {
        if (!holds)
        {
            throw new ModelException($"tensor {index} '{name}': {otherwise}");
        }
    }

    private static void Require(bool holds, FormattableString otherwise)
    {
        if (!holds)
        {
            throw new ModelException(FormattableString.Invariant(otherwise));
        }
    }
}
