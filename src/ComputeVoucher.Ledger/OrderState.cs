namespace ComputeVoucher.Ledger;

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
