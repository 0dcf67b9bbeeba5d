using System;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The numbers that every signed type and every rule shares, with each other and with the
/// contracts (libraries/Limits.sol).
/// </summary>
public static class VoucherLimits
{
    /// <summary>
    /// Most units of one channel: 2^63 - 1, so that a sum never leaves a signed 64-bit integer
    /// in any language that reads it. Contract, decoder and ledger enforce the same number.
    /// </summary>
    public static readonly UInt128 UnitsMax = long.MaxValue;

    /// <summary>
    /// Sequences that may be open in one channel beyond the acknowledged ones. Bounds what the
    /// ledger keeps in memory for a channel; a client that never acks stops here.
    /// </summary>
    public const ulong SequenceWindow = 1024;

    /// <summary>Basis points of the whole: bps fields stay at or below.</summary>
    public const ushort BasisPointsMax = 10_000;

    /// <summary>
    /// Seconds after a class's expiry in which the contract still redeems: as long as the longest
    /// thaw, so that no expiry cuts a thaw short for the node.
    /// </summary>
    public const ulong ExpiryGraceSeconds = 30 * 86_400;

    /// <summary>Seconds of a thaw: what a node needs at least to be paid through an outage, and
    /// within what a holder gets its units back.</summary>
    public const uint ThawSecondsMin = 3 * 86_400;

    /// <inheritdoc cref="ThawSecondsMin"/>
    public const uint ThawSecondsMax = 30 * 86_400;

    /// <summary>Longest dispute window, seconds.</summary>
    public const uint WindowSecondsMax = 30 * 86_400;

    /// <summary>Furthest expiry from the first purchase, seconds.</summary>
    public const ulong ExpirySecondsMax = 5 * 365 * 86_400;
}
