using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>The output of attention: values, weighted, over D.</summary>
internal static class ValueMix
{
    /// <summary>
    /// attention output: o = floor((2X + D) / (2D)), X = Σ (e_t·2^zv_t)·v_t, D = Σ e_t &gt; 0:
    /// the quotient to the nearest, halves up. Range: |X| &lt; 2^61.
    /// </summary>
    public static long Divide(long x, long d)
    {
        long numerator = 2 * x + d;
        long denominator = 2 * d;
        long quotient = numerator / denominator;
        return numerator % denominator < 0 ? quotient - 1 : quotient;
    }

    /// <summary>Σ w_t·v_t over 96 tokens; index is [Heads, HeadDim, Parts].</summary>
    public static long Part<T>(TraceReader<T> reader, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        LlamaShape shape = reader.Shape;
        int tokens = position + 1;
        int parts = AttentionWork.Parts(tokens);
        int head = index / parts / shape.HeadDim;
        int value = index / parts % shape.HeadDim +
            (shape.Heads + shape.KvHeads + Softmax.KvHead(reader, head)) * shape.HeadDim;
        int from = index % parts * AttentionWork.PartialTokens;
        long sum = 0;
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, tokens); t++)
        {
            sum += reader.Get(TraceTensor.Weights, position, layer, head * tokens + t) *
                reader.Get(TraceTensor.Rope, t, layer, value);
        }

        return sum;
    }

    /// <summary>o_i in Q.16; index is [Heads, HeadDim].</summary>
    public static long Wide<T>(TraceReader<T> reader, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        int parts = AttentionWork.Parts(position + 1);
        long mixed = 0;
        for (int part = 0; part < parts; part++)
        {
            mixed += parts == 1
                ? Part(reader, position, layer, index)
                : reader.Get(TraceTensor.WeightsMix, position, layer, index * parts + part);
        }

        int at = reader.Layout.Softmax(index / reader.Shape.HeadDim) + 2;
        long d = reader.Scalar(TraceTensor.Weights, position, layer, at);
        return Divide(mixed, 1 + reader.Within(d - 1, int.MaxValue));
    }
}
