using System;

namespace ComputeVoucher.Vouchers;

/// <summary>The numbers that every signed type and every rule shares.</summary>
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
}
