namespace ComputeVoucher.Wire;

/// <summary>What one step of <see cref="FrameReader"/> found.</summary>
public enum FrameStatus
{
    /// <summary>The input is used up; a frame may have begun.</summary>
    NeedMore,

    /// <summary>A whole, valid frame.</summary>
    Frame,

    /// <summary>The bytes break the protocol; the reader stays in this state.</summary>
    Refused,
}
