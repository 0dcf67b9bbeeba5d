using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// 2D convolution with SAME padding as TensorFlow defines it. Weights are (out, k, k, in), or
/// (k, k, channel) when <see cref="IsDepthwise"/>.
/// </summary>
internal sealed class Convolution : Layer
{
    private readonly int _inputSide;
    private readonly int _inputChannels;
    private readonly int _padding;

    public Convolution(
        string name, int inputSide, int inputChannels, int channels, int kernel, int stride,
        bool depthwise, Prng random)
        : base(
            name, inputSide / stride, inputSide / stride, channels,
            kernel * kernel * (depthwise ? channels : inputChannels * channels), channels)
    {
        _inputSide = inputSide;
        _inputChannels = inputChannels;
        Kernel = kernel;
        Stride = stride;
        IsDepthwise = depthwise;
        _padding = Math.Max(0, (Height - 1) * stride + kernel - inputSide) / 2;
        Weights.Initialise(random, kernel * kernel * (depthwise ? 1 : inputChannels));
    }

    public int Kernel { get; }

    public int Stride { get; }

    public bool IsDepthwise { get; }

    protected override void Compute(ReadOnlySpan<float> input)
    {
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                Biases.Value.CopyTo(Output.AsSpan((y * Width + x) * Channels));
            }
        }

        foreach (Tap tap in Taps())
        {
            for (int c = 0; c < Channels; c++)
            {
                Output[tap.Output + c] += IsDepthwise
                    ? Weights.Value[tap.Kernel * Channels + c] * input[tap.Input + c]
                    : Dot(Row(Weights.Value, c, tap.Kernel), Pixel(input, tap));
            }
        }
    }

    protected override void Differentiate(ReadOnlySpan<float> input, Span<float> inputGradient)
    {
        for (int i = 0; i < Output.Length; i++)
        {
            Biases.Gradient[i % Channels] += OutputGradient[i];
        }

        foreach (Tap tap in Taps())
        {
            for (int c = 0; c < Channels; c++)
            {
                float g = OutputGradient[tap.Output + c];
                if (g == 0)
                {
                    continue;
                }

                if (IsDepthwise)
                {
                    int w = tap.Kernel * Channels + c;
                    Weights.Gradient[w] += g * input[tap.Input + c];
                    inputGradient[tap.Input + c] += g * Weights.Value[w];
                    continue;
                }

                Span<float> gradient = inputGradient.Slice(tap.Input, _inputChannels);
                AddScaled(Row(Weights.Gradient, c, tap.Kernel), Pixel(input, tap), g);
                AddScaled(gradient, Row(Weights.Value, c, tap.Kernel), g);
            }
        }
    }

    private ReadOnlySpan<float> Pixel(ReadOnlySpan<float> input, Tap tap) =>
        input.Slice(tap.Input, _inputChannels);

    private Span<float> Row(float[] weights, int channel, int kernel) =>
        weights.AsSpan((channel * Kernel * Kernel + kernel) * _inputChannels, _inputChannels);

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] += factor * source[i];
        }
    }

    /// <summary>One kernel position over one output position: three offsets of channel 0.</summary>
    private readonly record struct Tap(int Output, int Input, int Kernel);

    private Tap[]? _taps;

    private Tap[] Taps()
    {
        if (_taps is not null)
        {
            return _taps;
        }

        System.Collections.Generic.List<Tap> taps = [];
        for (int i = 0; i < Height * Width * Kernel * Kernel; i++)
        {
            int kernel = i % (Kernel * Kernel);
            int position = i / (Kernel * Kernel);
            int y = position / Width * Stride - _padding + kernel / Kernel;
            int x = position % Width * Stride - _padding + kernel % Kernel;
            if (y >= 0 && y < _inputSide && x >= 0 && x < _inputSide)
            {
                taps.Add(new Tap(
                    position * Channels, (y * _inputSide + x) * _inputChannels, kernel));
            }
        }

        return _taps = [.. taps];
    }
}
