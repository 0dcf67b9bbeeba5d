using System;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Names and numbers of the tables.</summary>
internal static class Tables
{
    /// <summary>Tables are numbered 1 to Count.</summary>
    public const int Count = 11;

    private static readonly string[] s_names =
    [
        "", "settings", "orders", "inputs", "conflicts", "accepts", "cancels", "receipts", "acks",
        "releases", "channels", "outbox",
    ];

    public static string Name(Table table) => s_names[(int)table];

    public static ReadOnlySpan<Table> All =>
    [
        Table.Settings, Table.Orders, Table.Inputs, Table.Conflicts, Table.Accepts, Table.Cancels,
        Table.Receipts, Table.Acks, Table.Releases, Table.Channels, Table.Outbox,
    ];
}

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
