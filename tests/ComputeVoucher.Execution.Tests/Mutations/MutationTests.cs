using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Execution.Tests.Mutations;

/// <summary>
/// Mutated model files: each is refused in one line, or is a model on which both backends agree
/// and whose memory, and in long runs its time, stays in proportion to the file.
/// </summary>
public sealed partial class MutationTests(ITestOutputHelper output)
{
    /// <summary>Memory of an import: so much, and so many times the file.</summary>
    private const long BaseBytes = 64 << 20, FileFactor = 8;

    /// <summary>Time of an import, s, and s for each 10⁶ bytes of the file.</summary>
    private const double BaseSeconds = 0.5, SecondsPerMegabyte = 2;

    /// <summary>Units and bytes of a run that a test of thousands of files can wait for.</summary>
    private const ulong UnitsMax = 20_000_000;
    private const long TraceBytesMax = 8 << 20;

    private const int Context = 64;

    /// <summary>What Q.32 and a table of Q.15 leave of a real number.</summary>
    private const float EpsilonTolerance = 1e-9f, TableStep = 1f / 32_768;

    private static readonly int s_files = Runs.Count(fast: 200, full: 3_400);

    private static readonly LlamaShape s_shape = new(64, 64, 1, 4, 2, 16, 48, Context);

    private delegate IModel Importer(byte[] file);

