using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The node promises the result of a long job by a time. Signed by the node key.
/// </summary>
/// <param name="OrderHash">The order that is accepted.</param>
/// <param name="DueAt">Unix seconds by which the receipt is due.</param>
public readonly record struct Accept(Bytes32 OrderHash, ulong DueAt)
    : ISignedStruct<Accept>
{
    /// <inheritdoc/>
    public static string TypeName => "Accept";

    /// <inheritdoc/>
    public static Accept Fields(ref FieldCursor fields, in Accept of) => new(
        fields.Bytes32("orderHash", of.OrderHash),
        fields.Uint("dueAt", of.DueAt));
}
