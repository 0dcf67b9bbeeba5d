using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What only a traced run needs: the committed forms of tensors, on their way out. The order and
/// the shapes stand in <see cref="TraceLayout"/>.
/// </summary>
// Safety: buffers hold one token's largest tensors, see the constructor.
internal sealed unsafe class TraceScratch : IDisposable
{
    private readonly LlamaParameters _model;
    private readonly TraceCollector _sink;
    private readonly TraceLayout _layout;
    private readonly long[][] _scalars = new long[Decoder.BatchMax][];
    private readonly NativeBuffer<int> _weights;
    private readonly NativeBuffer<long> _mixed;
    private readonly NativeBuffer<long> _sums;
    private readonly short[] _heads;
    private readonly int[] _narrow;
    private NativeBuffer<long>? _partials;

    public TraceScratch(LlamaParameters model, int capacity, TraceCollector sink)
    {
        _model = model;
        _sink = sink;
        _layout = sink.Layout;
        LlamaShape shape = model.Shape;
        int parts = AttentionWork.Parts(capacity);
        _weights = new NativeBuffer<int>((long)shape.Heads * capacity);
        _mixed = new NativeBuffer<long>((long)shape.QueryDim * parts);
        _sums = new NativeBuffer<long>((long)shape.Heads * parts);
        _heads = new short[shape.QueryDim + 2 * shape.KvDim];
        _narrow = new int[shape.Dim];
        for (int i = 0; i < _scalars.Length; i++)
        {
            _scalars[i] = new long[_layout.Scalars(TraceTensor.Scalars).Length];
        }
    }

    /// <summary>Position of the batch's first token.</summary>
    public int Position { get; set; }

    public int Layer { get; set; }

    public int* Weights => _weights.Pointer;

    public long* Mixed => _mixed.Pointer;

    public long* Sums => _sums.Pointer;

    public void Dispose()
    {
        _weights.Dispose();
        _mixed.Dispose();
        _sums.Dispose();
        _partials?.Dispose();
    }

    public Span<short> Heads(int length) => _heads.AsSpan(0, length);

    /// <summary>Residual stream, int32 where import proved that it fits.</summary>
    public void Residual(int slot, TraceTensor tensor, ReadOnlySpan<long> x)
    {
        if (_model.ResidualBits == 64)
        {
            Add(slot, tensor, x);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            _narrow[i] = (int)x[i];
        }

        Add<int>(slot, tensor, _narrow);
    }

    public void Add<T>(int slot, TraceTensor tensor, ReadOnlySpan<T> data)
        where T : unmanaged =>
        _sink.Add(new TracePlace(tensor, Position + slot, Layer), MemoryMarshal.AsBytes(data));

    public void Norm(
        int slot, TraceTensor norm, in NormStatistics statistics, ReadOnlySpan<long> partial)
    {
        this[slot, norm, ScalarKind.NormWitness] = statistics.MaxIndex;
        this[slot, norm, ScalarKind.NormMax] = statistics.Max;
        this[slot, norm, ScalarKind.NormRoot] = (long)statistics.Root;
        for (int part = 0; part < partial.Length; part++)
        {
            this[slot, norm, ScalarKind.NormSquares, part] = partial[part];
        }
    }

    public void Exponent(int slot, TraceTensor row, Exponent exponent, int head = 0)
    {
        this[slot, row, ScalarKind.RowWitness, head] = exponent.Index;
        this[slot, row, ScalarKind.RowExponent, head] = exponent.Z;
    }

    /// <summary>Scalars and tensors of attention.</summary>
    public void Attention(int slot, AttentionWork attention)
    {
        LlamaShape shape = _model.Shape;
        int tokens = attention.Tokens;
        for (int h = 0; h < shape.Heads; h++)
        {
            this[slot, TraceTensor.Weights, ScalarKind.SoftmaxWitness, h] = attention.MaxIndex[h];
            this[slot, TraceTensor.Weights, ScalarKind.SoftmaxMax, h] = attention.Max[h];
            this[slot, TraceTensor.Weights, ScalarKind.SoftmaxSum, h] = attention.Denominator[h];
        }

        Add<int>(slot, TraceTensor.Weights, _weights.Span(0, shape.Heads * tokens));
        if (tokens > AttentionWork.PartialTokens)
        {
            int parts = AttentionWork.Parts(tokens);
            Add<long>(slot, TraceTensor.WeightsSum, _sums.Span(0, shape.Heads * parts));
            Add<long>(slot, TraceTensor.WeightsMix, _mixed.Span(0, shape.QueryDim * parts));
        }
    }

    /// <summary>Room for the partial sums of long rows; null where rows are short.</summary>
    public long* PartialsFor(int batch, int stride, int columns)
    {
        int parts = MatrixWork.PartialCount(columns);
        if (parts == 1)
        {
            return null;
        }

        long length = (long)batch * stride * parts;
        if (_partials is null || _partials.Length < length)
        {
            _partials?.Dispose();
            _partials = new NativeBuffer<long>(length);
        }

        return _partials.Pointer;
    }

    /// <summary>The tensor of parts before a product's own, where its rows are long.</summary>
    public void Partials(int slot, long firstRow, TraceTensor product, int rows, int columns)
    {
        int parts = MatrixWork.PartialCount(columns);
        if (parts > 1)
        {
            Add<long>(slot, product - 1, _partials!.Span(firstRow * parts, rows * parts));
        }
    }

    /// <summary>Commits to the scalars gathered.</summary>
    public void EndLayer(int slot, TraceTensor scalars) => Add<long>(
        slot, scalars, _scalars[slot].AsSpan(0, _layout.Scalars(scalars).Length));

    private long this[int slot, TraceTensor row, ScalarKind kind, int part = 0]
    {
        set => _scalars[slot][_layout.Offset(row, kind, part)] = value;
    }
}
