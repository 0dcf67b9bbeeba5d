using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// Trains the classifier, quantizes it and writes glyphs.tflite, glyphs.inputs and glyphs.labels
/// into
/// the folder named on the command line. The same seed writes the same files.
/// </summary>
internal static class Program
{
    private const ulong Seed = 20261122;
    private const int TrainingImages = 12_000;
    private const int TestImages = 2_000;
    private const int CalibrationImages = 200;
    private const int ShippedInputs = 256;
    private const int Epochs = 16;
    private const int Batch = 32;
    private const float Rate = 0.004f;

    private static int Main(string[] args)
    {
        if (args.Length != 1 || !Directory.Exists(args[0]))
        {
            Console.Error.WriteLine("usage: train-glyphs FOLDER   (an existing folder to fill)");
            return 2;
        }

        Prng random = new(Seed);
        Network network = new(random);
        Console.WriteLine(
            $"training {network.ParameterCount} parameters on {TrainingImages} images");
        (float[][] images, int[] labels) = Images(random, TrainingImages);
        Train(network, random, images, labels);

        List<Quantizer.Layer> layers = Quantizer.Quantize(network, images[..CalibrationImages]);
        File.WriteAllBytes(Path.Combine(args[0], "glyphs.tflite"), GlyphsFile.Write(layers));
        WriteInputs(args[0], new Prng(Seed + 1));
        Console.WriteLine($"written to {args[0]}: glyphs.tflite, glyphs.inputs, glyphs.labels");
        return 0;
    }

    private static void Train(Network network, Prng random, float[][] images, int[] labels)
    {
        (float[][] testImages, int[] testLabels) = Images(new Prng(Seed + 2), TestImages);
        int step = 0;
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            double loss = 0;
            for (int i = 0; i < images.Length; i++)
            {
                int pick = random.Below(images.Length);
                loss += network.Learn(images[pick], labels[pick]);
                if ((i + 1) % Batch == 0)
                {
                    step++;
                    float progress = (float)step * Batch / (images.Length * Epochs);
                    network.Step(Rate * (1 - progress) + 1e-5f, step, Batch);
                }
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {epoch}/{Epochs}: loss {loss / images.Length:F4} nats, "
                + $"test accuracy {Accuracy(network, testImages, testLabels):P2}"));
        }
    }

    private static double Accuracy(Network network, float[][] images, int[] labels)
    {
        int right = 0;
        for (int i = 0; i < images.Length; i++)
        {
            right += Network.ArgMax(network.Forward(images[i])) == labels[i] ? 1 : 0;
        }

        return (double)right / images.Length;
    }

    private static (float[][] Images, int[] Labels) Images(Prng random, int count)
    {
        float[][] images = new float[count][];
        int[] labels = new int[count];
        byte[] pixels = new byte[Glyph.Pixels];
        for (int i = 0; i < count; i++)
        {
            labels[i] = random.Below(Glyph.Classes);
            Glyph.Draw(labels[i], random, pixels);
            images[i] = Array.ConvertAll(pixels, p => p / 255f);
        }

        return (images, labels);
    }

    /// <summary>Inputs as the node takes them: int8 = pixel - 128, 256 bytes an image, end to
    /// end.</summary>
    private static void WriteInputs(string folder, Prng random)
    {
        byte[] inputs = new byte[ShippedInputs * Glyph.Pixels];
        byte[] labels = new byte[ShippedInputs];
        for (int i = 0; i < ShippedInputs; i++)
        {
            labels[i] = (byte)random.Below(Glyph.Classes);
            Glyph.Draw(labels[i], random, inputs.AsSpan(i * Glyph.Pixels, Glyph.Pixels));
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] ^= 0x80;
        }

        File.WriteAllBytes(Path.Combine(folder, "glyphs.inputs"), inputs);
        File.WriteAllBytes(Path.Combine(folder, "glyphs.labels"), labels);
    }
}
