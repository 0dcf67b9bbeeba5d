using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// One channel in memory. The sums of orders that are not here any more stay in it.
/// </summary>
internal sealed class ChannelAccount(Bytes32 id, ChannelRow row, KeyAccount key)
{
    public Bytes32 Id { get; } = id;

    public ChannelRow Row { get; set; } = row;

    public KeyAccount Key { get; } = key;

    public PrunedSums Pruned { get; set; }

    public Ack? Ack { get; set; }

    public Signature AckSignature { get; set; }

    public Task AckDurable { get; set; } = Task.CompletedTask;

    public Release? Release { get; set; }

    public Task ReleaseDurable { get; set; } = Task.CompletedTask;

    /// <summary>
    /// By sequence; those below <see cref="NextSeq"/> leave when the ack is on disk.
    /// </summary>
    public SortedDictionary<ulong, OpenOrder> Orders { get; } = [];

    public UInt128 Accepted { get; set; }

    public UInt128 Reserved { get; set; }

    public UInt128 Settled { get; set; }

    public UInt128 Released { get; set; }

    public UInt128 Unacked { get; set; }

    /// <summary>Units of its longest order that a court may still judge, or of a longer one that
    /// was there at the last look.</summary>
    public UInt128 Longest { get; set; }

    /// <summary>Of those that came since that look began.</summary>
    public UInt128 LongestSince { get; set; }

    /// <summary>Everybody may dispute its orders.</summary>
    public bool IsOpenToStrangers { get; set; }

    /// <summary>Units that its disputes may make the node run again at a time.</summary>
    public UInt128 DisputeUnits => Longest * (IsOpenToStrangers ? 2U : 1);

    public ulong NextSeq => Ack?.NextSeq ?? 0;

    /// <summary>Behind the last sequence that an order has used, given up or not.</summary>
    public ulong UnusedSeq
    {
        get
        {
            ulong unused = NextSeq;
            foreach (ulong seq in Orders.Keys)
            {
                unused = Math.Max(unused, seq + 1);
            }

            return unused;
        }
    }

    public UInt128 Acked => Ack?.CumUnits ?? 0;

    public ChannelSums Sums =>
        new(Accepted, Reserved, Settled, Released, Acked, NextSeq, Unacked);

    public ChannelState State => new(Id, Row, Ack, AckSignature, Release, Sums, UnusedSeq);
}

/// <summary>Sums of one spend key over all its channels.</summary>
internal sealed class KeyAccount
{
    public UInt128 Acked { get; set; }

    public UInt128 Unacked { get; set; }

    /// <summary>Bytes of its inputs that are kept.</summary>
    public long InputBytes { get; set; }

    /// <summary>Of the unacked units, those of lost orders; above zero, the key is refused.
    /// </summary>
    public UInt128 Lost { get; set; }
}

/// <summary>
/// What pruned orders of a channel added up to; keeps the sums whole without their rows.
/// </summary>
internal readonly record struct PrunedSums(UInt128 Accepted, UInt128 Settled, UInt128 Released);
