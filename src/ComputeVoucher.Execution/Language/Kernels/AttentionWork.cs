using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>Attention of one token: one piece per query head.</summary>
/// <remarks>
/// scores → max with its lowest witness → e → D → X → o. The committed weights are
/// w_t = e_t·2^zv_t: an element of w opens one query head, one key and the maximum; sums of more
/// than <see cref="PartialTokens"/> tokens are committed in parts.
/// </remarks>
// Safety: buffers hold Heads × Capacity or Heads × HeadDim elements; pieces write their head only.
internal sealed unsafe class AttentionWork : Work, IDisposable
{
    /// <summary>
    /// Tokens of a committed partial sum: an answer gives 96 values of V, 192 bytes, and opens as
    /// many weights, 384 bytes; opening each value instead would take 96 paths.
    /// </summary>
    public const int PartialTokens = 96;

    private readonly KernelSet _kernels;
    private readonly LlamaParameters _model;
    private readonly KvCache _cache;
    private readonly NativeBuffer<long> _dots;
    private readonly NativeBuffer<int> _order;
    private readonly NativeBuffer<int> _exp;
    private readonly NativeBuffer<long> _mixed;
    private readonly int _orderStride;

    public AttentionWork(KernelSet kernels, LlamaParameters model, KvCache cache, int threads)
    {
        _kernels = kernels;
        _model = model;
        _cache = cache;
        LlamaShape shape = model.Shape;
        _orderStride = 2 * cache.Capacity + 256;
        _dots = new NativeBuffer<long>((long)threads * cache.Capacity);
        _order = new NativeBuffer<int>((long)threads * _orderStride);
        _exp = new NativeBuffer<int>((long)threads * cache.Capacity);
        _mixed = new NativeBuffer<long>((long)threads * cache.Stride);
        MaxIndex = new long[shape.Heads];
        Max = new long[shape.Heads];
        Denominator = new long[shape.Heads];
        Pieces = shape.Heads;
    }

    public int Layer { get; set; }

    /// <summary>Tokens attended to: the position and all before it.</summary>
    public int Tokens { get; set; }

    /// <summary>Query heads of this token: int16 [Heads, Stride].</summary>
    public short* Queries { get; set; }

    /// <summary>[Heads].</summary>
    public int* QueryExponents { get; set; }

    /// <summary>o in Q.16: int64 [Heads, HeadDim].</summary>
    public long* Result { get; set; }

    /// <summary>w: int32 [Heads, Tokens]; null when nobody commits to it.</summary>
    public int* Weights { get; set; }

    /// <summary>X in parts: int64 [Heads, HeadDim, Parts]; null for one part.</summary>
    public long* PartialMixed { get; set; }

    /// <summary>D in parts: int64 [Heads, Parts].</summary>
    public long* PartialSums { get; set; }

    /// <summary>Lowest token of the maximal score, per head.</summary>
    public long[] MaxIndex { get; }

    public long[] Max { get; }

    public long[] Denominator { get; }

    public static int Parts(int tokens) => (tokens + PartialTokens - 1) / PartialTokens;

    public override void Run(int piece, int worker)
    {
        LlamaShape shape = _model.Shape;
        int kvHead = piece / (shape.Heads / shape.KvHeads);
        int* e = _exp.Pointer + (long)worker * _cache.Capacity;
        long denominator = Exponentials(piece, kvHead, worker, e);
        byte* z = _cache.ValueExponents(Layer, kvHead);
        short* values = _cache.Values(Layer, kvHead);
        long* mixed = _mixed.Pointer + (long)worker * _cache.Stride;
        int* order = _order.Pointer + (long)worker * _orderStride;
        _kernels.Mix(e, z, values, Tokens, _cache.Stride, mixed, order);
        for (int i = 0; i < shape.HeadDim; i++)
        {
            Result[piece * shape.HeadDim + i] = ValueMix.Divide(mixed[i], denominator);
        }

        if (Weights != null)
        {
            for (int t = 0; t < Tokens; t++)
            {
                Weights[(long)piece * Tokens + t] = e[t] << z[t];
            }

            if (PartialMixed != null)
            {
                Split(piece, e, z, values, mixed, order);
            }
        }
    }

    public void Dispose()
    {
        _dots.Dispose();
        _order.Dispose();
        _exp.Dispose();
        _mixed.Dispose();
    }

    /// <summary>e of all tokens for one head; returns D, at least 32,767 of the maximum.</summary>
    private long Exponentials(int head, int kvHead, int worker, int* e)
    {
        long* dots = _dots.Pointer + (long)worker * _cache.Capacity;
        _kernels.Dots(
            Queries + (long)head * _cache.Stride, _cache.Keys(Layer, kvHead), Tokens,
            _cache.Stride, dots);
        byte* zk = _cache.KeyExponents(Layer, kvHead);
        int zq = QueryExponents[head];
        long max = long.MinValue;
        int maxIndex = 0;
        for (int t = 0; t < Tokens; t++)
        {
            dots[t] = Softmax.Score(
                dots[t], _model.ScoreMultiplier, _model.ScoreShift, zq, zk[t]);
            if (dots[t] > max)
            {
                max = dots[t];
                maxIndex = t;
            }
        }

        long sum = 0;
        for (int t = 0; t < Tokens; t++)
        {
            e[t] = Softmax.Exp(max - dots[t]);
            sum += e[t];
        }

        Max[head] = max;
        MaxIndex[head] = maxIndex;
        Denominator[head] = sum;
        return sum;
    }

    private void Split(int head, int* e, byte* z, short* values, long* mixed, int* order)
    {
        int parts = Parts(Tokens);
        int headDim = _model.Shape.HeadDim;
        for (int p = 0; p < parts; p++)
        {
            int from = p * PartialTokens;
            int count = Math.Min(PartialTokens, Tokens - from);
            _kernels.Mix(
                e + from, z + from, values + (long)from * _cache.Stride, count, _cache.Stride,
                mixed, order);
            for (int i = 0; i < headDim; i++)
            {
                PartialMixed[((long)head * headDim + i) * parts + p] = mixed[i];
            }

            long sum = 0;
            for (int t = from; t < from + count; t++)
            {
                sum += e[t];
            }

            PartialSums[(long)head * parts + p] = sum;
        }
    }
}
