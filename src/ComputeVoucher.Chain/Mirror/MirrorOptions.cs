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
}
