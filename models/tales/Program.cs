using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// Makes up tales, trains a Llama-architecture model on them and writes tales.gguf (Q8_0, tokenizer
/// included) and heldout.txt (tales that training did not see) into the folder on the command line.
/// </summary>
internal static class Program
{
    private const ulong Seed = 20261122;
    private const int Vocabulary = 512;
    private const int TokenizerTales = 2_000;
    private const int HeldOutTales = 64;
    private const int Sequences = 24;
    private const int Workers = 2;
    private const int WarmUpSteps = 40;
    private const float Rate = 4e-3f;
    private const int DefaultSteps = 600;

    private static readonly Shape s_shape = new(
        Dim: 96, Hidden: 256, Layers: 4, Heads: 6, KvHeads: 3, Vocabulary, Context: 256);

    private static int Main(string[] args)
    {
        int steps = DefaultSteps;
        if (args.Length is < 1 or > 2 || !Directory.Exists(args[0])
            || (args.Length == 2 && !int.TryParse(args[1], out steps)))
        {
            Console.Error.WriteLine("usage: train-tales FOLDER [STEPS]   (an existing folder)");
            return 2;
        }

        List<string> sample = Tales(new Prng(Seed), TokenizerTales);
        BytePairEncoding encoding = BytePairEncoding.Train(sample, Vocabulary);
        List<string> heldOut = Tales(new Prng(Seed + 1), HeldOutTales);
        Weights weights = new(s_shape);
        weights.Initialise(new Prng(Seed + 2));
        Console.WriteLine($"{weights.All.Length} parameters, {encoding.Tokens.Count} tokens");

        Train(weights, encoding, heldOut, steps);
        File.WriteAllBytes(
            Path.Combine(args[0], "tales.gguf"), TalesFile.Write(s_shape, weights, encoding));
        File.WriteAllLines(Path.Combine(args[0], "heldout.txt"), heldOut);
        Console.WriteLine($"written to {args[0]}: tales.gguf, heldout.txt");
        return 0;
    }

    private static void Train(
        Weights weights, BytePairEncoding encoding, List<string> heldOut, int steps)
    {
        Transformer[] workers = new Transformer[Workers];
        for (int w = 0; w < Workers; w++)
        {
            workers[w] = new Transformer(s_shape, weights);
        }

        Adam adam = new(weights.All.Length);
        Prng random = new(Seed + 3);
        Stopwatch watch = Stopwatch.StartNew();
        double loss = 0;
        long tokens = 0;
        for (int step = 1; step <= steps; step++)
        {
            int[][] batch = Batch(random, encoding);
            double[] losses = new double[Workers];
            Parallel.For(0, Workers, w =>
            {
                for (int s = w; s < batch.Length; s += Workers)
                {
                    losses[w] += workers[w].Learn(batch[s]);
                }
            });
            int predicted = batch.Length * s_shape.Context;
            tokens += predicted;
            loss = losses[0] + losses[1];
            float[] gradient = Collect(workers, 1f / predicted);
            float progress = (float)step / steps;
            float rate = Rate * Math.Min(1f, (float)step / WarmUpSteps)
                * (0.05f + 0.95f * (1 + MathF.Cos(MathF.PI * progress)) / 2);
            adam.Step(weights.All, gradient, rate);
            if (step % 20 == 0 || step == 1)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {step}/{steps}: {loss / predicted:F4} nats a token, {tokens} tokens, "
                    + $"{watch.Elapsed.TotalSeconds:F0} s"));
            }
        }

        Report(workers[0], encoding, heldOut);
    }

    /// <summary>Sums the workers' gradients in order, scales and clears them.</summary>
    private static float[] Collect(Transformer[] workers, float scale)
    {
        float[] sum = new float[workers[0].Gradient.All.Length];
        foreach (Transformer worker in workers)
        {
            float[] part = worker.Gradient.All;
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += scale * part[i];
            }

            Array.Clear(part);
        }

        return sum;
    }

    /// <summary>Whole tales behind one another, cut at context + 1 tokens; each begins with a
    /// tale.</summary>
    private static int[][] Batch(Prng random, BytePairEncoding encoding)
    {
        int[][] batch = new int[Sequences][];
        for (int s = 0; s < Sequences; s++)
        {
            List<int> ids = [];
            while (ids.Count <= s_shape.Context)
            {
                ids.Add(encoding.EndOfTextId);
                ids.AddRange(encoding.Encode(Tale.Tell(random)));
            }

            batch[s] = [.. ids[..(s_shape.Context + 1)]];
        }

        return batch;
    }

    private static void Report(
        Transformer model, BytePairEncoding encoding, List<string> heldOut)
    {
        double nats = 0;
        int predicted = 0;
        foreach (string tale in heldOut)
        {
            List<int> ids = [encoding.EndOfTextId, .. encoding.Encode(tale)];
            int count = Math.Min(ids.Count, s_shape.Context);
            nats += model.Loss(ids.ToArray().AsSpan(0, count));
            predicted += count - 1;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"held out: {nats / predicted:F4} nats a token, "
            + $"perplexity {Math.Exp(nats / predicted):F3}, {predicted} tokens"));
    }

    private static List<string> Tales(Prng random, int count)
    {
        List<string> tales = [];
        while (tales.Count < count)
        {
            tales.Add(Tale.Tell(random));
        }

        return tales;
    }
}
