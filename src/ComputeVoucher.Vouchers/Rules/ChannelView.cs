using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What the rules need to know of a channel, at one moment. Units only, no signature. The default
/// value is a channel that nobody knows.
/// </summary>
public readonly record struct ChannelView
{
    public Bytes32 Id { get; init; }

    public ChannelTerms Terms { get; init; }

    public ChannelStatus Status { get; init; }

    /// <summary>The node has signed a release: it serves nothing more here.</summary>
    public bool Released { get; init; }

    /// <summary>Units that the chain holds for the node: openings and top-ups when final.</summary>
    public UInt128 Locked { get; init; }

    /// <summary>Units already redeemed on chain.</summary>
    public UInt128 Redeemed { get; init; }

    /// <summary>Unix seconds from which the holder may withdraw; 0 while no thaw runs.</summary>
    public ulong ThawAt { get; init; }

    /// <summary>Cumulative units of the newest ack.</summary>
    public UInt128 AckedUnits { get; init; }

    /// <summary>First sequence that the newest ack does not cover.</summary>
    public ulong NextSeq { get; init; }

    /// <summary>Units reserved or served beyond the newest ack.</summary>
    public UInt128 UnackedUnits { get; init; }

    /// <summary>Acked units of the spend key, over all its channels.</summary>
    public UInt128 KeyAckedUnits { get; init; }

    /// <summary>Unacked units of the spend key, over all its channels.</summary>
    public UInt128 KeyUnackedUnits { get; init; }

    /// <summary>The spend key left orders unpaid long after their deadline: it gets no more until
    /// it acknowledges them.</summary>
    public bool KeyDenied { get; init; }

    /// <summary>Unacked units of all spend keys of the node, without those that are given up.
    /// </summary>
    public UInt128 NodeUnackedUnits { get; init; }

    /// <summary>Bytes of all inputs that the node keeps.</summary>
    public long NodeInputBytes { get; init; }

    /// <summary>Bytes of the inputs of this spend key that the node keeps, over all its channels.
    /// </summary>
    public long KeyInputBytes { get; init; }

    /// <summary>Units of the longest order of this channel about which a court may still decide,
    /// times its <see cref="DisputeLines"/>.</summary>
    public UInt128 ChannelDisputeUnits { get; init; }

    /// <summary>Everybody may dispute its orders.</summary>
    public bool IsOpenToStrangers { get; init; }

    /// <summary>Orders of this channel that may wait for their first answer at a time: one of its
    /// own side, and one of strangers'.</summary>
    public uint DisputeLines => IsOpenToStrangers ? 2U : 1;

    /// <summary>The same, summed over all channels of the node: what it has to run again, before it
    /// answers, if every channel disputes at once.</summary>
    public UInt128 NodeDisputeUnits { get; init; }

    /// <summary>What it can run again in the time that a court gives it.</summary>
    public DisputeBounds DisputeBounds { get; init; }

    /// <summary>What stands at the sequence that the view was asked for.</summary>
    public SequenceUse SequenceUse { get; init; }

    /// <summary>
    /// Units that are gone for good. An ack is worth its cumulative units whether redeemed or not,
    /// and after a lost disk the chain may know more than the ledger.
    /// </summary>
    public UInt128 CommittedUnits => UInt128.Max(Redeemed, AckedUnits);
}

/// <summary>What a node can run again for a court; units.</summary>
/// <param name="AllUnits">In <see cref="CourtLimits.ReExecutionSeconds"/>, by all workers.</param>
/// <param name="OneUnits">In <see cref="CourtLimits.LongestSeconds"/>, with one: an order is not
/// divided among workers, and the last one begun ends that much after the sum.</param>
public readonly record struct DisputeBounds(UInt128 AllUnits, UInt128 OneUnits)
{
    /// <summary>Before anything was measured.</summary>
    public static DisputeBounds None => new(UInt128.MaxValue, UInt128.MaxValue);
}

/// <summary>Where a channel stands, as the node sees it. Stored: numbers are frozen.</summary>
public enum ChannelStatus : byte
{
    /// <summary>No such channel.</summary>
    Unknown = 0,

    /// <summary>Opened on chain, not final yet.</summary>
    Pending = 1,

    /// <summary>Opened and final.</summary>
    Open = 2,

    /// <summary>Closed or withdrawn on chain; ids never reopen.</summary>
    Closed = 3,
}

/// <summary>What a channel already has at an order's sequence.</summary>
public enum SequenceUse : byte
{
    /// <summary>Inside the window and unused.</summary>
    Free = 0,

    /// <summary>The very same order is stored: the same answer again, no charge.</summary>
    Same = 1,

    /// <summary>
    /// The same order is stored but was given up before anything left the node: it may run again,
    /// after the rules of a new order.
    /// </summary>
    SameReleased = 2,

    /// <summary>Another order is stored there.</summary>
    Other = 3,

    /// <summary>Another order is stored there and a conflicting one is kept as evidence.</summary>
    OtherKept = 4,

    /// <summary>Below the newest ack, and this order is not stored.</summary>
    Passed = 5,

    /// <summary>At or beyond the end of the window.</summary>
    Ahead = 6,
}
