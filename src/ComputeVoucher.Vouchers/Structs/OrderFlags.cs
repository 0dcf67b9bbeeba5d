using System;

namespace ComputeVoucher.Vouchers;

/// <summary>Bits of an order's flags; every other bit is refused in version 1.</summary>
[Flags]
public enum OrderFlags : byte
{
    None = 0,

    /// <summary>The client wants a signed <see cref="Accept"/> before the work starts.</summary>
    AcceptWanted = 1,

    /// <summary>The receipt carries the trace root; otherwise it is zero there.</summary>
    TraceRootWanted = 2,
}
