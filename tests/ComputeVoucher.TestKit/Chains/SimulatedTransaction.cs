using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.TestKit;

/// <summary>A transaction that a simulated chain was offered, and what came of it.</summary>
/// <param name="hash">Of its signed bytes.</param>
/// <param name="body">What was signed.</param>
/// <param name="from">By whom.</param>
/// <param name="offeredAt">The newest block when an endpoint first saw it.</param>
public sealed class SimulatedTransaction(
    Bytes32 hash, Transaction body, Address from, ulong offeredAt)
{
    public Bytes32 Hash => hash;

    public Transaction Body => body;

    public Address From => from;

    public ulong OfferedAt => offeredAt;

    /// <summary>Wei per gas.</summary>
    public UInt128 MaxFee => body.MaxFeePerGas.ToUInt128();

    /// <summary>Wei per gas.</summary>
    public UInt128 Tip => body.MaxPriorityFeePerGas.ToUInt128();

    /// <summary>0 while it is in none.</summary>
    public ulong Block { get; internal set; }

    public ulong GasUsed { get; internal set; }

    /// <summary>Wei per gas that was paid.</summary>
    public UInt128 Price { get; internal set; }

    public bool IsSuccess { get; internal set; }

    /// <summary>It is in a block, and every channel that it names had ended before.</summary>
    public bool HasEnded { get; internal set; }

    /// <summary>Compute units that it redeemed.</summary>
    public UInt128 Units { get; internal set; }

    /// <summary>Token base units that it earned.</summary>
    public UInt128 Paid { get; internal set; }

    /// <summary>Wei.</summary>
    public UInt128 Cost => Price * GasUsed;

    internal string Log { get; set; } = "";

    internal bool IsDearerThan(SimulatedTransaction other, uint percent) =>
        MaxFee * 100 >= other.MaxFee * percent && Tip * 100 >= other.Tip * percent;
}
