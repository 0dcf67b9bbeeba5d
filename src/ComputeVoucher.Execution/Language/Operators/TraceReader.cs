using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// All that a definition of one element may look at: committed elements and parameters. A number
/// that no honest run commits to makes <see cref="IsRefuted"/> true; a small one stands in for it.
/// </summary>
internal sealed class TraceReader<TSource>(
    LlamaArchitecture model, TraceLayout layout, TSource source)
    where TSource : struct, ITraceSource
{
    /// <summary>Every committed number stays below it, see <see cref="Rounding.Shift"/>.</summary>
    private const long NumberMax = 1L << 62;

    /// <summary>Exponents of numbers below 2^62.</summary>
    private const int ExponentMax = 47;

    // Not readonly: a source may count what is read.
    private TSource _source = source;

    public LlamaArchitecture Model => model;

    public LlamaShape Shape => model.Shape;

    public TraceLayout Layout => layout;

    public bool IsRefuted { get; private set; }

    public void Refute() => IsRefuted = true;

    /// <summary>The value, where 0 ≤ value &lt; limit; what is beyond refutes the trace.</summary>
    public int Within(long value, int limit)
    {
        if ((ulong)value < (ulong)limit)
        {
            return (int)value;
        }

        IsRefuted = true;
        return 0;
    }

    /// <summary>One committed element.</summary>
    public long Get(TraceTensor tensor, int position, int layer, int index)
    {
        long value = _source.Read(
            layout.Index(tensor, position, layer), layout.Type(tensor),
            layout.Dims(tensor, position), index);
        IsRefuted |= value is >= NumberMax or <= -NumberMax;
        return value is >= NumberMax or <= -NumberMax ? 0 : value;
    }

    /// <summary>A scalar of a row's layer, at an offset of the layout.</summary>
    public long Scalar(TraceTensor row, int position, int layer, int offset) =>
        Get(TraceLayout.ScalarsOf(row), position, layer, offset);

    /// <summary>Exponent z of a committed int16 row.</summary>
    public int Exponent(TraceTensor row, int position, int layer, int head = 0) => Within(
        Scalar(row, position, layer, layout.Exponent(row, head) + 1), ExponentMax + 1);

    /// <summary>x before a norm, which is also what its block adds to.</summary>
    public long Residual(TraceTensor norm, int position, int layer, int index) => norm switch
    {
        TraceTensor.FinalNorm =>
            Get(TraceTensor.FeedForward, position, Shape.Layers - 1, index),
        TraceTensor.FeedForwardNorm => Get(TraceTensor.Attention, position, layer, index),
        _ => layer == 0
            ? Get(TraceTensor.Embed, position, 0, index)
            : Get(TraceTensor.FeedForward, position, layer - 1, index),
    };

    /// <summary>weight · 2^24, exact.</summary>
    public long Weight(WeightId id, int layer, int row, int column)
    {
        var form = (WeightForm)model.Kind(id, layer);
        Span<byte> cell = stackalloc byte[WeightForms.CellBytes(form)];
        _source.ReadRow(id, layer, row, column / WeightForms.BlockColumns * cell.Length, cell);
        return WeightForms.Exact(form, cell, column % WeightForms.BlockColumns);
    }

    public int Gain(WeightId id, int layer, int index)
    {
        Span<byte> gain = stackalloc byte[2];
        _source.ReadRow(id, layer, 0, 2 * index, gain);
        return BinaryPrimitives.ReadInt16LittleEndian(gain);
    }

    /// <summary>Cosine or sine in Q.15; the table's row is [HeadDim / 2, 2].</summary>
    public int Rotary(int position, int index)
    {
        Span<byte> turn = stackalloc byte[4];
        _source.ReadRow(WeightId.Rotary, 0, position, 4 * index, turn);
        return BinaryPrimitives.ReadInt32LittleEndian(turn);
    }

    public long Ordered(int index) => _source.ReadOrdered(index);
}
