using System;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Cli;

/// <summary>
/// The roof over the managed heap of a node that serves: floods end in a refusal of the runtime,
/// not in the machine's memory. Weights and buffers of language models, and every session, are
/// native memory outside of it; what else the loaded models take is added.
/// </summary>
internal static class HeapLimit
{
    /// <summary>Of one connection, 4 KiB: the objects of an idle one, with room to spare.</summary>
    private const long ConnectionBytes = 4 << 10;

    /// <summary>The ledger's rows, answers that are kept and the rest, 24 MiB. With 64 MiB held for
    /// clients and 10,240 connections the roof is 192 MiB beside the models, and with the 64 MiB
    /// that the process takes outside of the heap it is the 256 MiB of the target.</summary>
    private const long FixedBytes = 24L << 20;

    /// <summary>Once the models are loaded; what loading them left over is collected first.
    /// </summary>
    public static void Set(WireLimits wire, ILogger log)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long bytes = GC.GetTotalMemory(forceFullCollection: true) + BesideModels(wire);
        AppContext.SetData("GCHeapHardLimit", (ulong)bytes);
        try
        {
            GC.RefreshMemoryLimit();
        }
        catch (InvalidOperationException refused)
        {
            log.HeapUnbounded(bytes, refused.Message);
        }
    }

    /// <summary>What clients are held twice for while an input is copied, and each connection.
    /// </summary>
    internal static long BesideModels(WireLimits wire) =>
        (2 * wire.HeldBytesMax) + (ConnectionBytes * wire.ConnectionsMax) + FixedBytes;
}
