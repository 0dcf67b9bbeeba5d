using System.Collections.Generic;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>A dispute about an order of this node, as the last look found it.</summary>
internal sealed class DisputeCase
{
    public required ulong Id { get; init; }

    /// <summary>As it was opened.</summary>
    public required Matter Matter { get; init; }

    /// <summary>In which it was opened.</summary>
    public required ulong Block { get; init; }

    /// <summary>As the contract has it.</summary>
    public Dispute State { get; set; }

    /// <summary>Unix seconds at which the provider loses by silence; 0 while it is not its turn.
    /// </summary>
    public ulong EndsAt { get; set; }

    /// <summary>First block in which it was seen to be over; 0 while it is not.</summary>
    public ulong OverAt { get; set; }

    /// <summary>What the opener has shown, where the node had lost it.</summary>
    public byte[]? Shown { get; set; }

    /// <summary>What was said of it, as the state of that key wanted it.</summary>
    public (string Key, List<DisputeEvent> Events) Said { get; set; } = ("", []);

    /// <summary>The move that was put into the outbox last, and when.</summary>
    public (string Key, long At) Sent { get; set; }

    /// <summary>The turn whose last day was told.</summary>
    public ulong AlertedFor { get; set; }

    /// <summary>The order stays in the ledger.</summary>
    public bool IsPinned { get; set; }

    /// <summary>Why it cannot be answered, as it was told last.</summary>
    public string? Problem { get; set; }

    /// <summary>Names it among those who keep an order.</summary>
    public Bytes32 PinOf(in Address court) =>
        Keccak256.Hash(new AbiWriter().Write(court).Write(Id).ToArray());
}
