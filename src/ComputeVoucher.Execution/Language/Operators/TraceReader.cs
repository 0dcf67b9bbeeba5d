using System;
using System.Buffers.Binary;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// All that the definition of one element may look at: committed elements and parameters, from
/// memory or from openings. A number that no honest run commits to refutes the trace; a small one
/// stands in for it.
/// </summary>
internal abstract class TraceReader(LlamaArchitecture model, TraceLayout layout)
{
    /// <summary>Every committed number stays below it, see <see cref="Rounding.Shift"/>.</summary>
    private const long NumberMax = 1L << 62;

    /// <summary>Exponents of numbers below 2^62 are at most 47.</summary>
    private const int Exponents = 48;

    public LlamaArchitecture Model => model;

    public LlamaShape Shape => model.Shape;

    public TraceLayout Layout => layout;

    /// <summary>Whether something was read that no honest run commits to.</summary>
    public bool IsRefuted { get; private set; }

    public void RefuteUnless(bool honest) => IsRefuted |= !honest;

    /// <summary>The value, where 0 ≤ value &lt; limit; else the trace is refuted.</summary>
    public int Within(long value, int limit)
    {
        bool isWithin = value >= 0 && value < limit;
        RefuteUnless(isWithin);
        return isWithin ? (int)value : 0;
    }

    /// <summary>One committed element.</summary>
    public long Get(in TracePlace at, int index)
    {
        long value = Read(layout.Index(at), layout.Type(at.Tensor), layout.Dims(at), index);
        bool isSmall = value is < NumberMax and > -NumberMax;
        RefuteUnless(isSmall);
        return isSmall ? value : 0;
    }

    /// <summary>A scalar of a row, from the tensor before it.</summary>
    public long Scalar(in TracePlace row, ScalarKind kind, int part = 0) =>
        Get(row.Of(row.Tensor - 1), layout.Offset(row.Tensor, kind, part));

    /// <summary>Exponent z of a committed int16 row.</summary>
    public int Exponent(in TracePlace row, int head = 0) =>
        Within(Scalar(row, ScalarKind.RowExponent, head), Exponents);

    /// <summary>x before a norm, which is also what its block adds to.</summary>
    public long Residual(in TracePlace norm, int index) => Get(
        norm.Tensor switch
        {
            TraceTensor.FinalNorm =>
                new(TraceTensor.FeedForward, norm.Position, Shape.Layers - 1),
            TraceTensor.FeedForwardNorm => norm.Of(TraceTensor.Attention),
            _ when norm.Layer == 0 => norm.Of(TraceTensor.Embed),
            _ => new(TraceTensor.FeedForward, norm.Position, norm.Layer - 1),
        }, index);

    /// <summary>weight · 2^24, exact.</summary>
    public long Weight(WeightId id, int layer, int row, int column)
    {
        var form = (WeightForm)model.Kind(id, layer);
        Span<byte> cell = stackalloc byte[WeightForms.CellBytes(form)];
        ReadRow(id, layer, row, column / WeightForms.BlockColumns * cell.Length, cell);
        return WeightForms.Exact(form, cell, column % WeightForms.BlockColumns);
    }

    public int Gain(WeightId id, int layer, int index)
    {
        Span<byte> gain = stackalloc byte[2];
        ReadRow(id, layer, 0, 2 * index, gain);
        return BinaryPrimitives.ReadInt16LittleEndian(gain);
    }

    /// <summary>Cosine or sine in Q.15; the table's row is [HeadDim / 2, 2].</summary>
    public int Rotary(int position, int index)
    {
        Span<byte> turn = stackalloc byte[4];
        ReadRow(WeightId.Rotary, 0, position, 4 * index, turn);
        return BinaryPrimitives.ReadInt32LittleEndian(turn);
    }

    /// <summary>A byte of the record that was ordered.</summary>
    public abstract byte Ordered(int index);

    /// <summary>An element of the trace's list; type and shape are the layout's.</summary>
    protected abstract long Read(
        int tensor, TensorType type, ReadOnlySpan<int> dims, int element);

    /// <summary>Bytes of a parameter row from an offset on, see <see cref="LlamaRoots"/>.</summary>
    protected abstract void ReadRow(
        WeightId id, int layer, int row, int at, Span<byte> bytes);
}
