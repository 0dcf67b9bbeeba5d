using System;
using System.Collections.Generic;
using System.Net;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>Where nodes listen that are asked what they computed, and who asks: a spend key, or a
/// watcher whom the holder appointed.</summary>
/// <param name="at">Addresses of any nodes; which node is where shows when it is asked.</param>
/// <param name="key">Signs the questions; its owner disposes of it.</param>
/// <param name="domain">Chain and contracts.</param>
/// <param name="time">Clock of the waits.</param>
/// <param name="fillRandom">Makes each connection unlike every other.</param>
public sealed class WatchedNodes(
    IReadOnlyList<EndPoint> at, PrivateKey key, VoucherDomain domain, TimeProvider time,
    Action<Span<byte>> fillRandom)
{
    /// <summary>One address is tried so long: two retransmissions of a lost SYN. A dispute on chain
    /// costs more than the wait, and waits for nobody either.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    internal IReadOnlyList<EndPoint> At => at;

    internal TimeProvider Time => time;

    /// <summary>The way to a channel's node, if it is the one that listens there.</summary>
    internal NodeConnection Connect(EndPoint where, in ChannelTerms channel) => new(new()
    {
        EndPoint = where,
        Channel = channel,
        Domain = domain,
        SpendKey = key,
        IsWatcher = true,
        Patience = s_patience,
        Time = time,
        FillRandom = fillRandom,
    });
}
