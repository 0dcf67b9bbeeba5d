using System;
using System.Collections.Generic;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// Post-training quantization by TensorFlow Lite's int8 specification: weights symmetric per output
/// channel, biases int32 at input scale x weight scale, activations asymmetric per tensor from
/// the ranges seen on calibration images.
/// </summary>
internal static class Quantizer
{
    /// <summary>Quantization of an int8 activation: real = scale x (q - zeroPoint).</summary>
    public readonly record struct Activation(float Scale, int ZeroPoint)
    {
        /// <summary>Pixels 0..255 stand for 0..1, so q = pixel - 128.</summary>
        public static Activation Pixels => new(1f / 255f, -128);

        /// <summary>What the TensorFlow Lite softmax kernel demands of its output.</summary>
        public static Activation Probabilities => new(1f / 256f, -128);
    }

    /// <summary>One layer in integers; scales has one entry a channel, or one in all.</summary>
    public sealed record Layer(
        Glyphs.Layer Source, sbyte[] Weights, int[] Biases, float[] WeightScales,
        Activation Output);

    public static List<Layer> Quantize(Network network, IEnumerable<float[]> calibration)
    {
        (float[] low, float[] high) = Ranges(network, calibration);
        List<Layer> layers = [];
        Activation input = Activation.Pixels;
        for (int i = 0; i < network.Layers.Length; i++)
        {
            Glyphs.Layer layer = network.Layers[i];
            Activation output = layer is AveragePool ? input : Range(low[i], high[i]);
            layers.Add(QuantizeWeights(layer, input, output));
            input = output;
        }

        return layers;
    }

    private static (float[] Low, float[] High) Ranges(
        Network network, IEnumerable<float[]> calibration)
    {
        float[] low = new float[network.Layers.Length];
        float[] high = new float[network.Layers.Length];
        foreach (float[] image in calibration)
        {
            network.Forward(image);
            for (int i = 0; i < low.Length; i++)
            {
                foreach (float value in network.Layers[i].Output)
                {
                    low[i] = Math.Min(low[i], value);
                    high[i] = Math.Max(high[i], value);
                }
            }
        }

        return (low, high);
    }

    private static Activation Range(float low, float high)
    {
        float scale = (high - low) / 255f;
        return new Activation(scale, (int)Math.Clamp(MathF.Round(-128 - low / scale), -128, 127));
    }

    private static Layer QuantizeWeights(
        Glyphs.Layer layer, Activation input, Activation output)
    {
        float[] weights = layer.Weights.Value;
        bool perChannel = layer is Convolution;
        float[] scales = new float[weights.Length == 0 ? 0 : perChannel ? layer.Channels : 1];
        for (int i = 0; i < weights.Length; i++)
        {
            ref float scale = ref scales[ChannelOf(layer, i, scales.Length)];
            scale = Math.Max(scale, Math.Max(Math.Abs(weights[i]) / 127f, 1e-6f));
        }

        sbyte[] quantized = new sbyte[weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            float scale = scales[ChannelOf(layer, i, scales.Length)];
            quantized[i] = (sbyte)Math.Clamp(MathF.Round(weights[i] / scale), -127, 127);
        }

        int[] biases = new int[layer.Biases.Value.Length];
        for (int c = 0; c < biases.Length; c++)
        {
            double scale = (double)input.Scale * scales[c % scales.Length];
            biases[c] = (int)Math.Round(layer.Biases.Value[c] / scale);
        }

        return new Layer(layer, quantized, biases, scales, output);
    }

    private static int ChannelOf(Glyphs.Layer layer, int weight, int scales) =>
        scales == 1 ? 0
        : layer is Convolution { IsDepthwise: true } ? weight % layer.Channels
        : weight / (layer.Weights.Value.Length / layer.Channels);
}
