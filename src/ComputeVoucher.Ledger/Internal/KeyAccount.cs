using System;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Sums of one spend key over all its channels.</summary>
internal sealed class KeyAccount
{
    public UInt128 Acked { get; set; }

    public UInt128 Unacked { get; set; }
}
