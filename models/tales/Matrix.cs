using System;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Models.Tales;

/// <summary>The three products that a linear layer needs, rows of floats in order.</summary>
internal static class Matrix
{
    /// <summary>y (T, N) = x (T, K) · wᵀ, w (N, K).</summary>
    public static void Forward(Span<float> y, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int k)
    {
        int n = w.Length / k;
        int t = x.Length / k;
        for (int j = 0; j < n; j++)
        {
            ReadOnlySpan<float> row = w.Slice(j * k, k);
            for (int i = 0; i < t; i++)
            {
                y[i * n + j] = Dot(row, x.Slice(i * k, k));
            }
        }
    }

    /// <summary>dx (T, K) += dy (T, N) · w (N, K).</summary>
    public static void BackwardInput(
        Span<float> dx, ReadOnlySpan<float> dy, ReadOnlySpan<float> w, int k)
    {
        int n = w.Length / k;
        for (int i = 0; i < dx.Length / k; i++)
        {
            Span<float> target = dx.Slice(i * k, k);
            for (int j = 0; j < n; j += 4)
            {
                AddFour(target, w.Slice(j * k), k, dy.Slice(i * n + j), 1);
            }
        }
    }

    /// <summary>dw (N, K) += dyᵀ (N, T) · x (T, K). T is a multiple of four.</summary>
    public static void BackwardWeights(
        Span<float> dw, ReadOnlySpan<float> dy, ReadOnlySpan<float> x, int k)
    {
        int n = dw.Length / k;
        for (int j = 0; j < n; j++)
        {
            Span<float> target = dw.Slice(j * k, k);
            for (int i = 0; i < x.Length / k; i += 4)
            {
                AddFour(target, x.Slice(i * k), k, dy.Slice(i * n + j), n);
            }
        }
    }

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ReadOnlySpan<Vector<float>> va = MemoryMarshal.Cast<float, Vector<float>>(a);
        ReadOnlySpan<Vector<float>> vb = MemoryMarshal.Cast<float, Vector<float>>(b);
        Vector<float> even = Vector<float>.Zero;
        Vector<float> odd = Vector<float>.Zero;
        int i = 0;
        for (; i + 1 < va.Length; i += 2)
        {
            even = Vector.FusedMultiplyAdd(va[i], vb[i], even);
            odd = Vector.FusedMultiplyAdd(va[i + 1], vb[i + 1], odd);
        }

        if (i < va.Length)
        {
            even = Vector.FusedMultiplyAdd(va[i], vb[i], even);
        }

        return Vector.Sum(even + odd);
    }

    /// <summary>target += Σ factors[m · stride] · rows[m], m from 0 to 3.</summary>
    private static void AddFour(
        Span<float> target, ReadOnlySpan<float> rows, int k, ReadOnlySpan<float> factors,
        int stride)
    {
        Span<Vector<float>> sum = MemoryMarshal.Cast<float, Vector<float>>(target);
        ReadOnlySpan<Vector<float>> all = MemoryMarshal.Cast<float, Vector<float>>(rows[..(4 * k)]);
        ReadOnlySpan<Vector<float>> a = all[..sum.Length];
        ReadOnlySpan<Vector<float>> b = all.Slice(sum.Length, sum.Length);
        ReadOnlySpan<Vector<float>> c = all.Slice(2 * sum.Length, sum.Length);
        ReadOnlySpan<Vector<float>> d = all.Slice(3 * sum.Length, sum.Length);
        Vector<float> fa = new(factors[0]);
        Vector<float> fb = new(factors[stride]);
        Vector<float> fc = new(factors[2 * stride]);
        Vector<float> fd = new(factors[3 * stride]);
        for (int i = 0; i < sum.Length; i++)
        {
            Vector<float> s = Vector.FusedMultiplyAdd(fa, a[i], sum[i]);
            s = Vector.FusedMultiplyAdd(fb, b[i], s);
            s = Vector.FusedMultiplyAdd(fc, c[i], s);
            sum[i] = Vector.FusedMultiplyAdd(fd, d[i], s);
        }
    }
}
