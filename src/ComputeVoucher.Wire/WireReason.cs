namespace ComputeVoucher.Wire;

/// <summary>
/// Reasons of the protocol itself, in an Error frame. Numbers 1 to 65279 belong to the node's own
/// refusals, which Wire carries without knowing them; numbers here are never reused.
/// </summary>
public enum WireReason : ushort
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The first frame is not a Hello of this protocol.</summary>
    BadFirstFrame = 0xFF01,

    /// <summary>No version in common.</summary>
    VersionNotSupported = 0xFF02,

    /// <summary>
    /// A frame kind that this version does not have, or that this side never sends.
    /// </summary>
    UnknownKind = 0xFF03,

    /// <summary>A flag that the kind does not have, or a nonzero reserved field.</summary>
    UnknownFlags = 0xFF04,

    /// <summary>A payload shorter or longer than its kind allows.</summary>
    BadLength = 0xFF05,

    /// <summary>Fields inside the payload contradict its length or are not canonical.</summary>
    BadPayload = 0xFF06,

    /// <summary>
    /// Correlation id zero where one is wanted, not zero where none is, or in use.
    /// </summary>
    BadCorrelation = 0xFF07,

    /// <summary>More orders or requests in flight than Welcome allowed. Retryable.</summary>
    TooManyInFlight = 0xFF08,

    /// <summary>Too many cancels in the window.</summary>
    CancelFlood = 0xFF09,

    /// <summary>The first frame did not arrive in time.</summary>
    FirstFrameLate = 0xFF0A,

    /// <summary>A frame arrives slower than the minimum rate, or not within its deadline.</summary>
    SlowSend = 0xFF0B,

    /// <summary>Answers are read slower than the minimum rate.</summary>
    SlowRead = 0xFF0C,

    /// <summary>More unread answers than the outbound cap.</summary>
    OutboundFull = 0xFF0D,

    /// <summary>Nothing arrived although pings were sent.</summary>
    Silent = 0xFF0E,

    /// <summary>
    /// The node is draining: it takes nothing new. Retryable, elsewhere or later.
    /// </summary>
    Draining = 0xFF0F,

    /// <summary>A bound of the node is reached (connections, bytes held). Retryable.</summary>
    Busy = 0xFF10,

    /// <summary>The node failed to answer; its log says why. Retryable.</summary>
    Internal = 0xFF11,

    /// <summary>The other side closed, or the connection broke; never on the wire.</summary>
    Disconnected = 0xFF12,
}
