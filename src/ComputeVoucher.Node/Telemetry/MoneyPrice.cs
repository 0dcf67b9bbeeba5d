using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>What one redemption of one channel may cost, for figures and warnings; what is signed
/// is priced by the outbox.</summary>
public static class MoneyPrice
{
    /// <summary>Base fees that count: as much is signed for, since a fee may rise until a
    /// transaction is mined.</summary>
    private const ulong BaseFees = 2;

    /// <summary>Wei per gas for the block's author.</summary>
    private const ulong Tip = 1_000_000_000;

    private static readonly RedeemerOptions s_redemption = new();

    /// <param name="baseFee">Wei per gas, of the newest block.</param>
    public static UInt256 RedemptionWei(UInt128 baseFee) =>
        ((UInt256)baseFee * BaseFees + Tip) * (s_redemption.BatchGas + s_redemption.RowGas);
}
