using System;
using System.Net;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire;

/// <summary>Everything a client connection needs.</summary>
public sealed record WireClientOptions
{
    /// <summary>The node, an IP or a DNS endpoint.</summary>
    public required EndPoint Endpoint { get; init; }

    /// <summary>The address whose key the node must prove.</summary>
    public required Address ExpectedNode { get; init; }

    /// <summary>The domain separator that the node must be bound to.</summary>
    public required Bytes32 ExpectedContext { get; init; }

    /// <summary>32 fresh random bytes; the caller draws them.</summary>
    public required Bytes32 Nonce { get; init; }

    /// <summary>Drives deadlines and keep-alive.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Connect and Welcome, ms. 10,000: two retransmissions of a lost SYN.</summary>
    public int ConnectMsMax { get; init; } = 10_000;

    /// <summary>
    /// Silence after which the node counts as gone, ms; a third of it sends a ping.
    /// </summary>
    public int SilenceMsMax { get; init; } = 90_000;
}
