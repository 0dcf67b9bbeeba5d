using System.Threading.Tasks;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>Answer of <see cref="LedgerStore.RecordAck"/>.</summary>
public readonly struct AckResult
{
    /// <summary>None: stored, or nothing higher than what is stored.</summary>
    public RefusalReason Refusal { get; init; }

    /// <summary>
    /// The newest ack of the channel: what AckStored names, after <see cref="Durable"/>.
    /// </summary>
    public Ack Newest { get; init; }

    /// <summary>Done when <see cref="Newest"/> is on disk; faults with LedgerException.</summary>
    public Task Durable { get; init; }
}
