using System;
using System.Linq;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// What the importer makes of operators that no published model here has, and what it says about
/// files that it refuses.
/// </summary>
public sealed class TfliteImportTests
{
    private const int AddCode = 0, AveragePool = 1, Conv = 3, Dense = 9, MaxPool = 17, Relu = 19,
        Reshape = 22, PadCode = 34, TransposeCode = 39, MeanCode = 40, QuantizeCode = 114;

    private const byte PoolOptions = 5, DenseOptions = 8, AddOptions = 11, ConvOptions = 1;

    [Fact]
    public void Pad_Border_IsTheZeroPoint()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 2, 2, 1], zero: 7);
        int borders = draft.Constant(0, 0, 1, 0, 0, 1, 0, 0);
        int y = draft.Activation([1, 3, 3, 1], zero: 7);
        draft.Operator(PadCode, [x, borders], y);
        Assert.Equal([7, 7, 7, 1, 2, 7, 3, 4, 7], Run(draft, 1, 2, 3, 4));
    }

    [Fact]
    public void MaxPool_SamePadding_TakesWhatIsInside()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 3, 3, 1]);
        int y = draft.Activation([1, 2, 2, 1]);
        draft.Operator(MaxPool, [x], y, PoolOptions, [(byte)0, 2, 2, 2, 2, (byte)0]);
        Assert.Equal([5, 6, 8, 9], Run(draft, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    }

    [Fact]
    public void AveragePool_ValidPadding_RoundsHalfAwayFromZero()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 1, 4, 1]);
        int y = draft.Activation([1, 1, 2, 1]);
        draft.Operator(AveragePool, [x], y, PoolOptions, [(byte)1, 2, 1, 2, 1, (byte)0]);
        Assert.Equal([2, -2], Run(draft, 1, 2, -1, -2));
    }

    [Fact]
    public void AveragePool_Relu6_ClampsAtItsLevels()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 1, 3, 1], scale: 0.5f, zero: -2);
        int y = draft.Activation([1, 1, 3, 1], scale: 0.5f, zero: -2);
        draft.Operator(AveragePool, [x], y, PoolOptions, [(byte)1, 1, 1, 1, 1, (byte)3]);
        Assert.Equal([-2, 5, 10], Run(draft, -100, 5, 100));
    }

    [Fact]
    public void Transpose_Permutation_MovesElements()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([2, 3]);
        int perm = draft.Constant(1, 0);
        int y = draft.Activation([3, 2]);
        draft.Operator(TransposeCode, [x, perm], y);
        Assert.Equal([1, 4, 2, 5, 3, 6], Run(draft, 1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public void Mean_NegativeAxisAndOtherScale_Requantizes()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 4], scale: 0.5f, zero: 1);
        int axes = draft.Constant(-1);
        int y = draft.Activation([1], scale: 0.25f, zero: -3);
        draft.Operator(MeanCode, [x, axes], y, 27, [true]);

        // ((5 + 7 + 9 + 11) / 4 − 1) · 0.5 / 0.25 − 3
        Assert.Equal([11], Run(draft, 5, 7, 9, 11));
    }

    [Fact]
    public void Add_Broadcast_RepeatsTheNarrowSide()
    {
        TfliteDraft draft = new() { Inputs = [0, 1] };
        int a = draft.Activation([1, 2, 2], scale: 0.5f);
        int b = draft.Activation([1, 1, 2], scale: 0.5f);
        int y = draft.Activation([1, 2, 2], scale: 0.5f);
        draft.Operator(AddCode, [a, b], y, AddOptions, [(byte)0]);
        Assert.Equal([11, 22, 13, 24], Run(draft, 1, 2, 3, 4, 10, 20));
    }

    [Fact]
    public void Quantize_UnsignedEnds_ShiftTheZeroPoint()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 3], scale: 0.5f, zero: 128, type: TfliteWriter.TypeUInt8);
        int y = draft.Activation([1, 3], scale: 0.5f, zero: 0);
        int z = draft.Activation([1, 3], scale: 1f, zero: 100, type: TfliteWriter.TypeUInt8);
        draft.Operator(QuantizeCode, [x], y).Operator(QuantizeCode, [y], z);
        Assert.Equal([36, 100, 163], Run(draft, 0, 128, 254).Select(v => (int)(byte)v));
    }

    [Fact]
    public void Conv_WithoutBiasPerChannel_MultipliesAndScales()
    {
        TfliteDraft draft = new();
        int x = draft.Activation([1, 1, 2, 2], scale: 0.5f, zero: 1);
        int w = draft.Weights([2, 1, 1, 2], [1, 2, 3, -4], [0.5f, 1f]);
        int y = draft.Activation([1, 1, 2, 2], scale: 0.5f, zero: -1);
        draft.Operator(Conv, [x, w, -1], y, ConvOptions, [(byte)0, 1, 1, (byte)0]);

        // (2, 4) and (−1, 3) after the zero point; factors 0.5 and 1.
        Assert.Equal([4, -11, 2, -16], Run(draft, 3, 5, 0, 4));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "version", "schema version 4, 3 is supported" },
        { "subgraphs", "2 subgraphs: control flow is not supported" },
        { "custom", "operator 0 CUSTOM 'Magic': custom operators are not supported" },
        { "unsupported", "operator 0 RELU: this operator is not supported" },
        { "variable", "tensor 0 't0': variable tensors keep state" },
        { "float", "operator 0 RESHAPE: tensor 0 't0': it is FLOAT32" },
        { "unquantized", "operator 0 RESHAPE: tensor 0 't0': it is not quantized" },
        { "dynamic", "operator 0 RESHAPE: tensor 0 't0': dimension -1" },
        { "undeclared", "operator 0 RESHAPE: tensor 1 't1': 0 dimensions" },
        { "weights", "operator 0 FULLY_CONNECTED: tensor 1 't1': weights that are computed" },
        { "early", "operator 0 RESHAPE: tensor 1 't1': it is read before anything computes it" },
        { "axis", "operator 0 MEAN: axis 2 of 2 dimensions" },
        { "activation", "operator 0 AVERAGE_POOL_2D: fused activation 4" },
        { "options", "operator 0 AVERAGE_POOL_2D: it lacks its options" },
        { "border", "operator 0 PAD: dimension 0: 1 + 1 + 0 is not 1" },
        { "shape", "operator 0 AVERAGE_POOL_2D: output size 2, its window makes 1" },
        { "scales", "operator 0 FULLY_CONNECTED: tensor 1 't1': 3 scales along dimension 0" },
        { "zero", "operator 0 RESHAPE: tensor 1 't1': 0 zero points for 1 scales" },
        { "long", "operator 0 MEAN: tensor 1 't1': 12 bytes for a constant of []" },
        { "short", "operator 0 FULLY_CONNECTED: tensor 1 't1': 3 bytes for a constant of [2, 2]" },
        { "asked", "tensor 2 't2': it is int8 [2, 1], asked for is [1, 2]" },
        { "option", "tensor 1 't1': it is int8 [2, 1], asked for is [1, 2]" },
        { "free", "tensor 2 't2': it is int8 [2, 1], asked for is [-1, -1]" },
        { "lost", "operator 0 AVERAGE_POOL_2D: it lacks its options" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Import_UnsupportedFile_SaysWhatAndWhere(string fault, string expected)
    {
        byte[] file = Draft(fault).Build();
        ModelException refused = Assert.Throws<ModelException>(
            () => ModelFile.Import(file, "draft.tflite"));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static TfliteDraft Draft(string fault)
    {
        TfliteDraft draft = new() { Version = fault == "version" ? 4u : 3 };
        draft.Subgraphs = fault == "subgraphs" ? 2 : 1;
        _ = draft.Odd(
            fault == "dynamic" ? [-1, 2] : [1, 2],
            fault == "float" ? (sbyte)0 : TfliteWriter.TypeInt8,
            isQuantized: fault != "unquantized", isVariable: fault == "variable");
        return fault switch
        {
            "custom" => draft.Operator(32, [0], draft.Activation([1, 2]), custom: "Magic"),
            "unsupported" => draft.Operator(Relu, [0], draft.Activation([1, 2])),
            "undeclared" => draft.Operator(Reshape, [0], draft.Activation([])),
            "early" => draft.Operator(
                Reshape, [draft.Activation([1, 2])], draft.Activation([1, 2])),
            "weights" => draft.Operator(
                Dense, [0, draft.Activation([1, 2])], draft.Activation([1, 1]),
                DenseOptions, [(byte)0]),
            "scales" => draft.Operator(
                Dense, [0, draft.Weights([2, 2], [1, 2, 3, 4], [1, 1, 1])],
                draft.Activation([1, 2]), DenseOptions, [(byte)0]),
            "axis" => draft.Operator(
                MeanCode, [0, draft.Constant(2)], draft.Activation([1, 1]), 27, [true]),
            "border" => draft.Operator(
                PadCode, [0, draft.Constant(1, 0, 0, 0)], draft.Activation([1, 2])),
            "zero" => draft.Operator(
                Reshape, [0], draft.Quantized([2, 1], draft.Quantization([0.5f], []))),
            "long" => draft.Operator(
                MeanCode, [0, draft.Bytes([], TfliteWriter.TypeInt32, 12)],
                draft.Activation([1, 1]), 27, [true]),
            "short" => draft.Operator(
                Dense, [0, draft.Bytes([2, 2], TfliteWriter.TypeInt8, 3)],
                draft.Activation([1, 2]), DenseOptions, [(byte)0]),
            "asked" => draft.Operator(
                Reshape, [0, draft.Constant(1, 2)], draft.Activation([2, 1])),
            "free" => draft.Operator(
                Reshape, [0, draft.Constant(-1, -1)], draft.Activation([2, 1])),
            "option" => draft.Operator(
                Reshape, [0], draft.Activation([2, 1]), 17, [new[] { 1, 2 }]),
            "activation" or "options" or "shape" or "lost" => Pool(draft, fault),
            _ => draft.Operator(Reshape, [0], draft.Activation([2, 1])),
        };
    }

    private static TfliteDraft Pool(TfliteDraft draft, string fault)
    {
        int x = draft.Activation([1, 1, 1, 1]);
        draft.Inputs = [x];
        int y = draft.Activation([1, 1, fault == "shape" ? 2 : 1, 1]);
        byte activation = fault == "activation" ? (byte)4 : (byte)0;
        return draft.Operator(
            AveragePool, [x], y, fault == "options" ? (byte)0 : PoolOptions,
            fault == "lost" ? null : [(byte)0, 1, 1, 1, 1, activation]);
    }

    [Fact]
    public void Import_VtableOfOddSize_IsDamaged()
    {
        // A RELU6 in the last slot of the options would be lost with half of its slot.
        TfliteDraft draft = new();
        int x = draft.Activation([1, 1, 1, 1]);
        draft.Operator(
            AveragePool, [x], draft.Activation([1, 1, 1, 1]), PoolOptions,
            [(byte)0, 1, 1, 1, 1, (byte)3]);
        byte[] file = draft.Build();
        int at = (int)BitConverter.ToUInt32(file);
        foreach (int slot in (int[])[2, -1, 3, -1, 4])
        {
            // The one entry of a vector of tables, or the table that a field points to.
            at = slot < 0 ? at + 4 : Field(file, at, slot);
            at += (int)BitConverter.ToUInt32(file, at);
        }

        int vtable = at - BitConverter.ToInt32(file, at);
        file[vtable]--;
        string message = Assert.Throws<ModelException>(
            () => ModelFile.Import(file, "draft.tflite")).Message;
        Assert.Contains("the file is damaged: no table", message, StringComparison.Ordinal);
    }

    private static int Field(byte[] file, int table, int slot) => table + BitConverter.ToUInt16(
        file, table - BitConverter.ToInt32(file, table) + 4 + 2 * slot);

    private static sbyte[] Run(TfliteDraft draft, params int[] input)
    {
        byte[] bytes = [.. input.Select(x => (byte)x)];
        using IModel model = ModelFile.Import(draft.Build(), "draft.tflite");
        using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
        using IModelSession avx2 = model.CreateSession(Backend.Avx2, 1);
        byte[] output = scalar.Run(bytes, default).Output;
        Assert.Equal(output, avx2.Run(bytes, default).Output);
        return [.. output.Select(b => (sbyte)b)];
    }
}
