using System;
using System.IO;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>Files of every format and in every state of disrepair.</summary>
public sealed class FileTests
{
    private static readonly LlamaShape s_small = new(256, 512, 2, 4, 2, 64, 96, 128);

    [SharedDataFact(LlamaData.Needs)]
    public void TruncatedGguf_IsRefusedInOneLine()
    {
        byte[] file = LlamaData.Gguf;
        for (int i = 0; i < 100; i++)
        {
            int length = (int)((long)file.Length * i / 100);
            Refused(() => ModelFile.Import(file.AsMemory(0, length), "cut.gguf").Dispose());
        }
    }

    [Fact]
    public void GgufWithAnyHeaderByteFlipped_IsRefusedOrAnotherModel() =>
        FlipHeader(
            SyntheticGguf.Write(new LlamaShape(32, 32, 1, 1, 1, 32, 32, 16), GgmlType.Q8_0), 1, 1);

    [SharedDataFact(LlamaData.Needs)]
    public void TrainedGgufWithAHeaderByteFlipped_IsRefusedOrAnotherModel() =>
        FlipHeader(LlamaData.Gguf, 29, 29 * 23);

    [SharedDataFact(LlamaData.Needs)]
    [Trait("Category", "slow")]
    public void TrainedGgufWithAnyHeaderByteFlipped_IsRefusedOrAnotherModel() =>
        FlipHeader(LlamaData.Gguf, 1, 199);

