using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// What only a traced run needs: the committed forms of tensors, on their way out.
/// </summary>
/// <remarks>
/// Per position: embed; per layer attention.norm, qkv, rope, weights (and, past 96 tokens,
/// weights.sum and weights.mix), attention.output, attention, feedforward.norm, gate_up, swiglu,
/// feedforward, layer.scalars; at positions that produce a token final.norm, logits,
/// logits.scalars and what the sampler adds. A tensor NAME.parts precedes the result of a product
/// of more than 4,096 columns.
/// </remarks>
// Safety: buffers hold one token's largest tensors, see the constructor.
internal sealed unsafe class TraceScratch : IDisposable
{
    private readonly LlamaParameters _model;
    private readonly ITensorSink _sink;
    private readonly List<long>[] _scalars = new List<long>[Decoder.BatchMax];
    private readonly NativeBuffer<int> _weights;
    private readonly NativeBuffer<long> _mixed;
    private readonly NativeBuffer<long> _sums;
    private readonly short[] _heads;
    private readonly int[] _narrow;
    private NativeBuffer<long>? _partials;

    public TraceScratch(LlamaParameters model, int capacity, ITensorSink sink)
    {
        _model = model;
        _sink = sink;
        LlamaShape shape = model.Shape;
        int parts = AttentionWork.Parts(capacity);
        _weights = new NativeBuffer<int>((long)shape.Heads * capacity);
        _mixed = new NativeBuffer<long>((long)shape.QueryDim * parts);
        _sums = new NativeBuffer<long>((long)shape.Heads * parts);
        _heads = new short[shape.QueryDim + 2 * shape.KvDim];
        _narrow = new int[shape.Dim];
        for (int i = 0; i < _scalars.Length; i++)
        {
            _scalars[i] = [];
        }
    }

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
    public void Residual(int slot, string name, ReadOnlySpan<long> x)
    {
        if (_model.ResidualBits == 64)
        {
            Int64(slot, name, [x.Length], x);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            _narrow[i] = (int)x[i];
        }

        Int32(slot, name, [x.Length], _narrow);
    }

    public void Int16(int slot, string name, ReadOnlySpan<int> dims, ReadOnlySpan<short> data) =>
        _sink.Add(slot, name, TensorType.Int16, dims, MemoryMarshal.AsBytes(data));

    public void Int32(int slot, string name, ReadOnlySpan<int> dims, ReadOnlySpan<int> data) =>
        _sink.Add(slot, name, TensorType.Int32, dims, MemoryMarshal.AsBytes(data));

    public void Int64(int slot, string name, ReadOnlySpan<int> dims, ReadOnlySpan<long> data) =>
        _sink.Add(slot, name, TensorType.Int64, dims, MemoryMarshal.AsBytes(data));

    /// <summary>
    /// Scalars of RMSNorm: witness, maximum, root, then the partial sums of squares.
    /// </summary>
    public void Norm(int slot, in NormStatistics statistics, ReadOnlySpan<long> partial)
    {
        List<long> scalars = _scalars[slot];
        scalars.Add(statistics.MaxIndex);
        scalars.Add(statistics.Max);
        scalars.Add((long)statistics.Root);
        foreach (long sum in partial)
        {
            scalars.Add(sum);
        }
    }

    /// <summary>Scalars of an int16 row: witness and exponent.</summary>
    public void Exponent(int slot, Exponent exponent)
    {
        _scalars[slot].Add(exponent.Index);
        _scalars[slot].Add(exponent.Z);
    }

    /// <summary>Scalars of attention, per head: witness, maximum, D; its tensors.</summary>
    public void Attention(int slot, AttentionWork attention)
    {
        LlamaShape shape = _model.Shape;
        int tokens = attention.Tokens;
        for (int h = 0; h < shape.Heads; h++)
        {
            _scalars[slot].Add(attention.MaxIndex[h]);
            _scalars[slot].Add(attention.Max[h]);
            _scalars[slot].Add(attention.Denominator[h]);
        }

        Int32(slot, "weights", [shape.Heads, tokens],
            _weights.Span(0, shape.Heads * tokens));
        if (tokens > AttentionWork.PartialTokens)
        {
            int parts = AttentionWork.Parts(tokens);
            Int64(slot, "weights.sum", [shape.Heads, parts],
                _sums.Span(0, shape.Heads * parts));
            Int64(slot, "weights.mix", [shape.Heads, shape.HeadDim, parts],
                _mixed.Span(0, shape.QueryDim * parts));
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

    public void Partials(int slot, long firstRow, string name, int rows, int columns)
    {
        int parts = MatrixWork.PartialCount(columns);
        if (parts > 1)
        {
            Int64(slot, name + ".parts", [rows, parts],
                _partials!.Span(firstRow * parts, rows * parts));
        }
    }

    /// <summary>Commits to the scalars gathered since the last call.</summary>
    public void EndLayer(int slot)
    {
        List<long> scalars = _scalars[slot];
        Int64(slot, "scalars", [scalars.Count], CollectionsMarshal.AsSpan(scalars));
        scalars.Clear();
    }
}
