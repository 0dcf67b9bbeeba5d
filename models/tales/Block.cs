using System;

namespace ComputeVoucher.Models.Tales;

/// <summary>One transformer block on one sequence; keeps what its backward pass needs.</summary>
internal sealed class Block
{
    private readonly Shape _shape;
    private readonly Weights.Layer _w;
    private readonly Weights.Layer _g;
    private readonly float[] _cos;
    private readonly float[] _sin;
    private readonly float[] _n1;    // (T, dim)
    private readonly float[] _q;     // (T, dim), rotated
    private readonly float[] _k;     // (T, kvDim), rotated
    private readonly float[] _v;     // (T, kvDim)
    private readonly float[] _p;     // (heads, T, T) attention shares
    private readonly float[] _a;     // (T, dim) attention output
    private readonly float[] _mid;   // (T, dim) residual between the halves
    private readonly float[] _n2;    // (T, dim)
    private readonly float[] _gate;  // (T, hidden)
    private readonly float[] _up;    // (T, hidden)
    private readonly float[] _h;     // (T, hidden) silu(gate) · up
    private readonly float[] _d1;    // (T, hidden) scratch
    private readonly float[] _d2;    // (T, hidden) scratch
    private readonly float[] _d3;    // (T, hidden) scratch
    private readonly float[] _dn;    // (T, dim) scratch

    public Block(
        Shape shape, Weights.Layer weights, Weights.Layer gradient, float[] cos, float[] sin)
    {
        _shape = shape;
        _w = weights;
        _g = gradient;
        _cos = cos;
        _sin = sin;
        int t = shape.Context;
        int wide = t * Math.Max(shape.Hidden, shape.Dim);
        (_n1, _q, _a, _mid, _n2, _dn) = (
            new float[t * shape.Dim], new float[t * shape.Dim], new float[t * shape.Dim],
            new float[t * shape.Dim], new float[t * shape.Dim], new float[t * shape.Dim]);
        (_k, _v) = (new float[t * shape.KvDim], new float[t * shape.KvDim]);
        _p = new float[shape.Heads * t * t];
        (_gate, _up, _h) = (
            new float[t * shape.Hidden], new float[t * shape.Hidden], new float[t * shape.Hidden]);
        (_d1, _d2, _d3) = (new float[wide], new float[wide], new float[wide]);
    }

    public void Forward(Span<float> y, ReadOnlySpan<float> x)
    {
        int dim = _shape.Dim;
        int t = x.Length / dim;
        Span<float> n1 = _n1.AsSpan(0, x.Length);
        Span<float> q = _q.AsSpan(0, x.Length);
        Span<float> k = _k.AsSpan(0, t * _shape.KvDim);
        Span<float> v = _v.AsSpan(0, t * _shape.KvDim);
        Span<float> mid = _mid.AsSpan(0, x.Length);
        Span<float> n2 = _n2.AsSpan(0, x.Length);
        Span<float> gate = _gate.AsSpan(0, t * _shape.Hidden);
        Span<float> up = _up.AsSpan(0, t * _shape.Hidden);
        Span<float> h = _h.AsSpan(0, t * _shape.Hidden);

        Norm.Forward(n1, x, _w.AttentionNorm.Span);
        Matrix.Forward(q, n1, _w.Query.Span, dim);
        Matrix.Forward(k, n1, _w.Key.Span, dim);
        Matrix.Forward(v, n1, _w.Value.Span, dim);
        Rotate(q, dim, 1);
        Rotate(k, _shape.KvDim, 1);
        Attend(t);
        Matrix.Forward(mid, _a.AsSpan(0, x.Length), _w.Output.Span, dim);
        Add(mid, x);

        Norm.Forward(n2, mid, _w.FeedForwardNorm.Span);
        Matrix.Forward(gate, n2, _w.Gate.Span, dim);
        Matrix.Forward(up, n2, _w.Up.Span, dim);
        for (int i = 0; i < h.Length; i++)
        {
            h[i] = gate[i] * Sigmoid(gate[i]) * up[i];
        }

        Matrix.Forward(y, h, _w.Down.Span, _shape.Hidden);
        Add(y, mid);
    }

    /// <summary>Turns dx from the gradient of the block's output into that of its input
    /// x.</summary>
    public void Backward(Span<float> dx, ReadOnlySpan<float> x)
    {
        int t = x.Length / _shape.Dim;
        BackwardFeedForward(dx, t);
        BackwardAttention(dx, x, t);
    }

    private void BackwardFeedForward(Span<float> dx, int t)
    {
        int dim = _shape.Dim;
        Span<float> dh = _d1.AsSpan(0, t * _shape.Hidden);
        Span<float> dGate = _d2.AsSpan(0, t * _shape.Hidden);
        Span<float> dUp = _d3.AsSpan(0, t * _shape.Hidden);
        Span<float> dn = _dn.AsSpan(0, t * dim);
        ReadOnlySpan<float> n2 = _n2.AsSpan(0, t * dim);

        dh.Clear();
        Matrix.BackwardInput(dh, dx, _w.Down.Span, _shape.Hidden);
        Matrix.BackwardWeights(_g.Down.Span, dx, _h.AsSpan(0, dh.Length), _shape.Hidden);
        for (int i = 0; i < dh.Length; i++)
        {
            float s = Sigmoid(_gate[i]);
            dUp[i] = dh[i] * _gate[i] * s;
            dGate[i] = dh[i] * _up[i] * s * (1 + _gate[i] * (1 - s));
        }

        dn.Clear();
        Matrix.BackwardInput(dn, dGate, _w.Gate.Span, dim);
        Matrix.BackwardInput(dn, dUp, _w.Up.Span, dim);
        Matrix.BackwardWeights(_g.Gate.Span, dGate, n2, dim);
        Matrix.BackwardWeights(_g.Up.Span, dUp, n2, dim);
        Norm.Backward(
            dx, _g.FeedForwardNorm.Span, dn, _mid.AsSpan(0, t * dim), _w.FeedForwardNorm.Span);
    }

