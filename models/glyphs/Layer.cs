using System;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// One differentiable layer on one image in NHWC order, with its weights, their gradients and
/// the two moments that Adam keeps.
/// </summary>
internal abstract class Layer
{
    protected Layer(string name, int height, int width, int channels, int weights, int biases)
    {
        Name = name;
        Height = height;
        Width = width;
        Channels = channels;
        Output = new float[height * width * channels];
        OutputGradient = new float[Output.Length];
        Weights = new Parameters(weights);
        Biases = new Parameters(biases);
    }

    public string Name { get; }

    /// <summary>Output height, width and channels.</summary>
    public int Height { get; }

    public int Width { get; }

    public int Channels { get; }

    /// <summary>Highest value the fused activation lets through; 6 for RELU6, none for no
    /// activation.</summary>
    public float? Ceiling { get; init; }

    public float[] Output { get; }

    public float[] OutputGradient { get; }

    public Parameters Weights { get; }

    public Parameters Biases { get; }

    /// <summary>Computes <see cref="Output"/>, activation included.</summary>
    public void Forward(ReadOnlySpan<float> input)
    {
        Compute(input);
        if (Ceiling is float ceiling)
        {
            for (int i = 0; i < Output.Length; i++)
            {
                Output[i] = Math.Clamp(Output[i], 0f, ceiling);
            }
        }
    }

    /// <summary>Adds to the weights' gradients and writes the input's, from
    /// <see cref="OutputGradient"/>.</summary>
    public void Backward(ReadOnlySpan<float> input, Span<float> inputGradient)
    {
        if (Ceiling is float ceiling)
        {
            for (int i = 0; i < Output.Length; i++)
            {
                OutputGradient[i] = Output[i] > 0 && Output[i] < ceiling ? OutputGradient[i] : 0;
            }
        }

        inputGradient.Clear();
        Differentiate(input, inputGradient);
    }

    protected abstract void Compute(ReadOnlySpan<float> input);

    protected abstract void Differentiate(ReadOnlySpan<float> input, Span<float> inputGradient);
}
