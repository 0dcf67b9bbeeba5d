namespace ComputeVoucher.Wire;

/// <summary>A reading of a server's counters; the totals only grow.</summary>
public readonly record struct WireServerFigures
{
    /// <summary>Open now.</summary>
    public int Connections { get; init; }

    /// <summary>Orders in flight now.</summary>
    public int OrdersInFlight { get; init; }

    /// <summary>Bytes held for clients now: unfinished frames and inputs.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Accepted since the start.</summary>
    public long ConnectionsTotal { get; init; }

    /// <summary>Turned away at the door since the start.</summary>
    public long ConnectionsRefusedTotal { get; init; }

    /// <summary>Closed for breaking a rule of the protocol since the start.</summary>
    public long ConnectionsAbortedTotal { get; init; }

    /// <summary>Bytes received and handled since the start.</summary>
    public long BytesReceivedTotal { get; init; }

    /// <summary>Frames read since the start.</summary>
    public long FramesTotal { get; init; }
}
