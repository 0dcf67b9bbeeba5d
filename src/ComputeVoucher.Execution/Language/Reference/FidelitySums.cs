using System;

namespace ComputeVoucher.Execution.Language;

/// <summary>Sums of a comparison of two distributions, position by position, in double.</summary>
internal sealed class FidelitySums
{
    private int _positions;
    private int _agreed;
    private double _divergence;
    private int _predicted;
    private double _ours;
    private double _theirs;

    /// <param name="reference">Float logits.</param>
    /// <param name="logits">Integer logits, Q.16.</param>
    /// <param name="next">The token that follows in the text, or -1.</param>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<int> logits, int next)
    {
        double[] p = new double[reference.Length];
        double[] q = new double[reference.Length];
        int best = 0;
        int ours = 0;
        for (int i = 0; i < p.Length; i++)
        {
            p[i] = reference[i];
            q[i] = logits[i] / 65_536.0;
            best = p[i] > p[best] ? i : best;
            ours = logits[i] > logits[ours] ? i : ours;
        }

        ToLogs(p);
        ToLogs(q);
        for (int i = 0; i < p.Length; i++)
        {
            _divergence += Math.Exp(p[i]) * (p[i] - q[i]);
        }

        _positions++;
        _agreed += best == ours ? 1 : 0;
        if (next >= 0)
        {
            _predicted++;
            _theirs -= p[next];
            _ours -= q[next];
        }
    }

    public FidelityReport Report() => new(
        _positions,
        (double)_agreed / Math.Max(1, _positions),
        _divergence / Math.Max(1, _positions),
        Math.Exp(_ours / Math.Max(1, _predicted)),
        Math.Exp(_theirs / Math.Max(1, _predicted)));

    private static void ToLogs(double[] logits)
    {
        double max = double.NegativeInfinity;
        foreach (double l in logits)
        {
            max = Math.Max(max, l);
        }

        double sum = 0;
        foreach (double l in logits)
        {
            sum += Math.Exp(l - max);
        }

        double log = max + Math.Log(sum);
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] -= log;
        }
    }
}
