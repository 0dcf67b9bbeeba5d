using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>What a transaction is to do; durable before anything is signed.</summary>
public sealed record OutboxRequest
{
    /// <summary>Longest kind, ASCII characters.</summary>
    public const int KindCharsMax = 32;

    /// <summary>Longest key, ASCII characters: a word and a hash of 66, with room.</summary>
    public const int KeyCharsMax = 128;

    /// <summary>Longest call data, bytes: what <see cref="OutboxEntry.RawBytesMax"/> can carry.
    /// </summary>
    public const int DataBytesMax = OutboxEntry.RawBytesMax;

    /// <summary>What the operator reads: "redeem", "settle", "stake".</summary>
    public required string Kind { get; init; }

    /// <summary>Two open requests of one key are one request; empty never matches.</summary>
    public string Key { get; init; } = "";

    /// <summary>Null creates a contract.</summary>
    public required Address? To { get; init; }

    public byte[] Data { get; init; } = [];

    /// <summary>Wei.</summary>
    public UInt128 Value { get; init; }

    /// <summary>Most gas that it may take, whatever the chain says when it is signed; 0 is what a
    /// block holds.</summary>
    public ulong GasLimit { get; init; }

    /// <summary>Wei that the whole fee may reach, beside what the outbox allows; null is no cap of
    /// its own. Not looked at where <see cref="Purpose"/> says what it gains.</summary>
    public UInt128? CostMaxWei { get; init; }

    /// <summary>The cap that holds while <see cref="IsUrgent"/>; null is no cap of its own.
    /// </summary>
    public UInt128? UrgentCostMaxWei { get; init; }

    /// <summary>A thaw was seen: the loss of waiting is larger than the gas.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>The first topic of the log that proves the work was done; null asks for
    /// none.</summary>
    public Bytes32? ExpectedTopic { get; init; }

    /// <summary>Who has to write that log; null means <see cref="To"/>.</summary>
    public Address? ExpectedContract { get; init; }

    /// <summary>What it redeems; null for any other request.</summary>
    public RedemptionPurpose? Purpose { get; init; }
}

/// <summary>What a redemption is for, so that nobody has to read its call data again.</summary>
/// <param name="ClassId">The voucher class of every channel in it.</param>
/// <param name="Channels">1 to <see cref="ChannelsMax"/>.</param>
public sealed record RedemptionPurpose(Bytes32 ClassId, IReadOnlyList<RedeemedUnits> Channels)
{
    /// <summary>Channels of one transaction: the rows that the contract takes in one call
    /// (Limits.sol, BATCH_ROWS_MAX).</summary>
    public const int ChannelsMax = 256;
}

/// <summary>One channel of a redemption.</summary>
/// <param name="Channel">Its id.</param>
/// <param name="CumUnits">Units since the channel was opened, these included.</param>
public readonly record struct RedeemedUnits(Bytes32 Channel, UInt128 CumUnits);