    public static TheoryData<ulong> Seeds => Runs.Seeds(1);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Tflite_Mutated_OneLineOrARightAnswer(ulong seed)
    {
        List<(byte[] File, int Structure)> files = [];
        foreach (byte[] file in SmallTflites.All())
        {
            files.Add((file, file.Length));
        }

        Run(seed, files, file => ModelFile.Import(file, "mutated.tflite"));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Gguf_Mutated_OneLineOrARightAnswer(ulong seed)
    {
        List<(byte[] File, int Structure)> files = [];
        foreach (byte[] file in Ggufs())
        {
            using var source = new MemorySource(file);
            files.Add((file, (int)GgufReader.Read(source).HeaderBytes));
        }

        Run(seed, files, file =>
        {
            using var source = new MemorySource(file);
            return LanguageModel.Import(source, Context);
        });
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Artifact_Mutated_OneLineOrARightAnswer(ulong seed)
    {
        const int ArchitectureBytes = 512;
        List<IModel> models = [SmallModel.Build()];
        foreach (byte[] file in Ggufs())
        {
            using var source = new MemorySource(file);
            models.Add(LanguageModel.Import(source, Context));
        }

        List<(byte[] File, int Structure)> files = [];
        foreach (IModel model in models)
        {
            using var stream = new MemoryStream();
            ModelFile.Save(model, stream);
            files.Add((stream.ToArray(), ArchitectureBytes));
            model.Dispose();
        }

        Run(seed, files, ImportWhateverItsRoot);
    }

    /// <summary>The root of what is there stands in the refusal: with it the file goes on.
    /// </summary>
    private static IModel ImportWhateverItsRoot(byte[] file)
    {
        try
        {
            return ModelFile.Import(file, "mutated.cvm");
        }
        catch (ModelException e) when (ContentRoot().IsMatch(e.Message))
        {
            Assert.DoesNotContain('\n', e.Message);
            Match root = ContentRoot().Match(e.Message);
            Convert.FromHexString(root.Groups[1].ValueSpan).CopyTo(file.AsSpan(8));
            return ModelFile.Import(file, "mutated.cvm");
        }
    }

    private void Run(ulong seed, List<(byte[] File, int Structure)> files, Importer import)
    {
        Prng numbers = new(seed);
        int imported = 0;
        (double Share, string Place) slowest = (0, "");
        for (int i = 0; i < s_files; i++)
        {
            (byte[] file, int structure) = files[i % files.Count];
            byte[] mutated = Mutator.Mutate(file, structure, numbers);
            string place = string.Create(
                CultureInfo.InvariantCulture, $"file {i} of CV_SEED={seed}");
            try
            {
                double before = ProcessorSeconds();
                double bound = BaseSeconds + (SecondsPerMegabyte * mutated.Length / 1e6);
                bool isModel = Check(mutated, Timed, numbers, place);
                imported += isModel ? 1 : 0;

                IModel Timed(byte[] one)
                {
                    try
                    {
                        return import(one);
                    }
                    finally
                    {
                        double share = (ProcessorSeconds() - before) / bound;
                        slowest = share > slowest.Share ? (share, place) : slowest;
                    }
                }
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{place}: {e}");
            }
        }

        // Some hit what nothing reads, most do not.
        Assert.InRange(imported, 1, s_files * 9 / 10);
        output.WriteLine($"slowest: {slowest.Share:P1} of its bound, {slowest.Place}");
        Assert.True(slowest.Share <= 1, $"{slowest.Place}: {slowest.Share} times its bound");
    }

    /// <summary>What this thread had of a core, by the kernel (schedstat of proc(5), ns): what
    /// else the machine does is not in it. Zero in short runs, which ask for no time.</summary>
    private static double ProcessorSeconds() => Runs.IsFull
        ? double.Parse(
            File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0],
            CultureInfo.InvariantCulture) / 1e9
        : 0;

    /// <returns>Whether it imports.</returns>
    private static bool Check(byte[] file, Importer import, Prng numbers, string place)
    {
        long bound = BaseBytes + FileFactor * file.Length;
        long before = GC.GetAllocatedBytesForCurrentThread();
        IModel? model = null;
        try
        {
            model = import(file);
        }
        catch (ModelException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }

        using (model)
        {
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (model is LanguageModel language)
            {
                // Weights lie outside the managed heap.
                taken += LanguageArtifact.RowsBytes(language.Parameters);
                Agree(language, numbers, place);
                if (GgufReader.Looks(file))
                {
                    ReadAlike(file, language, place);
                }
            }
            else if (model is not null && model.Description.Units <= UnitsMax &&
                model.Description.TraceBytes <= TraceBytesMax)
            {
                byte[] input = numbers.Bytes(model.InputBytesMax);
                Equal(model, input, place);
            }

            Assert.True(taken <= bound, $"{place}: {taken} bytes for a file of {file.Length}");
            return model is not null;
        }
    }

    private static void Agree(LanguageModel model, Prng numbers, string place)
    {
        if (model.Parameters.Shape.Weights > TraceBytesMax || model.Context < 8)
        {
            return;
        }

        int[] prompt = new int[3];
        foreach (ref int id in prompt.AsSpan())
        {
            id = numbers.Below(model.Vocab);
        }

        Equal(model, LlamaData.Greedy(prompt, 2), place);
    }

    /// <summary>The reader of <c>fidelity</c> finds the same model in what was imported.</summary>
    private static void ReadAlike(byte[] file, LanguageModel model, string place)
    {
        using var stream = new MemoryStream(file);
        var read = FloatWeights.FromGguf(stream, Context);
        var integers = FloatWeights.FromParameters(model.Parameters, Context);
        Assert.True(
            read.Shape == integers.Shape &&
            Math.Abs(read.Epsilon - integers.Epsilon) <= EpsilonTolerance, place);
        for (int i = 0; i < read.Rotary.Length; i++)
        {
            Assert.InRange(read.Rotary[i] - integers.Rotary[i], -TableStep, TableStep);
        }
    }

    private static void Equal(IModel model, byte[] input, string place)
    {
        using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
        using IModelSession fast = model.CreateSession(Backend.Auto, 1);
        RunOptions traced = new() { Trace = true };
        RunResult expected = scalar.Run(input, traced);
        RunResult result = fast.Run(input, traced);
        Assert.True(
            expected.Output.AsSpan().SequenceEqual(result.Output) &&
            expected.TraceRoot == result.TraceRoot, place);
    }

    private static byte[][] Ggufs() =>
    [
        File.ReadAllBytes(
            Path.Combine(SharedData.RepositoryRoot, "models", "tales", "tales.gguf")),
        SyntheticGguf.Write(s_shape, GgmlType.Q8_0, also: w => SyntheticGguf.AddWords(w, 48)),
        SyntheticGguf.Write(s_shape, GgmlType.F16, tied: true),
        SyntheticGguf.Write(s_shape, GgmlType.Q4_0),
    ];

    [GeneratedRegex("root 0x([0-9a-f]{64})")]
    private static partial Regex ContentRoot();
}
