namespace ComputeVoucher.TestKit;

/// <summary>What floods a node's door. The first five are faults that an attack on the node found;
/// the others aim at the same doors.</summary>
public enum FloodKind
{
    /// <summary>F3: trace roots of an order and of none, asked by its payer and by a stranger.
    /// </summary>
    Traces,

    /// <summary>F4: frames of orders that never end.</summary>
    UnfinishedFrames,

    /// <summary>F7: one paid order, again and again.</summary>
    Replays,

    /// <summary>F10: orders of the honest client's channel and address, signed by another key.
    /// </summary>
    BadSignatures,

    /// <summary>F11: a Hello, and silence.</summary>
    IdleConnections,

    /// <summary>Half a header, and silence.</summary>
    HalfHeaders,

    /// <summary>Connections that say nothing and end at once.</summary>
    ComeAndGo,

    /// <summary>Pings, whose answers nobody reads.</summary>
    Pings,

    /// <summary>Cancels of orders that are not in flight.</summary>
    CancelsForNothing,

    /// <summary>Well-signed orders of channels that are nowhere.</summary>
    OrdersOfNoChannel,

    /// <summary>A payer asks for all it may know, and reads none of it.</summary>
    UnreadAnswers,

    /// <summary>Strangers behind one tunnel, each from another address: silence, unfinished
    /// frames, bad signatures, and headers that are forged, too long or late.</summary>
    Tunnelled,
}
