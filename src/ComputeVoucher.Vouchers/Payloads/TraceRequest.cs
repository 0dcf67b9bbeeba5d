using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Payload of a TraceRequest frame, unsigned: whoever knows an order may ask for its trace root.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
public readonly record struct TraceRequest(Bytes32 OrderHash)
    : IFieldList<TraceRequest>
{
    /// <inheritdoc/>
    public static TraceRequest Fields(ref FieldCursor fields, in TraceRequest of) => new(
        fields.Bytes32("orderHash", of.OrderHash));
}
