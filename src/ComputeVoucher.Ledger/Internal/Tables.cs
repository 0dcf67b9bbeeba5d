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
