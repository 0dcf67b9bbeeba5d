using System;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>Mean over the whole image, channel by channel.</summary>
internal sealed class AveragePool(string name, int inputSide, int channels)
    : Layer(name, 1, 1, channels, 0, 0)
{
    public int InputSide { get; } = inputSide;

    protected override void Compute(ReadOnlySpan<float> input)
    {
        Output.AsSpan().Clear();
        for (int i = 0; i < input.Length; i++)
        {
            Output[i % Channels] += input[i] / (InputSide * InputSide);
        }
    }

    protected override void Differentiate(ReadOnlySpan<float> input, Span<float> inputGradient)
    {
        for (int i = 0; i < input.Length; i++)
        {
            inputGradient[i] = OutputGradient[i % Channels] / (InputSide * InputSide);
        }
    }
}