    [SharedDataFact(LlamaData.Needs)]
    public void HugeClaims_AllocateNothing()
    {
        byte[] file = LlamaData.Gguf[..4096];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int at = 8; at < 64; at += 8)
        {
            byte[] bad = (byte[])file.Clone();
            bad.AsSpan(at, 8).Fill(0x7F);
            Refused(() => ModelFile.Import(bad, "huge.gguf").Dispose());
            bad.AsSpan(at, 8).Clear();
            bad[at + 2] = 0x0F;
            Refused(() => ModelFile.Import(bad, "huge.gguf").Dispose());
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void CheckpointOfAnotherLength_IsRefused()
    {
        byte[] file = LlamaData.Checkpoint;
        Refused(() => ModelFile.Import(file.AsMemory(0, file.Length - 4), "cut.bin").Dispose());
        Refused(() => ModelFile.Import(file.AsMemory(0, 27), "cut.bin").Dispose());
        for (int i = 0; i < 28; i++)
        {
            byte[] bad = (byte[])file.Clone();
            bad[i] ^= 0xFF;

            // Nobody reads the heads' number but through divisions that may still come out.
            if (i != 12)
            {
                Refused(() => ModelFile.Import(bad, "bad.bin").Dispose());
            }
        }
    }

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_0)]
    [InlineData(GgmlType.Q4_K)]
    [InlineData(GgmlType.Q6_K)]
    public void EveryFormat_RunsTheSameOnEveryBackend(object boxed)
    {
        using LanguageModel model = Import(SyntheticGguf.Write(s_small, (GgmlType)boxed));
        byte[] input = LlamaData.Greedy([3, 1, 4, 1, 5, 9, 2, 6], 6);
        RunResult scalar = Run(model, input, KernelSet.Scalar, 1);
        RunResult fast = Run(model, input, LlamaData.Fast(model), 2);
        Assert.Equal(scalar.Output, fast.Output);
        Assert.Equal(scalar.TraceRoot, fast.TraceRoot);
    }

    [Theory]
    [InlineData(GgmlType.Q8_0)]
    [InlineData(GgmlType.Q4_K)]
    public void Artifact_IsTheSameModel(object boxed)
    {
        using LanguageModel model = Import(SyntheticGguf.Write(s_small, (GgmlType)boxed, true));
        using var stream = new MemoryStream();
        ModelFile.Save(model, stream);
        byte[] file = stream.ToArray();
        using IModel loaded = ModelFile.Import(file, "model.cvm");
        Assert.Equal(model.ModelRoot, loaded.ModelRoot);
        byte[] input = LlamaData.Greedy([3, 1, 4], 6);
        using IModelSession session = loaded.CreateSession(Backend.Auto, 1);
        RunResult result = session.Run(input, new RunOptions { Trace = true });
        Assert.Equal(
            Run(model, input, LlamaData.Fast(model), 1).TraceRoot, result.TraceRoot);

        // Any flipped byte is another model than the header names.
        var random = new Random(5);
        for (int i = 0; i < 60; i++)
        {
            byte[] bad = (byte[])file.Clone();
            int at = i < 40 ? i * 5 : random.Next(file.Length - 5);
            bad[at] ^= 0x10;
            Refused(() => ModelFile.Import(bad, "bad.cvm").Dispose());
        }

        Refused(() => ModelFile.Import(file.AsMemory(0, file.Length / 2), "cut.cvm").Dispose());
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Artifact_KeepsTheTokenizer()
    {
        using LanguageModel model = LlamaData.Stories();
        using var stream = new MemoryStream();
        ModelFile.Save(model, stream);
        using var loaded = (LanguageModel)ModelFile.Import(stream.ToArray(), "m.cvm");
        const string Text = "Once upon a time, Max's dog 🦙";
        Assert.Equal(model.Tokenizer!.EncodePrompt(Text), loaded.Tokenizer!.EncodePrompt(Text));
        Assert.Equal(model.TrainedContext, loaded.TrainedContext);
    }

    [SharedDataFact(LlamaData.Needs)]
    public void Open_FindsTheTokenizerBesideACheckpoint()
    {
        using var model = (LanguageModel)ModelFile.Open(
            SharedData.PathOf("llama", "stories260K.bin"));
        Assert.Equal(512, model.Tokenizer!.Count);
        Refused(() => ModelFile.Open(SharedData.PathOf("llama", "absent.gguf")).Dispose());
    }

    [Fact]
    public void WeightsThatCouldOverflow_AreRefused()
    {
        var shape = new LlamaShape(32, 32, 1, 1, 1, 32, 32, 16);
        byte[] file = SyntheticGguf.Write(shape, GgmlType.Q8_0);
        using var source = new MemorySource(file);
        GgufTensor gain = GgufReader.Read(source).Tensor("blk.0.ffn_norm.weight");
        for (int i = 0; i < 32; i++)
        {
            BitConverter.TryWriteBytes(file.AsSpan((int)gain.Offset + 4 * i), 32_000f);
        }

        Refused(() => Import(file).Dispose());
        BitConverter.TryWriteBytes(file.AsSpan((int)gain.Offset), float.NaN);
        Refused(() => Import(file).Dispose());
    }

    /// <summary>Flips every n-th byte of the header; imports behind it for every m-th.</summary>
    private static void FlipHeader(byte[] file, int step, int importStep)
    {
        using var whole = new MemorySource(file);
        long header = GgufReader.Read(whole).HeaderBytes;
        int refused = 0;
        for (int i = 0; i < header; i += step)
        {
            byte old = file[i];
            file[i] ^= 0xFF;
            using var source = new MemorySource(file);
            try
            {
                LanguageModel.OpenSource(source, 64, out _);
                if (i % importStep == 0)
                {
                    LanguageModel.Import(source, 64).Dispose();
                }
            }
            catch (ModelException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }

            file[i] = old;
        }

        // Texts, scores and unused keys may be anything; the frame between them may not.
        Assert.InRange(refused, header / step / 4, header);
    }

    private static LanguageModel Import(byte[] file)
    {
        using var source = new MemorySource(file);
        return LanguageModel.Import(source, 128);
    }

    private static RunResult Run(
        LanguageModel model, byte[] input, KernelSet kernels, int threads)
    {
        using var session = new LanguageSession(model, kernels, threads);
        return session.Run(input, new RunOptions { Trace = true });
    }

    private static void Refused(Action action) =>
        Assert.DoesNotContain('\n', Assert.Throws<ModelException>(action).Message);
}