    private void BackwardAttention(Span<float> dx, ReadOnlySpan<float> x, int t)
    {
        int dim = _shape.Dim;
        int kvDim = _shape.KvDim;
        Span<float> da = _dn.AsSpan(0, t * dim);
        Span<float> dq = _d1.AsSpan(0, t * dim);
        Span<float> dk = _d2.AsSpan(0, t * kvDim);
        Span<float> dv = _d3.AsSpan(0, t * kvDim);
        ReadOnlySpan<float> n1 = _n1.AsSpan(0, t * dim);

        da.Clear();
        Matrix.BackwardInput(da, dx, _w.Output.Span, dim);
        Matrix.BackwardWeights(_g.Output.Span, dx, _a.AsSpan(0, t * dim), dim);
        dq.Clear();
        dk.Clear();
        dv.Clear();
        for (int head = 0; head < _shape.Heads; head++)
        {
            BackwardHead(head, t, da, dq, dk, dv);
        }

        Rotate(dq, dim, -1);
        Rotate(dk, kvDim, -1);
        Span<float> dn = da;
        dn.Clear();
        Matrix.BackwardInput(dn, dq, _w.Query.Span, dim);
        Matrix.BackwardInput(dn, dk, _w.Key.Span, dim);
        Matrix.BackwardInput(dn, dv, _w.Value.Span, dim);
        Matrix.BackwardWeights(_g.Query.Span, dq, n1, dim);
        Matrix.BackwardWeights(_g.Key.Span, dk, n1, dim);
        Matrix.BackwardWeights(_g.Value.Span, dv, n1, dim);
        Norm.Backward(dx, _g.AttentionNorm.Span, dn, x, _w.AttentionNorm.Span);
    }

    /// <summary>Causal attention of every head; shares stay in _p.</summary>
    private void Attend(int t)
    {
        int size = _shape.HeadDim;
        float scale = 1f / MathF.Sqrt(size);
        _a.AsSpan().Clear();
        for (int i = 0; i < _shape.Heads * t; i++)
        {
            (int head, int at) = (i / t, i % t);
            int kv = head / (_shape.Heads / _shape.KvHeads) * size;
            Span<float> shares = _p.AsSpan(i * t, at + 1);
            ReadOnlySpan<float> q = _q.AsSpan(at * _shape.Dim + head * size, size);
            float max = float.NegativeInfinity;
            for (int j = 0; j <= at; j++)
            {
                shares[j] = scale * Matrix.Dot(q, _k.AsSpan(j * _shape.KvDim + kv, size));
                max = Math.Max(max, shares[j]);
            }

            float sum = 0;
            foreach (ref float share in shares)
            {
                share = MathF.Exp(share - max);
                sum += share;
            }

            Span<float> a = _a.AsSpan(at * _shape.Dim + head * size, size);
            for (int j = 0; j <= at; j++)
            {
                shares[j] /= sum;
                AddScaled(a, _v.AsSpan(j * _shape.KvDim + kv, size), shares[j]);
            }
        }
    }

    private void BackwardHead(
        int head, int t, ReadOnlySpan<float> da, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        int size = _shape.HeadDim;
        float scale = 1f / MathF.Sqrt(size);
        int kv = head / (_shape.Heads / _shape.KvHeads) * size;
        Span<float> dp = stackalloc float[t];
        for (int at = 0; at < t; at++)
        {
            ReadOnlySpan<float> shares = _p.AsSpan((head * t + at) * t, at + 1);
            int own = at * _shape.Dim + head * size;
            ReadOnlySpan<float> g = da.Slice(own, size);
            float mean = 0;
            for (int j = 0; j <= at; j++)
            {
                dp[j] = Matrix.Dot(g, _v.AsSpan(j * _shape.KvDim + kv, size));
                mean += dp[j] * shares[j];
                AddScaled(dv.Slice(j * _shape.KvDim + kv, size), g, shares[j]);
            }

            for (int j = 0; j <= at; j++)
            {
                float ds = scale * shares[j] * (dp[j] - mean);
                int past = j * _shape.KvDim + kv;
                AddScaled(dq.Slice(own, size), _k.AsSpan(past, size), ds);
                AddScaled(dk.Slice(past, size), _q.AsSpan(own, size), ds);
            }
        }
    }

    /// <summary>RoPE on neighbouring pairs of each head; direction -1 undoes it.</summary>
    private void Rotate(Span<float> rows, int width, int direction)
    {
        int half = _shape.HeadDim / 2;
        for (int i = 0; i < rows.Length; i += 2)
        {
            int angle = i / width * half + i % width / 2 % half;
            float sin = direction * _sin[angle];
            (float a, float b) = (rows[i], rows[i + 1]);
            rows[i] = a * _cos[angle] - b * sin;
            rows[i + 1] = a * sin + b * _cos[angle];
        }
    }

    private static float Sigmoid(float x) => 1f / (1f + MathF.Exp(-x));

    private static void Add(Span<float> target, ReadOnlySpan<float> source)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += source[i];
        }
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += factor * source[i];
        }
    }
}
