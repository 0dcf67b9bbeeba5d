using System;
using System.IO;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>`.cvm` files: the same model again, or one line about what is wrong.</summary>
public sealed class ArtifactTests
{
    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("ic")]
    [InlineData("kws")]
    [InlineData("vww")]
    [InlineData("micro_speech")]
    [InlineData("person_detect")]
    [InlineData("mobilenet_v2")]
    public void Open_SavedModel_HasTheSameRootAndOutput(string name)
    {
        using IModel imported = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        using IModel reopened = ModelFile.Import(Save(imported), name + ".cvm");
        Assert.Equal(imported.ModelRoot, reopened.ModelRoot);
        Assert.Equal(imported.Description.Units, reopened.Description.Units);
        byte[] input = File.ReadAllBytes(SharedData.PathOf("tflite", name, "random0.in"));
        using IModelSession first = imported.CreateSession(Backend.Auto, 1);
        using IModelSession second = reopened.CreateSession(Backend.Auto, 1);
        RunOptions trace = new() { Trace = true };
        Assert.Equal(first.Run(input, trace).TraceRoot, second.Run(input, trace).TraceRoot);
    }

    [Fact]
    public void Save_TwiceAndReopened_GivesTheSameBytes()
    {
        using GraphModel model = SmallModel.Build();
        byte[] saved = Save(model);
        using IModel reopened = ModelFile.Import(saved, "small.cvm");
        Assert.Equal(saved, Save(reopened));
        byte[] input = new Prng(4).Bytes(model.InputBytesMax);
        using IModelSession scalar = model.CreateSession(Backend.Scalar, 1);
        using IModelSession avx2 = reopened.CreateSession(Backend.Avx2, 1);
        RunOptions trace = new() { Trace = true };
        Assert.Equal(scalar.Run(input, trace).TraceRoot, avx2.Run(input, trace).TraceRoot);
    }

    [Fact]
    public void Import_CutAnywhere_IsOneLine()
    {
        using GraphModel model = SmallModel.Build();
        byte[] saved = Save(model);
        for (int length = 0; length < saved.Length; length++)
        {
            AssertRefused(saved.AsMemory(0, length));
        }

        AssertRefused((byte[])[.. saved, 0]);
    }

    [Fact]
    public void Import_AnyByteFlipped_IsOneLine()
    {
        using GraphModel model = SmallModel.Build();
        byte[] saved = Save(model);
        for (int at = 0; at < saved.Length; at++)
        {
            foreach (byte mask in (ReadOnlySpan<byte>)[0x01, 0x80, 0xFF])
            {
                saved[at] ^= mask;
                AssertRefused(saved);
                saved[at] ^= mask;
            }
        }
    }

    [Fact]
    public void Import_HugeLengths_IsOneLine()
    {
        using GraphModel model = SmallModel.Build();
        byte[] saved = Save(model);
        foreach (long length in (ReadOnlySpan<long>)[-1, long.MaxValue, long.MinValue, 1L << 40])
        {
            BitConverter.TryWriteBytes(saved.AsSpan(40), length);
            AssertRefused(saved);
            BitConverter.TryWriteBytes(saved.AsSpan(48), length);
            AssertRefused(saved);
        }
    }

    [Fact]
    public void Open_AbsentOrForeignFile_IsOneLine()
    {
        string folder = Directory.CreateTempSubdirectory("cvm").FullName;
        try
        {
            AssertRefused(() => ModelFile.Open(Path.Combine(folder, "absent.tflite")));
            AssertRefused(() => ModelFile.Open(folder));
            AssertRefused(() => ModelFile.Open(""));
            string empty = Path.Combine(folder, "empty.tflite");
            File.WriteAllBytes(empty, []);
            AssertRefused(() => ModelFile.Open(empty));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Open_OversizeFile_IsRefusedUnread()
    {
        string path = Path.Combine(Path.GetTempPath(), $"oversize-{Environment.ProcessId}.cvm");
        try
        {
            using (FileStream sparse = File.Create(path))
            {
                sparse.Write("CVM1"u8);
                sparse.SetLength(GraphLimits.ModelBytesMax + 1L);
            }

            ModelException refused = Assert.Throws<ModelException>(() => ModelFile.Open(path));
            Assert.Contains("268435457 bytes", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Save(IModel model)
    {
        using MemoryStream stream = new();
        ModelFile.Save(model, stream);
        return stream.ToArray();
    }

    private static void AssertRefused(ReadOnlyMemory<byte> file) =>
        AssertRefused(() => ModelFile.Import(file, "damaged.cvm"));

    private static void AssertRefused(Func<IModel> open)
    {
        ModelException refused = Assert.Throws<ModelException>(() => open());
        Assert.DoesNotContain('\n', refused.Message);
        Assert.True(refused.Message.Length > 20, refused.Message);
    }
}
