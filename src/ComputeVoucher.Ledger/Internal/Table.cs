namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The tables, each (key, body, digest). Keys and bodies are fixed layouts, mostly the very bytes
/// that were signed. Numbers enter every row's digest and are frozen.
/// </summary>
internal enum Table : byte
{
    /// <summary>name → value.</summary>
    Settings = 1,

    /// <summary>
    /// order hash → order, signature, state u8, units u128; slot = channel ‖ seq.
    /// </summary>
    Orders = 2,

    /// <summary>order hash → input bytes.</summary>
    Inputs = 3,

    /// <summary>channel ‖ seq → another order, signature.</summary>
    Conflicts = 4,

    /// <summary>order hash → accept, signature.</summary>
    Accepts = 5,

    /// <summary>order hash → cancel, signature, steps u32.</summary>
    Cancels = 6,

    /// <summary>order hash → receipt, signature.</summary>
    Receipts = 7,

    /// <summary>channel → ack, signature.</summary>
    Acks = 8,

    /// <summary>channel → release, signature.</summary>
    Releases = 9,

    /// <summary>channel → terms, mirror state, pruned sums.</summary>
    Channels = 10,

    /// <summary>id u64 → entry.</summary>
    Outbox = 11,
}
