using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>A bound on bytes held, for all clients or for one address. Thread safe.</summary>
internal sealed class HeldBudget(long bytesMax)
{
    private long _bytes;

    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Adds (or with a negative number takes back). False: over the bound, but added.
    /// </summary>
    internal bool Add(long bytes) => Interlocked.Add(ref _bytes, bytes) <= bytesMax || bytes <= 0;
}
