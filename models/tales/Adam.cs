using System;

namespace ComputeVoucher.Models.Tales;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
internal sealed class Adam(int count)
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.98f;
    private const float Decay = 0.02f;
    private const float NormMax = 1f;
    private readonly float[] _mean = new float[count];
    private readonly float[] _square = new float[count];
    private int _step;

    /// <summary>One step on the mean gradient; the gradient's norm is clipped at 1.</summary>
    public void Step(float[] weights, ReadOnlySpan<float> gradient, float rate)
    {
        _step++;
        float norm = MathF.Sqrt(Matrix.Dot(gradient, gradient));
        float clip = norm > NormMax ? NormMax / norm : 1f;
        float correction1 = 1 - MathF.Pow(Beta1, _step);
        float correction2 = 1 - MathF.Pow(Beta2, _step);
        for (int i = 0; i < weights.Length; i++)
        {
            float g = clip * gradient[i];
            _mean[i] = Beta1 * _mean[i] + (1 - Beta1) * g;
            _square[i] = Beta2 * _square[i] + (1 - Beta2) * g * g;
            float step = _mean[i] / correction1 / (MathF.Sqrt(_square[i] / correction2) + 1e-8f);
            weights[i] -= rate * (step + Decay * weights[i]);
        }
    }
}
