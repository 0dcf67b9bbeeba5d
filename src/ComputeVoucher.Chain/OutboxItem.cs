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
