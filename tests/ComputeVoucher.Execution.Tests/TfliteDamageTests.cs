using System;
using System.IO;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>
/// Damaged `.tflite` files: an import ends with a model or with one line, and never with another
/// exception, whatever bytes were lost or changed.
/// </summary>
public sealed class TfliteDamageTests
{
    /// <summary>
    /// Places tried in the normal run, spread over the file; a prime keeps them so.
    /// </summary>
    private const int Step = 3;

    private static byte[] Shipped => File.ReadAllBytes(
        Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite"));

    [Fact]
    public void Import_ShippedModel_Runs()
    {
        using IModel model = ModelFile.Import(Shipped, "glyphs.tflite");
        string folder = Path.Combine(SharedData.RepositoryRoot, "models", "glyphs");
        byte[] inputs = File.ReadAllBytes(Path.Combine(folder, "glyphs.inputs"));
        Assert.Equal(0, inputs.Length % model.InputBytesMax);
        using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
        using IModelSession avx2 = model.CreateSession(Backend.Avx2, 1);
        ReadOnlySpan<byte> input = inputs.AsSpan(0, model.InputBytesMax);
        Assert.Equal(scalar.Run(input, default).Output, avx2.Run(input, default).Output);
    }

    // A FlatBuffer does not say how long it is: a file that lost only bytes which nothing refers
    // to is still the same model, and must then have the same root.
    [Fact]
    public void Import_Truncated_IsOneLineOrTheSameModel()
    {
        byte[] file = Shipped;
        using IModel whole = ModelFile.Import(file, "glyphs.tflite");
        int refused = 0;
        int lengths = 0;
        for (int length = 0; length < file.Length; length += length < 64 ? 1 : Step)
        {
            lengths++;
            try
            {
                using IModel cut = ModelFile.Import(file.AsMemory(0, length), "cut.tflite");
                Assert.Equal(whole.ModelRoot, cut.ModelRoot);
            }
            catch (ModelException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }

        Assert.True(refused > lengths * 9 / 10, $"{refused} of {lengths}");
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void Import_BytesFlipped_IsModelOrOneLine(byte mask)
    {
        byte[] file = Shipped;
        int refused = 0;
        for (int at = mask % Step; at < file.Length; at += Step)
        {
            file[at] ^= mask;
            refused += Survives(file) ? 0 : 1;
            file[at] ^= mask;
        }

        Assert.True(refused > 0);
    }

    [Fact]
    public void Import_WordsReplaced_IsModelOrOneLine()
    {
        byte[] file = Shipped;
        byte[] copy = [.. file];
        Prng numbers = new(9);
        ReadOnlySpan<uint> words = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00010000];
        int rounds = Runs.Count(fast: 2_000, full: 100_000);
        for (int i = 0; i < rounds; i++)
        {
            int at = numbers.Between(0, file.Length / 4 - 1) * 4;
            BitConverter.TryWriteBytes(copy.AsSpan(at), words[i % words.Length]);
            Survives(copy);
            file.AsSpan(at, 4).CopyTo(copy.AsSpan(at));
        }
    }

    private static bool Survives(byte[] file)
    {
        try
        {
            using IModel model = ModelFile.Import(file, "flipped.tflite");
            return true;
        }
        catch (ModelException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }
    }
}
