using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>
/// One row of the outbox: a request and everything that was signed for it. Immutable: a change is
/// a new row, stored before it is acted upon. Whoever signs says what the bytes hold; the ledger
/// keeps it and reads no transaction.
/// </summary>
public sealed record OutboxEntry
{
    /// <summary>Longest signed transaction, bytes: geth's pool takes 128 KiB
    /// (core/txpool/legacypool, txMaxSize).</summary>
    public const int RawBytesMax = 128 << 10;

    /// <summary>
    /// Attempts of one nonce: an eighth a step is a factor of 1,900 in 64 steps, more than any fee
    /// spike on record.
    /// </summary>
    public const int AttemptsMax = 64;

    /// <summary>Given by <see cref="LedgerStore.InsertOutbox"/>; 0 before.</summary>
    public long Id { get; init; }

    public required OutboxRequest Request { get; init; }

    /// <summary>Who signs and pays.</summary>
    public required Address From { get; init; }

    public OutboxState State { get; init; } = OutboxState.Intent;

    public OutboxOutcome Outcome { get; init; }

    /// <summary>Oldest first, all of one nonce.</summary>
    public IReadOnlyList<OutboxAttempt> Attempts { get; init; } = [];

    /// <summary>Null until something is signed, and for a refused request.</summary>
    public ulong? Nonce => Attempts.Count == 0 ? null : Attempts[0].Nonce;

    /// <summary>Block of the mined attempt; 0 while not mined.</summary>
    public ulong MinedBlock { get; init; }

    public Bytes32 MinedBlockHash { get; init; }

    /// <summary>Which attempt was mined.</summary>
    public Bytes32 MinedTxHash { get; init; }

    /// <summary>Unix seconds of the request.</summary>
    public ulong CreatedAt { get; init; }

    /// <summary>One line on why it waits, or why it was refused; not stored.</summary>
    public string? Note { get; init; }

    public bool IsOpen => State < OutboxState.Final;
}

/// <summary>One signed transaction of an entry.</summary>
/// <param name="Nonce">The account's, the same in every attempt of an entry.</param>
/// <param name="MaxFee">Wei per gas, base fee included.</param>
/// <param name="PriorityFee">Wei per gas of it that the block's author gets.</param>
/// <param name="GasLimit">Gas.</param>
/// <param name="TxHash">Keccak of the signed bytes.</param>
/// <param name="Raw">The signed bytes, sent again as they are.</param>
public sealed record OutboxAttempt(
    ulong Nonce,
    UInt128 MaxFee,
    UInt128 PriorityFee,
    ulong GasLimit,
    Bytes32 TxHash,
    ReadOnlyMemory<byte> Raw);

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

/// <summary>What a transaction did. Stored: numbers are frozen.</summary>
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

    /// <summary>Not needed any more, and ended before anything of it could be mined.</summary>
    Cancelled = 4,

    /// <summary>The simulation reverted before a nonce was taken; nothing was sent.</summary>
    Refused = 5,

    /// <summary>Status 1, and its log says that it did nothing: what it was for was done or closed
    /// before. Gas spent.</summary>
    NoEffect = 6,
}
