using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What a transaction is to do; durable before anything is signed.</summary>
public sealed record OutboxRequest
{
    /// <summary>What the operator reads: "redeem", "settle", "stake". At most 32
    /// characters.</summary>
    public required string Kind { get; init; }

    /// <summary>Two open requests of one key are one request; empty never matches. At most 128
    /// characters.</summary>
    public string Key { get; init; } = "";

    /// <summary>Null creates a contract.</summary>
    public required Address? To { get; init; }

    public byte[] Data { get; init; } = [];

    /// <summary>Wei.</summary>
    public UInt128 Value { get; init; }

    /// <summary>0 asks the node and adds a fifth.</summary>
    public ulong GasLimit { get; init; }

    /// <summary>Wei that the whole fee may reach: the expected gain. 0 is no cap.</summary>
    public UInt128 CostMaxWei { get; init; }

    /// <summary>The cap that holds while <see cref="IsUrgent"/>: the value at risk. 0 is no
    /// cap.</summary>
    public UInt128 UrgentCostMaxWei { get; init; }

    /// <summary>A thaw was seen: the loss of waiting is larger than the gas.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>The first topic of the log that proves the work was done; null asks for
    /// none.</summary>
    public Bytes32? ExpectedTopic { get; init; }

    /// <summary>Who has to write that log; null means <see cref="To"/>.</summary>
    public Address? ExpectedContract { get; init; }

    internal UInt128 CapWei => IsUrgent ? UrgentCostMaxWei : CostMaxWei;
}
