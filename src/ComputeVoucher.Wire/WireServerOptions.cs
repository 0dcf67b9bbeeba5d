using System;
using System.Collections.Generic;
using System.Net;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire;

/// <summary>Signs a digest with the node key: 64 bytes, EIP-2098, low s.</summary>
public delegate void WelcomeSigner(in Bytes32 digest, Span<byte> signature);

/// <summary>
/// Everything a server needs; it reads no clock, environment or random source itself.
/// </summary>
public sealed record WireServerOptions
{
    /// <summary>Address and port to listen on; port 0 takes a free one.</summary>
    public required IPEndPoint Endpoint { get; init; }

    /// <summary>The node's address, which clients expect.</summary>
    public required Address Node { get; init; }

    /// <summary>
    /// What the node key's proof is bound to besides the client's nonce: the EIP-712 domain
    /// separator (chain id and contract). Opaque here.
    /// </summary>
    public required Bytes32 Context { get; init; }

    /// <summary>Signs the Welcome; called once per Hello.</summary>
    public required WelcomeSigner Signer { get; init; }

    /// <summary>Fills with random bytes nobody can guess; called once per Hello.</summary>
    public required Action<Span<byte>> FillRandom { get; init; }

    /// <summary>
    /// Longest payload of an Order that is taken, bytes: what the largest input that anybody may
    /// order needs. Welcome tells it.
    /// </summary>
    public int OrderBytesMax { get; init; } = WireProtocol.FrameBytesMax;

    /// <summary>
    /// Addresses of tunnels: their connections begin with a PROXY header, which is believed.
    /// Nobody else's is.
    /// </summary>
    public IReadOnlyCollection<IPAddress> ProxyFrom { get; init; } = [];

    /// <summary>The node's bounds.</summary>
    public WireLimits Limits { get; init; } = new();

    /// <summary>Drives every deadline.</summary>
    public required TimeProvider Time { get; init; }
}
