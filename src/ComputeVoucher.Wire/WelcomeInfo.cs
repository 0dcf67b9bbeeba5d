using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire;

/// <summary>What the node said in its Welcome, after its signature was checked.</summary>
public sealed record WelcomeInfo
{
    /// <summary>The protocol version both speak.</summary>
    public required ushort Version { get; init; }

    /// <summary>Most payload bytes of one frame.</summary>
    public required int FrameBytesMax { get; init; }

    /// <summary>Orders in flight on this connection.</summary>
    public required int OrdersInFlightMax { get; init; }

    /// <summary>Other requests in flight on this connection.</summary>
    public required int RequestsInFlightMax { get; init; }

    /// <summary>The node's address, proven.</summary>
    public required Address Node { get; init; }

    /// <summary>The domain separator the proof is bound to.</summary>
    public required Bytes32 Context { get; init; }
}
