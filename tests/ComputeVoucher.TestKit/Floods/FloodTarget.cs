using System;
using System.Net;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>Whom a flooder floods, and what it knows of the honest client there.</summary>
public sealed record FloodTarget
{
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>False: a socket that only discards; nothing is waited for.</summary>
    public bool Answers { get; init; } = true;

    /// <summary>The address that the honest client has there.</summary>
    public IPAddress Honest { get; init; } = IPAddress.Loopback;

    /// <summary>The domain that everything is signed in.</summary>
    public required Bytes32 Separator { get; init; }

    /// <summary>Of the honest client, whose own client may be the flooder.</summary>
    public required PrivateKey SpendKey { get; init; }

    /// <summary>An order that was served, or will be.</summary>
    public required Order Served { get; init; }

    /// <summary>Of <see cref="Served"/>.</summary>
    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Bytes of the longest input that the node takes.</summary>
    public required int InputBytesMax { get; init; }

    /// <summary>A sequence that the honest client has not reached and may use.</summary>
    public required Func<ulong> UnusedSeq { get; init; }
}
