using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The trace root of an order, on demand, by re-execution. Signed by the node key.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Steps">Tokens produced; 1 for graphs.</param>
/// <param name="TraceRoot">Root of the trace.</param>
public readonly record struct TraceRootStatement(Bytes32 OrderHash, uint Steps, Bytes32 TraceRoot)
    : ISignedStruct<TraceRootStatement>
{
    /// <inheritdoc/>
    public static string TypeName => "TraceRoot";

    /// <inheritdoc/>
    public static TraceRootStatement Fields(
        ref FieldCursor fields, in TraceRootStatement of) => new(
        fields.Bytes32("orderHash", of.OrderHash),
        fields.Uint("steps", of.Steps),
        fields.Bytes32("traceRoot", of.TraceRoot));
}
