using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Which channels are followed, and from where.</summary>
public sealed record MirrorOptions
{
    /// <summary>The block of the contract's deployment, or any before this node's first
    /// channel.</summary>
    public ulong StartBlock { get; init; }

    /// <summary>0 waits for the "finalized" tag; N ≥ 1 for N blocks on top, itself included.
    /// </summary>
    public uint Confirmations { get; init; }

    /// <summary>Blocks of one eth_getLogs.</summary>
    public ulong LogBlocksMax { get; init; } = ChainLimits.LogBlocksMax;

    /// <summary>Classes whose new channels are followed; null is any.</summary>
    public IReadOnlyCollection<Bytes32>? Classes { get; init; }

    /// <summary>Units that a new channel has to hold when it opens, or is opened again: the one
    /// who opens it first need not be its holder.</summary>
    public UInt128 UnitsMin { get; init; }

    /// <summary>Channels that are followed at once; beyond them new ones are ignored.</summary>
    public int ChannelsMax { get; init; } = ChainLimits.ChannelsMax;

    /// <summary>Blocks before the newest final one that are searched again each time.</summary>
    public ulong RescanBlocks { get; init; } = ChainLimits.RescanBlocks;

    /// <summary>Time in which every known channel is read anew, whatever the logs say; zero is
    /// never.</summary>
    public TimeSpan RereadEvery { get; init; } = ChainLimits.RereadEvery;

    /// <summary>Age of a head that is still believed; zero believes any.</summary>
    public TimeSpan HeadAgeMax { get; init; }

    /// <summary>Only redemptions of this node's provider are looked at, where the contract that
    /// knows it is given.</summary>
    public Address? Providers { get; init; }

    /// <summary>Of everything that a search leaves out: another one has to begin at the start.
    /// </summary>
    internal Bytes32 Filter()
    {
        List<Bytes32> classes = [.. Classes ?? []];
        classes.Sort((left, right) => left.Span.SequenceCompareTo(right.Span));
        AbiWriter writer = new AbiWriter()
            .Write(StartBlock).Write(UnitsMin).Write((ulong)ChannelsMax)
            .Write(Classes is null ? 0UL : 1UL);
        foreach (Bytes32 id in classes)
        {
            writer.Write(id);
        }

        return Keccak256.Hash(writer.ToArray());
    }
}
