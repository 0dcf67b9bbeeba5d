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
    public static long Part(TraceReader reader, in TracePlace at, int index)
    {
        LlamaShape shape = reader.Shape;
        int tokens = at.Position + 1;
        (int element, int part) = Math.DivRem(index, AttentionWork.Parts(tokens));
        (int head, int offset) = Math.DivRem(element, shape.HeadDim);
        int valueHead = shape.Heads + shape.KvHeads + Softmax.KvHead(reader, head);
        int from = part * AttentionWork.PartialTokens;
        long sum = 0;
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, tokens); t++)
        {
            sum += reader.Get(at.Of(TraceTensor.Weights), head * tokens + t) *
                reader.Get(at.Of(TraceTensor.Rope, t), valueHead * shape.HeadDim + offset);
        }

        return sum;
    }

    /// <summary>o_i in Q.16; index is [Heads, HeadDim].</summary>
    public static long Wide(TraceReader reader, in TracePlace at, int index)
    {
        int parts = AttentionWork.Parts(at.Position + 1);
        long mixed = 0;
        for (int part = 0; part < parts; part++)
        {
            mixed += parts == 1
                ? Part(reader, at, index)
                : reader.Get(at.Of(TraceTensor.WeightsMix), index * parts + part);
        }

        long d = reader.Scalar(
            at.Of(TraceTensor.AttentionOutput), ScalarKind.SoftmaxSum,
            index / reader.Shape.HeadDim);
        return Divide(mixed, 1 + reader.Within(d - 1, int.MaxValue));
    }
}
