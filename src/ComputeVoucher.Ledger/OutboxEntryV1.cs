using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>
/// An outbox entry as a ledger of schema 1 has it: what it meant stood in its intent and in its
/// signed bytes alone, so that only the outbox can say it. Frozen.
/// </summary>
/// <param name="Id">Its id, above 0.</param>
/// <param name="Kind">ASCII letters.</param>
/// <param name="Intent">The outbox's bytes.</param>
/// <param name="State">How far it was.</param>
/// <param name="From">The payer.</param>
/// <param name="Nonce">The payer's nonce; null before one was given.</param>
/// <param name="Attempts">What was signed for the nonce, in order.</param>
/// <param name="MinedBlock">Block of the mined attempt; 0 while not mined.</param>
/// <param name="MinedBlockHash">Its hash.</param>
/// <param name="MinedTxHash">Hash of the mined attempt.</param>
/// <param name="CreatedAt">Unix seconds.</param>
public sealed record OutboxEntryV1(
    long Id,
    string Kind,
    ReadOnlyMemory<byte> Intent,
    OutboxState State,
    Address From,
    ulong? Nonce,
    IReadOnlyList<OutboxAttemptV1> Attempts,
    ulong MinedBlock,
    Bytes32 MinedBlockHash,
    Bytes32 MinedTxHash,
    ulong CreatedAt);

/// <summary>One signed transaction of an entry of schema 1.</summary>
/// <param name="TxHash">Its hash.</param>
/// <param name="Raw">Its signed bytes.</param>
public sealed record OutboxAttemptV1(Bytes32 TxHash, ReadOnlyMemory<byte> Raw);
