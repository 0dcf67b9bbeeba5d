using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>Something for a worker to execute.</summary>
internal abstract class Job
{
    /// <summary>Parts that the units of one channel are counted in: small enough for the cheapest
    /// order of a rich channel, and far from the end of 128 bits.</summary>
    private const int ShareBits = 40;

    /// <summary>The model to run.</summary>
    public required IModel Model { get; init; }

    /// <summary>Whose turn it is.</summary>
    public required Bytes32 Channel { get; init; }

    /// <summary>How much of its channel's turn it takes; at least 1.</summary>
    public UInt128 Share { get; init; } = 1;

    /// <summary>Nothing new is paid for it: it waits behind what is.</summary>
    public virtual bool IsBehind => false;

    /// <summary>The part of all that a channel has locked which the work may cost.</summary>
    /// <param name="units">At most 2⁶³ − 1.</param>
    /// <param name="locked">Units of the channel.</param>
    public static UInt128 ShareOf(UInt128 units, UInt128 locked) =>
        UInt128.Max(1, (units << ShareBits) / UInt128.Max(1, locked));

    /// <summary>Runs on a worker thread with that worker's session of the model.</summary>
    public abstract void Run(IModelSession session);

    /// <summary>The worker could not run it: one line.</summary>
    public abstract void Fail(Exception failure);
}
