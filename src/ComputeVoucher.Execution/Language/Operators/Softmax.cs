using System;
using System.Runtime.CompilerServices;

namespace ComputeVoucher.Execution.Language;

/// <summary>The softmax of attention: scores, their exponentials, their sum D.</summary>
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

    /// <summary>The committed weight w_t = e_t·2^zv_t; index is [Heads, tokens].</summary>
    public static long Element(TraceReader reader, in TracePlace at, int index)
    {
        (int head, int token) = Math.DivRem(index, at.Position + 1);
        long max = reader.Scalar(at, ScalarKind.SoftmaxMax, head);
        long distance = max - Score(reader, at, head, token);
        reader.RefuteUnless(distance >= 0);
        return (long)Exp(distance) << ValueExponent(reader, at, head, token);
    }

    /// <summary>The score of a token, which that of the witness must not be below.</summary>
    public static long Score(TraceReader reader, in TracePlace at, int head, int token)
    {
        int headDim = reader.Shape.HeadDim;
        int keyHead = reader.Shape.Heads + KvHead(reader, head);
        TracePlace query = at.Of(TraceTensor.Rope);
        TracePlace key = at.Of(TraceTensor.Rope, token);
        long dot = 0;
        for (int i = 0; i < headDim; i++)
        {
            dot += reader.Get(query, head * headDim + i) * reader.Get(key, keyHead * headDim + i);
        }

        return Score(
            dot, reader.Model.ScoreMultiplier, reader.Model.ScoreShift,
            reader.Exponent(query, head), reader.Exponent(key, keyHead));
    }

    /// <summary>The maximum, given its witness.</summary>
    public static long Max(TraceReader reader, in TracePlace at, int head)
    {
        long witness = reader.Scalar(at, ScalarKind.SoftmaxWitness, head);
        return Score(reader, at, head, reader.Within(witness, at.Position + 1));
    }

    /// <summary>D: Σ e_t, over the parts where there are some.</summary>
    public static long Sum(TraceReader reader, in TracePlace at, int head)
    {
        int parts = AttentionWork.Parts(at.Position + 1);
        long sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += parts == 1
                ? SumPart(reader, at, head)
                : reader.Get(at.Of(TraceTensor.WeightsSum), head * parts + part);
        }

        return sum;
    }

    /// <summary>Σ e_t over 96 tokens; index is [Heads, Parts].</summary>
    public static long SumPart(TraceReader reader, in TracePlace at, int index)
    {
        int tokens = at.Position + 1;
        (int head, int part) = Math.DivRem(index, AttentionWork.Parts(tokens));
        int from = part * AttentionWork.PartialTokens;
        long sum = 0;
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, tokens); t++)
        {
            sum += reader.Get(at.Of(TraceTensor.Weights), head * tokens + t) >>
                ValueExponent(reader, at, head, t);
        }

        return sum;
    }

    /// <summary>Key-value head that a query head reads.</summary>
    public static int KvHead(TraceReader reader, int head) =>
        head / (reader.Shape.Heads / reader.Shape.KvHeads);

    private static int ValueExponent(TraceReader reader, in TracePlace at, int head, int token) =>
        reader.Exponent(
            at.Of(TraceTensor.Rope, token),
            reader.Shape.Heads + reader.Shape.KvHeads + KvHead(reader, head));
}
