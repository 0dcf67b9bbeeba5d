using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// One operator of the file while it is imported: its tensors as declared, its options, and
/// refusals that name it.
/// </summary>
internal ref struct OperatorSource
{
    public required OperatorKind Kind { get; init; }

    public required Wiring Wiring { get; init; }

    /// <summary>All inputs in order, constants too; null where an optional one is absent.</summary>
    public required SourceTensor?[] Inputs { get; init; }

    public required SourceTensor Output { get; init; }

    public required int OptionsType { get; init; }

    /// <summary>Options table; empty where the file has none, and then of type 0.</summary>
    public required FlatTable Options { get; init; }

    /// <summary>What the parameters of all operators may take.</summary>
    public required ParameterBudget Budget { get; init; }

    public readonly SourceTensor Input => Inputs[0]!;

    public readonly ModelException Refusal(string why) => Wiring.Refusal(Kind, why);

    public readonly ModelException Refusal(SourceTensor tensor, string why) =>
        Wiring.Refusal(Kind, $"tensor {tensor.Index} '{tensor.Name}': {why}");

    public readonly void Require(bool holds, string otherwise) =>
        Wiring.Require(holds, Kind, otherwise);

    public readonly void Require(bool holds, SourceTensor tensor, string otherwise)
    {
        if (!holds)
        {
            throw Refusal(tensor, otherwise);
        }
    }

    /// <summary>The options must be those of this kind.</summary>
    public readonly void RequireOptions(int type) =>
        Require(OptionsType == type, "it lacks its options");

    public readonly Activation Activation(int field)
    {
        byte function = Options.Byte(field);
        return Quantization.Activation(function, Wiring.Output, Output.Scale)
            ?? throw Refusal(FormattableString.Invariant(
                $"fused activation {function}; NONE, RELU, RELU_N1_TO_1, RELU6 are supported"));
    }

    /// <summary>A constant input of 32-bit integers: axes, borders, permutation.</summary>
    public readonly int[] IntConstant(int input, string what)
    {
        const int Int32Type = 2;
        SourceTensor tensor = input < Inputs.Length && Inputs[input] is { } found
            ? found
            : throw Refusal($"its {what} are missing");
        Require(tensor.IsConstant, tensor, $"its {what} are not constant");
        Require(
            tensor.Type == Int32Type, tensor,
            $"its {what} are {TfliteNames.Type(tensor.Type)}, INT32 is supported");
        Require(
            tensor.Data.Length % 4 == 0 && tensor.Data.Length <= 4 * 2 * GraphTensor.RankMax,
            tensor, $"its {what} have {tensor.Data.Length} bytes");
        int[] values = new int[tensor.Data.Length / 4];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.ToInt32(tensor.Data.Span[(4 * i)..]);
        }

        return values;
    }
}

/// <summary>A tensor as the file declares it.</summary>
internal sealed class SourceTensor
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>Number of enum TensorType.</summary>
    public required int Type { get; init; }

    public required int[] Shape { get; init; }

    public required float[] Scales { get; init; }

    public required long[] ZeroPoints { get; init; }

    public required int QuantizedDimension { get; init; }

    /// <summary>Content of a constant; empty for an activation.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    public bool IsConstant => !Data.IsEmpty;

    /// <summary>
    /// Whether a constant has the bytes that type and shape declare; true of types that no
    /// operator here reads.
    /// </summary>
    public bool IsWhole
    {
        get
        {
            long bytes = TfliteSchema.TypeBytes(Type);
            if (bytes == 0)
            {
                return true;
            }

            foreach (int dim in Shape)
            {
                bytes = Math.Clamp(bytes * dim, 0, Data.Length + 1L);
            }

            return bytes == Data.Length;
        }
    }

    public float Scale => Scales[0];

    public int ZeroPoint => (int)ZeroPoints[0];
}
