using System.Threading.Tasks;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>Answer of <see cref="LedgerStore.Reserve"/>, known at once.</summary>
public readonly struct ReserveResult
{
    /// <summary>None: run it. Anything else: nothing was reserved.</summary>
    public RefusalReason Refusal { get; init; }

    /// <summary>The order was there before: answer again, charge nothing.</summary>
    public bool IsReplay { get; init; }

    /// <summary>
    /// Done when the order row is on disk; faults with a <see cref="LedgerException"/>. Nothing of
    /// the answer may leave the node before.
    /// </summary>
    public Task Durable { get; init; }

    /// <summary>The accept of a replayed order: it is sent again, never signed anew.</summary>
    public StoredAccept? Accept { get; init; }

    /// <summary>The receipt of a replayed order, when there is one already.</summary>
    public StoredReceipt? Receipt { get; init; }

    /// <summary>Steps of a stored cancel of a replayed order.</summary>
    public uint? CancelSteps { get; init; }
}
