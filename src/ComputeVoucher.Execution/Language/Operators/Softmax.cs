using System;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>The softmax of attention: scores of a query head, their exponentials, their sum D.</summary>
internal static class Softmax
{
    /// <summary>
    /// score in the log2 domain, Q.10: rs(Cq·Σ q·k, Cb + 32 − zq − zk − 10). Range: the sum is
    /// below 2^38, Cq at most 2^15; import bounds the result below 2^30.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Score(long dot, int multiplier, int shift, int zq, int zk) =>
        (int)Rounding.Shift(
            multiplier * dot,
            shift + 2 * Rounding.FractionBits - zq - zk - Tables.ScoreFractionBits);

    /// <summary>
    /// exp: e = 0 where d / 1024 &gt; 15, else rs(T[d mod 1024], d / 1024), for d = max − score.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Exp(long d)
    {
        int whole = (int)Math.Min(d >> Tables.ScoreFractionBits, 16);
        return whole > 15
            ? 0
            : (int)Rounding.Shift(Tables.Exp[(int)d & (Tables.ExpEntries - 1)], whole);
    }

    /// <summary>The committed weight w_t = e_t·2^zv_t of a head; index is [Heads, tokens].</summary>
    public static long Element<T>(TraceReader<T> reader, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        int head = index / (position + 1);
        int token = index % (position + 1);
        long max = reader.Scalar(
            TraceTensor.Weights, position, layer, reader.Layout.Softmax(head) + 1);
        long distance = max - Score(reader, position, layer, head, token);
        if (distance < 0)
        {
            reader.Refute();
        }

        return (long)Exp(distance) << ValueExponent(reader, token, layer, head);
    }

    /// <summary>The score of a token, which the witness's must not be below.</summary>
    public static long Score<T>(
        TraceReader<T> reader, int position, int layer, int head, int token)
        where T : struct, ITraceSource
    {
        int headDim = reader.Shape.HeadDim;
        int key = reader.Shape.Heads + KvHead(reader, head);
        long dot = 0;
        for (int i = 0; i < headDim; i++)
        {
            dot += reader.Get(TraceTensor.Rope, position, layer, head * headDim + i) *
                reader.Get(TraceTensor.Rope, token, layer, key * headDim + i);
        }

        return Score(
            dot, reader.Model.ScoreMultiplier, reader.Model.ScoreShift,
            reader.Exponent(TraceTensor.Rope, position, layer, head),
            reader.Exponent(TraceTensor.Rope, token, layer, key));
    }

    /// <summary>The maximum, given its witness.</summary>
    public static long Max<T>(TraceReader<T> reader, int position, int layer, int head)
        where T : struct, ITraceSource
    {
        long witness = reader.Scalar(
            TraceTensor.Weights, position, layer, reader.Layout.Softmax(head));
        return Score(reader, position, layer, head, reader.Within(witness, position + 1));
    }

    /// <summary>D: Σ e_t, over the parts where there are some.</summary>
    public static long Sum<T>(TraceReader<T> reader, int position, int layer, int head)
        where T : struct, ITraceSource
    {
        int parts = AttentionWork.Parts(position + 1);
        long sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += parts == 1
                ? SumPart(reader, position, layer, head)
                : reader.Get(TraceTensor.WeightsSum, position, layer, head * parts + part);
        }

        return sum;
    }

    /// <summary>Σ e_t over 96 tokens; index is [Heads, Parts].</summary>
    public static long SumPart<T>(TraceReader<T> reader, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        int tokens = position + 1;
        int head = index / AttentionWork.Parts(tokens);
        int from = index % AttentionWork.Parts(tokens) * AttentionWork.PartialTokens;
        long sum = 0;
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, tokens); t++)
        {
            sum += reader.Get(TraceTensor.Weights, position, layer, head * tokens + t) >>
                ValueExponent(reader, t, layer, head);
        }

        return sum;
    }

    /// <summary>Key-value head that a query head reads.</summary>
    public static int KvHead<T>(TraceReader<T> reader, int head)
        where T : struct, ITraceSource =>
        head / (reader.Shape.Heads / reader.Shape.KvHeads);

    private static int ValueExponent<T>(TraceReader<T> reader, int token, int layer, int head)
        where T : struct, ITraceSource => reader.Exponent(
            TraceTensor.Rope, token, layer,
            reader.Shape.Heads + reader.Shape.KvHeads + KvHead(reader, head));
}
