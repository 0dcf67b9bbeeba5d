namespace ComputeVoucher.Vouchers;

/// <summary>What a channel already has at an order's sequence.</summary>
public enum SequenceUse : byte
{
    /// <summary>Inside the window and unused.</summary>
    Free = 0,

    /// <summary>The very same order is stored: the same answer again, no charge.</summary>
    Same = 1,

    /// <summary>
    /// The same order is stored but was given up before anything left the node: it may run again,
    /// after the rules of a new order.
    /// </summary>
    SameReleased = 2,

    /// <summary>Another order is stored there.</summary>
    Other = 3,

    /// <summary>Another order is stored there and a conflicting one is kept as evidence.</summary>
    OtherKept = 4,

    /// <summary>Below the newest ack, and this order is not stored.</summary>
    Passed = 5,

    /// <summary>At or beyond the end of the window.</summary>
    Ahead = 6,
}
