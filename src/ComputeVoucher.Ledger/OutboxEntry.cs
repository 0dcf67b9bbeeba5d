using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>
/// One intended transaction and everything that was signed for it. The ledger keeps it; what the
/// bytes mean is the outbox's affair.
/// </summary>
public sealed record OutboxEntry
{
    /// <summary>Longest kind, ASCII letters.</summary>
    public const int KindBytesMax = 32;

    /// <summary>Longest intent, bytes: a batch of 256 rows of 160 bytes, with room.</summary>
    public const int IntentBytesMax = 128 << 10;

    /// <summary>Longest signed transaction, bytes: geth's pool takes 128 KiB.</summary>
    public const int RawBytesMax = 128 << 10;

    /// <summary>
    /// Attempts of one nonce: twelve per cent a step is a factor of 1,800 in 64 steps.
    /// </summary>
    public const int AttemptsMax = 64;

    /// <summary>Given by <see cref="LedgerStore.InsertOutbox"/>; 0 before.</summary>
    public long Id { get; init; }

    public required string Kind { get; init; }

    public required ReadOnlyMemory<byte> Intent { get; init; }

    public OutboxState State { get; init; } = OutboxState.Intent;

    public Address From { get; init; }

    public ulong? Nonce { get; init; }

    public IReadOnlyList<OutboxAttempt> Attempts { get; init; } = [];

    /// <summary>Block of the mined attempt; 0 while not mined.</summary>
    public ulong MinedBlock { get; init; }

    public Bytes32 MinedBlockHash { get; init; }

    public Bytes32 MinedTxHash { get; init; }

    /// <summary>Unix seconds, set by the outbox: when the intent was made.</summary>
    public ulong CreatedAt { get; init; }
}

/// <summary>One signed transaction of an entry's nonce.</summary>
/// <param name="TxHash">Its hash.</param>
/// <param name="Raw">Its signed bytes, re-sent as they are.</param>
public sealed record OutboxAttempt(Bytes32 TxHash, ReadOnlyMemory<byte> Raw);

/// <summary>States of a transaction, in order; a reorg moves Mined back to Sent. Stored: numbers
/// are frozen.</summary>
public enum OutboxState : byte
{
    Intent = 1,
    Signed = 2,
    Sent = 3,
    Mined = 4,
    Final = 5,

    /// <summary>Given up before anything was signed, or replaced by another entry.</summary>
    Abandoned = 6,
}
