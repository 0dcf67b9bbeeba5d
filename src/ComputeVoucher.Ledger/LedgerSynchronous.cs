namespace ComputeVoucher.Ledger;

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
