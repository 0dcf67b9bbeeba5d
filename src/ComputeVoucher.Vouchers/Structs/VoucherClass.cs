using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The terms of a voucher. Its hash is the class id, an ERC-1155 id.
/// </summary>
/// <param name="Token">The stablecoin (ERC-20) that backs the class.</param>
/// <param name="UnitPrice">Token base units per 1e9 compute units.</param>
/// <param name="Expiry">Unix seconds; redemption ends at expiry + grace.</param>
/// <param name="Thaw">Seconds between the start of a thaw and its withdrawal.</param>
/// <param name="Window">Seconds of the dispute window.</param>
/// <param name="PremiumBps">Premium above the price, in basis points.</param>
/// <param name="BurnBps">Share of the premium that is burned, in basis points.</param>
/// <param name="CostTable">Hash of the published cost table of units.</param>
/// <param name="Court">The contract that may slash; zero = not slashable.</param>
public readonly record struct VoucherClass(
    Address Token,
    UInt128 UnitPrice,
    ulong Expiry,
    uint Thaw,
    uint Window,
    ushort PremiumBps,
    ushort BurnBps,
    Bytes32 CostTable,
    Address Court)
    : ISignedStruct<VoucherClass>
{
    /// <inheritdoc/>
    public static string TypeName => "Class";

    /// <inheritdoc/>
    public static VoucherClass Fields(ref FieldCursor fields, in VoucherClass of) => new(
        fields.Address("token", of.Token),
        fields.Uint("unitPrice", of.UnitPrice),
        fields.Uint("expiry", of.Expiry),
        fields.Uint("thaw", of.Thaw),
        fields.Uint("window", of.Window),
        fields.Uint("premiumBps", of.PremiumBps),
        fields.Uint("burnBps", of.BurnBps),
        fields.Bytes32("costTable", of.CostTable),
        fields.Address("court", of.Court));

    /// <inheritdoc/>
    public static RefusalReason Check(in VoucherClass value) =>
        value.PremiumBps <= VoucherLimits.BasisPointsMax
        && value.BurnBps <= VoucherLimits.BasisPointsMax
            ? RefusalReason.None
            // A class travels in no frame, so shares above the whole have no number of their own.
            : RefusalReason.UnitsOverLimit;
}
