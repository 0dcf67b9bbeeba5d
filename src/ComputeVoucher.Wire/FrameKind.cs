namespace ComputeVoucher.Wire;

/// <summary>
/// What a frame carries; the byte at offset 4 of the header. Numbers are never reused.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>Client, first frame: magic, versions, nonce.</summary>
    Hello = 1,

    /// <summary>Node, answer to Hello: version, limits, address, proof of the node key.</summary>
    Welcome = 2,

    /// <summary>Client: signed order with its input.</summary>
    Order = 3,

    /// <summary>Node: signed promise of a due time.</summary>
    Accept = 4,

    /// <summary>Node: a piece of the answer.</summary>
    Output = 5,

    /// <summary>Node: signed result; the order is over.</summary>
    Receipt = 6,

    /// <summary>Client: signed cumulative acknowledgement.</summary>
    Ack = 7,

    /// <summary>Node: the acknowledgement is on disk.</summary>
    AckStored = 8,

    /// <summary>Client: signed wish to stop the order of the same correlation id.</summary>
    Cancel = 9,

    /// <summary>
    /// Either side: numbered reason and text. Correlation 0: the connection ends.
    /// </summary>
    Error = 10,

    /// <summary>Either side: eight bytes to be echoed.</summary>
    Ping = 11,

    /// <summary>Either side: the echo.</summary>
    Pong = 12,

    /// <summary>Client: signed query for the trace root of a served order.</summary>
    TraceRequest = 13,

    /// <summary>Node: signed trace root.</summary>
    TraceRoot = 14,

    /// <summary>Client: signed query for the release of a channel.</summary>
    ReleaseRequest = 15,

    /// <summary>Node: signed release.</summary>
    Release = 16,

    /// <summary>Client: signed query for the newest evidence of a channel, after a loss.
    /// </summary>
    StateRequest = 17,

    /// <summary>Node: newest ack and the receipts after it.</summary>
    State = 18,

    /// <summary>Node: no new orders; those in flight finish, then the connection ends.</summary>
    Goodbye = 19,

    /// <summary>Client: signed query for a part of the trace of a served order.</summary>
    OpeningRequest = 20,

    /// <summary>Node: the opened part.</summary>
    Opening = 21,

    /// <summary>Client: asks for the proof that an order wanted.</summary>
    ProofRequest = 22,

    /// <summary>Node: a piece of the proof.</summary>
    Proof = 23,

    /// <summary>Client: asks what the node offers.</summary>
    OfferRequest = 24,

    /// <summary>Node: signed offer.</summary>
    Offer = 25,
}
