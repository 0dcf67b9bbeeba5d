using System;
using System.Collections.Generic;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>One row of the outbox. Immutable: a change is a new row, stored before it is acted
/// upon.</summary>
public sealed record OutboxItem
{
    public required long Id { get; init; }

    public required OutboxRequest Request { get; init; }

    public required Address From { get; init; }

    public OutboxState State { get; init; } = OutboxState.Intent;

    public OutboxOutcome Outcome { get; init; }

    /// <summary>Null in <see cref="OutboxState.Intent"/> and for a refused request.</summary>
    public ulong? Nonce { get; init; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<OutboxAttempt> Attempts { get; init; } = [];

    public ulong MinedBlock { get; init; }

    public Bytes32 MinedHash { get; init; }

    /// <summary>Which attempt was mined.</summary>
    public Bytes32 MinedTx { get; init; }

    /// <summary>Unix seconds of the request.</summary>
    public ulong CreatedAt { get; init; }

    /// <summary>One line on why it waits, or why it was refused; not stored.</summary>
    public string? Note { get; init; }

    public bool IsOpen => State < OutboxState.Final;
}

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

/// <summary>What a transaction did. The numbers are stored.</summary>
public enum OutboxOutcome : byte
{
    /// <summary>Nothing known yet.</summary>
    Open = 0,

    /// <summary>Status 1, from this account, to the right address, with the expected log.</summary>
    Succeeded = 1,

    /// <summary>Mined with status 0: gas spent, nothing changed.</summary>
    Reverted = 2,

    /// <summary>Status 1 without the log that the contract writes when it has done the work: a
    /// lying endpoint, or an address without the contract. Counts as nothing.</summary>
    WithoutLog = 3,

    /// <summary>Another transaction of ours (a self-transfer) used the nonce.</summary>
    Cancelled = 4,

    /// <summary>The simulation reverted before a nonce was taken; nothing was sent.</summary>
    Refused = 5,
}

/// <summary>A row that moved to another stage, with the receipt where it is mined.</summary>
public sealed record OutboxChange(OutboxItem Item, TransactionReceipt? Receipt);
