using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>
/// Numbers of two independent prototypes of the same definitions: hashes of 256 rows of logits of
/// the golden text, teacher-forced, and of the tables.
/// </summary>
public sealed class AnchorTests
{
    [Fact]
    public void Tables_AreTheProtocols()
    {
        Assert.StartsWith("6A63D4F6", Sha256(MemoryMarshal.AsBytes(Tables.Exp)));
        Assert.StartsWith("17AA9C98", Sha256(MemoryMarshal.AsBytes(Tables.Sigmoid)));
    }

    [Fact]
    public void Tables_AreTheRoundedReals()
    {
        for (int i = 0; i < Tables.ExpEntries; i++)
        {
            Assert.Equal(Math.Round(32_767 * Math.Pow(2, -i / 1024.0)), Tables.Exp[i]);
        }

        for (int i = 0; i <= Tables.SigmoidSteps; i++)
        {
            Assert.Equal(Math.Round(65_536 / (1 + Math.Exp(-i / 64.0))), Tables.Sigmoid[i]);
        }
    }

    [Fact]
    public void RotaryTable_IsTheAnchors()
    {
        int[] table = LlamaImporter.RotaryTable(512, 8, 10_000, 1, null);
        Assert.StartsWith("462D91D0", Sha256(MemoryMarshal.AsBytes(table.AsSpan())));
    }

    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(WeightForm.Int8, 24, 0x9FCA04F0E50F44E0)]
    [InlineData(WeightForm.Int8, 256, 0xBA6C181F42D61746)]
    [InlineData(WeightForm.Int4, 256, 0xD0660A7E2FA5091F)]
    public void GoldenText_GivesTheAnchorsLogits(object form, int rows, ulong hash)
    {
        using LanguageModel model = LlamaData.Stories((WeightForm)form);
        int[] tokens = LlamaData.Golden("stories260K_greedy256");
        Assert.Equal(hash, LogitsHash.Of(model, tokens, rows, LlamaData.Fast(model)));
        if (rows == 24)
        {
            Assert.Equal(hash, LogitsHash.Of(model, tokens, rows, KernelSet.Scalar));
        }
    }

    /// <summary>What was registered and signed stays what it was, on every machine.</summary>
    [SharedDataFact(LlamaData.Needs)]
    public void RootsOfThePublishedModel_AreFrozen()
    {
        using LanguageModel model = LlamaData.Stories(context: LanguageModel.DefaultContext);
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        RunResult result = session.Run(
            LlamaData.Greedy([1, 403, 407], 100), new RunOptions { Trace = true });
        Assert.Equal(
            "0x2e81892a88b0870d8c85b902bf96c688a6455b7a4f2c5a518f3c1fe81457fa54",
            model.ModelRoot.ToString());
        Assert.StartsWith(
            "0x2892a7237291ad01a409f079087b406207c5f48", result.TraceRoot.ToString());
    }

    private static string Sha256(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexString(SHA256.HashData(bytes));
}
