using System;

namespace ComputeVoucher.Cli;

/// <summary>
/// The roof over the managed heap of a node that serves: floods end in a refusal of the runtime,
/// not in the machine's memory. Weights and buffers of language models, and every session, are
/// native memory outside of it; what else the loaded models take is added.
/// </summary>
internal static class HeapLimit
{
    /// <summary>Beside the models, 192 MiB: 64 MiB held for clients, twice while an input is
    /// copied, and 64 MiB for 10,240 connections, the ledger's rows and answers that are kept. With
    /// the 64 MiB that the process takes outside of the heap it is the 256 MiB of the target.
    /// </summary>
    private const long BesideModelsBytes = 192L << 20;

    /// <summary>Once the models are loaded; what loading them left over is collected first.
    /// </summary>
    public static void Set()
    {
        long loaded = GC.GetTotalMemory(forceFullCollection: true);
        AppContext.SetData("GCHeapHardLimit", (ulong)(loaded + BesideModelsBytes));
        GC.RefreshMemoryLimit();
    }
}
