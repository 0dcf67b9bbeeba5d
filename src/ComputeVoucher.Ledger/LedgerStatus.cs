namespace ComputeVoucher.Ledger;

/// <summary>Whether the ledger takes work.</summary>
public enum LedgerStatus
{
    /// <summary>Everything works.</summary>
    Ready = 0,

    /// <summary>
    /// The disk was full: what was waiting was rolled back and its tasks failed. The ledger tries
    /// again by itself whenever it is asked, and becomes ready when a commit goes through.
    /// </summary>
    Full = 1,

    /// <summary>
    /// A storage error that cannot be retried (a failed fsync leaves the page cache lying). Only a
    /// new process may try again.
    /// </summary>
    Failed = 2,

    /// <summary>Closed.</summary>
    Closed = 3,
}
