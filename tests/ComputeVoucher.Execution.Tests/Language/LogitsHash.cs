using System;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>FNV-1a of 64 bits over rows of int32 LE logits of a teacher-forced run.</summary>
internal static class LogitsHash
{
    private const ulong Basis = 0xCBF29CE484222325;
    private const ulong Prime = 0x100000001B3;

    public static ulong Of(
        LanguageModel model, ReadOnlySpan<int> tokens, int rows, KernelSet kernels, int threads = 1)
    {
        using var team = new WorkTeam(threads);
        using var decoder = new Decoder(model.Parameters, kernels, team, rows);
        decoder.Start(null);
        ulong hash = Basis;
        for (int p = 0; p < rows; p++)
        {
            decoder.Forward(tokens.Slice(p, 1), p, logits: true);
            foreach (byte b in MemoryMarshal.AsBytes(decoder.Logits))
            {
                hash = (hash ^ b) * Prime;
            }
        }

        return hash;
    }
}
