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
    private readonly long[] _scalars;
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
        _scalars = new long[_layout.ScalarsMax];
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
        TraceTensor norm, in NormStatistics statistics, ReadOnlySpan<long> partial)
    {
        this[norm, ScalarKind.NormWitness] = statistics.MaxIndex;
        this[norm, ScalarKind.NormMax] = statistics.Max;
        this[norm, ScalarKind.NormRoot] = (long)statistics.Root;
        for (int part = 0; part < partial.Length; part++)
        {
            this[norm, ScalarKind.NormSquares, part] = partial[part];
        }
    }

    public void Exponent(TraceTensor row, Exponent exponent, int head = 0)
    {
        this[row, ScalarKind.RowWitness, head] = exponent.Index;
        this[row, ScalarKind.RowExponent, head] = exponent.Z;
    }

    /// <summary>
    /// Scalars and tensors of attention; D waits for the exponent of the output.
    /// </summary>
    public void Attention(int slot, AttentionWork attention)
    {
        LlamaShape shape = _model.Shape;
        int tokens = attention.Tokens;
        for (int h = 0; h < shape.Heads; h++)
        {
            this[TraceTensor.Weights, ScalarKind.SoftmaxWitness, h] = attention.MaxIndex[h];
            this[TraceTensor.Weights, ScalarKind.SoftmaxMax, h] = attention.Max[h];
        }

        Scalars(slot, TraceTensor.Weights);
        Add<int>(slot, TraceTensor.Weights, _weights.Span(0, shape.Heads * tokens));
        if (tokens > AttentionWork.PartialTokens)
        {
            int parts = AttentionWork.Parts(tokens);
            Add<long>(slot, TraceTensor.WeightsSum, _sums.Span(0, shape.Heads * parts));
            Add<long>(slot, TraceTensor.WeightsMix, _mixed.Span(0, shape.QueryDim * parts));
        }

        for (int h = 0; h < shape.Heads; h++)
        {
            this[TraceTensor.AttentionOutput, ScalarKind.SoftmaxSum, h] =
                attention.Denominator[h];
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

    /// <summary>Commits to the scalars gathered for a tensor, directly before it.</summary>
    public void Scalars(int slot, TraceTensor row) => Add<long>(
        slot, row - 1, _scalars.AsSpan(0, _layout.Scalars(row - 1).Length));

    // One buffer: the scalars of a row are complete before those of the next are gathered.
    private long this[TraceTensor row, ScalarKind kind, int part = 0]
    {
        set => _scalars[_layout.Offset(row, kind, part)] = value;
    }
}
