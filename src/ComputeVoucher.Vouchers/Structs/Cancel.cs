using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The holder ends an order early. Signed by the spend key.
/// </summary>
/// <param name="OrderHash">The order that ends.</param>
public readonly record struct Cancel(Bytes32 OrderHash)
    : ISignedStruct<Cancel>
{
    /// <inheritdoc/>
    public static string TypeName => "Cancel";

    /// <inheritdoc/>
    public static Cancel Fields(ref FieldCursor fields, in Cancel of) => new(
        fields.Bytes32("orderHash", of.OrderHash));
}
