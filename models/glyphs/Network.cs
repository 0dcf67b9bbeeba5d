using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// A small depthwise-separable CNN: 16 x 16 x 1 → 10 logits. Input pixels are p / 255.
/// </summary>
internal sealed class Network
{
    private readonly float[] _inputGradient = new float[Glyph.Pixels];

    public Network(Prng random)
    {
        Layers =
        [
            new Convolution("stem", 16, 1, 8, 3, 2, false, random) { Ceiling = 6 },
            new Convolution("depthwise1", 8, 8, 8, 3, 1, true, random) { Ceiling = 6 },
            new Convolution("pointwise1", 8, 8, 24, 1, 1, false, random) { Ceiling = 6 },
            new Convolution("depthwise2", 8, 24, 24, 3, 2, true, random) { Ceiling = 6 },
            new Convolution("pointwise2", 4, 24, 48, 1, 1, false, random) { Ceiling = 6 },
            new AveragePool("pool", 4, 48),
            new Dense("logits", 48, Glyph.Classes, random),
        ];
    }

    public Layer[] Layers { get; }

    public int ParameterCount
    {
        get
        {
            int count = 0;
            foreach (Layer layer in Layers)
            {
                count += layer.Weights.Value.Length + layer.Biases.Value.Length;
            }

            return count;
        }
    }

    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> image)
    {
        ReadOnlySpan<float> x = image;
        foreach (Layer layer in Layers)
        {
            layer.Forward(x);
            x = layer.Output;
        }

        return x;
    }

    /// <summary>Adds the gradient of the cross entropy of one labelled image; returns the loss in
    /// nats.</summary>
    public float Learn(ReadOnlySpan<float> image, int label)
    {
        ReadOnlySpan<float> logits = Forward(image);
        float[] gradient = Layers[^1].OutputGradient;
        float loss = SoftmaxCrossEntropy(logits, label, gradient);
        for (int i = Layers.Length - 1; i >= 0; i--)
        {
            Layers[i].Backward(
                i == 0 ? image : Layers[i - 1].Output,
                i == 0 ? _inputGradient : Layers[i - 1].OutputGradient);
        }

        return loss;
    }

    public void Step(float rate, int step, int batch)
    {
        foreach (Layer layer in Layers)
        {
            layer.Weights.Step(rate, step, batch);
            layer.Biases.Step(rate, step, batch);
        }
    }

    public static int ArgMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }

    private static float SoftmaxCrossEntropy(
        ReadOnlySpan<float> logits, int label, Span<float> gradient)
    {
        float max = logits[ArgMax(logits)];
        float sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            gradient[i] = MathF.Exp(logits[i] - max);
            sum += gradient[i];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            gradient[i] = gradient[i] / sum - (i == label ? 1 : 0);
        }

        return MathF.Log(sum) + max - logits[label];
    }
}
