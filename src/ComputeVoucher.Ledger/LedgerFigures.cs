namespace ComputeVoucher.Ledger;

/// <summary>Counters since open, for metrics.</summary>
/// <param name="Commits">Transactions that became durable.</param>
/// <param name="Changes">Row changes in them.</param>
/// <param name="Orders">Orders that became durable.</param>
/// <param name="Acks">Acks that became durable; acks per fsync is Acks / Commits.</param>
/// <param name="PendingChanges">Changes that wait for the disk now.</param>
/// <param name="PendingBytes">Bytes that wait for the disk now.</param>
/// <param name="OpenOrders">Orders in memory: reserved or served, and not acked.</param>
public readonly record struct LedgerFigures(
    long Commits,
    long Changes,
    long Orders,
    long Acks,
    long PendingChanges,
    long PendingBytes,
    long OpenOrders)
{
    /// <summary>
    /// Times that a full disk sent memory back to the disk's state: receipts that were not written
    /// yet are gone then, and <see cref="LedgerStore.UnfinishedOrdersAsync"/> names their orders.
    /// </summary>
    public long Rollbacks { get; init; }
}
