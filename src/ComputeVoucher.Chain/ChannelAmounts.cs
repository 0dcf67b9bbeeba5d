using System;

namespace ComputeVoucher.Chain;

/// <summary>What the contract holds of one channel: its channel() and aux() in one.</summary>
/// <param name="Locked">Units ever locked and not handed back.</param>
/// <param name="Redeemed">Units paid and burned; never above <paramref name="Locked"/>.</param>
/// <param name="ThawAt">Unix seconds from which the holder may withdraw; 0 while no thaw runs,
/// <see cref="ClosedThawAt"/> when closed.</param>
public readonly record struct ChannelAmounts(UInt128 Locked, UInt128 Redeemed, ulong ThawAt)
{
    /// <summary>type(uint40).max marks a channel that ended for good.</summary>
    public const ulong ClosedThawAt = (1UL << 40) - 1;

    public bool IsClosed => ThawAt == ClosedThawAt;
}
