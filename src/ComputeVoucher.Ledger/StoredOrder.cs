using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>An order as it is on disk, with what belongs to it but its input.</summary>
public sealed record StoredOrder
{
    public required Order Order { get; init; }

    public required Bytes32 Hash { get; init; }

    public required Signature Signature { get; init; }

    public required OrderState State { get; init; }

    /// <summary>Steps done when the holder's cancel was stored; null without a cancel.</summary>
    public uint? CancelSteps { get; init; }

    /// <summary>The holder's cancel; null without one.</summary>
    public StoredCancel? Cancel { get; init; }

    public StoredAccept? Accept { get; init; }

    public StoredReceipt? Receipt { get; init; }
}

/// <summary>An accept and the node's signature.</summary>
public sealed record StoredAccept(Accept Accept, Signature Signature);

/// <summary>A cancel and the spend key's signature.</summary>
public sealed record StoredCancel(Cancel Cancel, Signature Signature);

/// <summary>A second order for a used sequence, kept as evidence; at most one a sequence.</summary>
public sealed record StoredConflict(Order Order, Signature Signature);

/// <summary>A receipt and the node's signature.</summary>
public sealed record StoredReceipt(Receipt Receipt, Signature Signature);

/// <summary>How far an order is. Stored: numbers are frozen.</summary>
public enum OrderState : byte
{
    /// <summary>maxUnits are reserved; no receipt yet.</summary>
    Reserved = 1,

    /// <summary>A receipt exists; its units are owed.</summary>
    Settled = 2,

    /// <summary>Given up before anything left the node; nothing is owed.</summary>
    Released = 3,
}
