using System;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// An order in memory: at or above its channel's newest ack, or not flushed since.
/// </summary>
internal sealed class OpenOrder(Order order, Bytes32 hash, Signature signature)
{
    public Order Order { get; } = order;

    public Bytes32 Hash { get; } = hash;

    public Signature Signature { get; } = signature;

    public OrderState State { get; set; } = OrderState.Reserved;

    /// <summary>Units of the receipt, at most maxUnits; zero before.</summary>
    public UInt128 Units { get; set; }

    /// <summary>Done when its row is on disk.</summary>
    public Task Durable { get; set; } = Task.CompletedTask;

    /// <summary>Bytes of its input on the disk; 0 once that is gone.</summary>
    public int InputBytes { get; set; }

    public bool ConflictKept { get; set; }

    public StoredAccept? Accept { get; set; }

    public Task AcceptDurable { get; set; } = Task.CompletedTask;

    public uint? CancelSteps { get; set; }

    public Task CancelDurable { get; set; } = Task.CompletedTask;

    public StoredReceipt? Receipt { get; set; }

    /// <summary>Nobody is expected to pay for it.</summary>
    public bool IsLost { get; set; }

    /// <summary>What it takes from the channel: maxUnits, then the receipt's units.</summary>
    public UInt128 Charge => State switch
    {
        OrderState.Reserved => Order.MaxUnits,
        OrderState.Settled => Units,
        _ => 0,
    };
}
