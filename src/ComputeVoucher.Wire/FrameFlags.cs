using System;

namespace ComputeVoucher.Wire;

/// <summary>
/// The byte at offset 5 of the header. A bit that its kind does not know is refused.
/// </summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>On Output: no further Output follows for this order.</summary>
    Last = 1,

    /// <summary>On Error: the same request may succeed later, unchanged.</summary>
    Retryable = 2,
}
