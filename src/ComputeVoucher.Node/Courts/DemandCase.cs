using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>A result that was demanded of this node, as the last look found it.</summary>
internal sealed class DemandCase
{
    public required Bytes32 Channel { get; init; }

    public required ulong Seq { get; init; }

    /// <summary>In which it was asked.</summary>
    public required ulong Block { get; init; }

    /// <summary>As the contract has it.</summary>
    public Demand State { get; set; }

    /// <summary>As the ledger has it; null where it has none.</summary>
    public StoredOrder? Order { get; set; }

    /// <inheritdoc cref="DisputeCase.OverAt"/>
    public ulong OverAt { get; set; }

    /// <inheritdoc cref="DisputeCase.Shown"/>
    public byte[]? Shown { get; set; }

    /// <inheritdoc cref="DisputeCase.Sent"/>
    public (string Key, long At) Sent { get; set; }

    public bool IsAlerted { get; set; }

    /// <inheritdoc cref="DisputeCase.IsPinned"/>
    public bool IsPinned { get; set; }

    /// <inheritdoc cref="DisputeCase.Problem"/>
    public string? Problem { get; set; }

    /// <inheritdoc cref="DisputeCase.PinOf"/>
    public Bytes32 PinOf(in Address court) =>
        Keccak256.Hash(new AbiWriter().Write(court).Write(Channel).Write(Seq).ToArray());
}
