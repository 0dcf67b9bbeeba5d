using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>A redemption that worked when it was simulated.</summary>
/// <param name="Data">The call's data.</param>
/// <param name="GasLimit">A fifth above the estimate.</param>
/// <param name="Paid">Token base units that it pays.</param>
public sealed record RedeemBatch(
    VoucherClass Terms,
    Address Node,
    IReadOnlyList<RedeemRow> Rows,
    byte[] Data,
    ulong GasLimit,
    UInt256 Paid);
