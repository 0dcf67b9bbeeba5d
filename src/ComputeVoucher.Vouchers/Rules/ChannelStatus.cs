namespace ComputeVoucher.Vouchers;

/// <summary>Where a channel stands, as the node sees it. Stored: numbers are frozen.</summary>
public enum ChannelStatus : byte
{
    /// <summary>No such channel.</summary>
    Unknown = 0,

    /// <summary>Opened on chain, not final yet.</summary>
    Pending = 1,

    /// <summary>Opened and final.</summary>
    Open = 2,

    /// <summary>Closed or withdrawn on chain; ids never reopen.</summary>
    Closed = 3,
}
