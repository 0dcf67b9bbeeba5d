using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>How to open a ledger.</summary>
public sealed record LedgerOptions
{
    public required LedgerIdentity Identity { get; init; }

    /// <summary>The bounds that the reserve step enforces.</summary>
    public required ServicePolicy Policy { get; init; }

    public LedgerSynchronous Synchronous { get; init; } = LedgerSynchronous.Full;

    /// <summary>
    /// Bytes that may wait for the disk before work is refused with LedgerBusy. 64 MiB: a quarter
    /// of
    /// the node's heap limit.
    /// </summary>
    public long PendingBytesMax { get; init; } = 64L << 20;

    /// <summary>
    /// Bytes committed between checkpoints. 4 MiB: about SQLite's own 1,000 pages; bounds the log
    /// and the time of a recovery.
    /// </summary>
    public long CheckpointBytes { get; init; } = 4L << 20;
}
