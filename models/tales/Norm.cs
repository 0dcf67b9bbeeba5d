using System;

namespace ComputeVoucher.Models.Tales;

/// <summary>RMSNorm (Zhang and Sennrich 2019): y = gamma · x / sqrt(mean(x²) + ε), row by
/// row.</summary>
internal static class Norm
{
    public static void Forward(Span<float> y, ReadOnlySpan<float> x, ReadOnlySpan<float> gamma)
    {
        int n = gamma.Length;
        for (int row = 0; row < x.Length; row += n)
        {
            float scale = Scale(x.Slice(row, n));
            for (int i = 0; i < n; i++)
            {
                y[row + i] = gamma[i] * x[row + i] * scale;
            }
        }
    }

    /// <summary>Adds to dx and dGamma.</summary>
    public static void Backward(
        Span<float> dx, Span<float> dGamma, ReadOnlySpan<float> dy, ReadOnlySpan<float> x,
        ReadOnlySpan<float> gamma)
    {
        int n = gamma.Length;
        for (int row = 0; row < x.Length; row += n)
        {
            float scale = Scale(x.Slice(row, n));
            float dot = 0;
            for (int i = 0; i < n; i++)
            {
                dot += dy[row + i] * gamma[i] * x[row + i];
                dGamma[i] += dy[row + i] * x[row + i] * scale;
            }

            float pull = dot * scale * scale * scale / n;
            for (int i = 0; i < n; i++)
            {
                dx[row + i] += dy[row + i] * gamma[i] * scale - x[row + i] * pull;
            }
        }
    }

    private static float Scale(ReadOnlySpan<float> x) =>
        1f / MathF.Sqrt(Matrix.Dot(x, x) / x.Length + Shape.Epsilon);
}
