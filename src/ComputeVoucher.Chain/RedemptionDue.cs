using System;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>A channel with acked units that the chain has not paid yet.</summary>
/// <param name="Units">Acked, at most locked, less what is redeemed.</param>
/// <param name="Value">Token base units that redeeming now pays.</param>
/// <param name="IsUrgent">A thaw runs, or the time to redeem ends soon.</param>
/// <param name="InFlight">An open transaction redeems at least this much already.</param>
public sealed record RedemptionDue(
    ChannelState Channel,
    VoucherClass Terms,
    UInt128 Units,
    UInt256 Value,
    bool IsUrgent,
    bool InFlight);
