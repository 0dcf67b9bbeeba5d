using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>Trainable numbers, their gradient, and Adam's moments (Kingma and Ba 2015).</summary>
internal sealed class Parameters
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private readonly float[] _mean;
    private readonly float[] _square;

    public Parameters(int count)
    {
        Value = new float[count];
        Gradient = new float[count];
        _mean = new float[count];
        _square = new float[count];
    }

    public float[] Value { get; }

    public float[] Gradient { get; }

    /// <summary>He initialisation for a layer whose outputs sum <paramref name="fanIn"/>
    /// products.</summary>
    public void Initialise(Prng random, int fanIn)
    {
        float deviation = MathF.Sqrt(2f / fanIn);
        for (int i = 0; i < Value.Length; i++)
        {
            Value[i] = deviation * random.Normal();
        }
    }

    /// <summary>One step of Adam on the gradient summed over a batch; clears it.</summary>
    public void Step(float rate, int step, int batch)
    {
        float correction1 = 1 - MathF.Pow(Beta1, step);
        float correction2 = 1 - MathF.Pow(Beta2, step);
        for (int i = 0; i < Value.Length; i++)
        {
            float g = Gradient[i] / batch;
            _mean[i] = Beta1 * _mean[i] + (1 - Beta1) * g;
            _square[i] = Beta2 * _square[i] + (1 - Beta2) * g * g;
            Value[i] -= rate * (_mean[i] / correction1)
                / (MathF.Sqrt(_square[i] / correction2) + 1e-8f);
            Gradient[i] = 0;
        }
    }
}
