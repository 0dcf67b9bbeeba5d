using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>Fully connected layer, weights (out, in).</summary>
internal sealed class Dense : Layer
{
    public Dense(string name, int inputs, int outputs, Prng random)
        : base(name, 1, 1, outputs, inputs * outputs, outputs)
    {
        Inputs = inputs;
        Weights.Initialise(random, inputs);
    }

    public int Inputs { get; }

    protected override void Compute(ReadOnlySpan<float> input)
    {
        for (int o = 0; o < Channels; o++)
        {
            float sum = Biases.Value[o];
            for (int i = 0; i < Inputs; i++)
            {
                sum += Weights.Value[o * Inputs + i] * input[i];
            }

            Output[o] = sum;
        }
    }

    protected override void Differentiate(ReadOnlySpan<float> input, Span<float> inputGradient)
    {
        for (int o = 0; o < Channels; o++)
        {
            float g = OutputGradient[o];
            Biases.Gradient[o] += g;
            for (int i = 0; i < Inputs; i++)
            {
                Weights.Gradient[o * Inputs + i] += g * input[i];
                inputGradient[i] += g * Weights.Value[o * Inputs + i];
            }
        }
    }
}
