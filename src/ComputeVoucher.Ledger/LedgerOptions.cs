using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>How to open a ledger.</summary>
public sealed record LedgerOptions
{
    public required LedgerIdentity Identity { get; init; }

    /// <summary>The bounds that the reserve step enforces.</summary>
    public required ServicePolicy Policy { get; init; }

    public LedgerSynchronous Synchronous { get; init; } = LedgerSynchronous.Full;

    /// <summary>Where the writer runs.</summary>
    public Scheduling Scheduling { get; init; } = Scheduling.Threads;

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

    /// <summary>Whether room is kept on the disk for transactions when nothing else fits: what
    /// serves wants it, what looks in does not.</summary>
    public bool Reserve { get; init; }

    /// <summary>
    /// Whether a ledger of schema 1 is migrated, once and with a backup, or refused: what only
    /// looks into a ledger must not rewrite it.
    /// </summary>
    public bool Migrate { get; init; }

    /// <summary>
    /// Reads the outbox entries of schema 1; a ledger that has some is refused without it.
    /// </summary>
    /// <remarks>Called several times for each; throws FormatException for one that is not what the
    /// outbox wrote, which refuses the ledger as damaged.</remarks>
    public Func<OutboxEntryV1, OutboxEntry>? MigrateOutbox { get; init; }
}

/// <summary>How hard a commit is, SQLite's <c>PRAGMA synchronous</c>.</summary>
public enum LedgerSynchronous
{
    /// <summary>
    /// Every commit is fsynced before it counts. The only setting that keeps promises.
    /// </summary>
    Full = 0,

    /// <summary>
    /// No fsync at all: a power cut loses acknowledged units. It exists as the control of the
    /// power-cut test; a node that runs with it must say so loudly.
    /// </summary>
    Off = 1,
}

/// <summary>
/// What a ledger belongs to. Written at creation; a ledger of another chain, contract or node key
/// is refused at open, because its signatures mean nothing here.
/// </summary>
/// <param name="ChainId">EIP-155 chain id.</param>
/// <param name="Vouchers">Address of the Vouchers contract.</param>
/// <param name="Providers">Address of the Providers contract.</param>
/// <param name="Node">Address of the node key.</param>
public sealed record LedgerIdentity(
    ulong ChainId,
    Address Vouchers,
    Address Providers,
    Address Node);
