using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What the node says it did, a pure function of (order, steps): no time and no machine in it.
/// Signed by the node key.
/// </summary>
/// <param name="OrderHash">The order that was served.</param>
/// <param name="Steps">Tokens produced; 1 for graphs.</param>
/// <param name="OutputRoot">Root of the output list.</param>
/// <param name="TraceRoot">Root of the trace; zero unless the order asked.</param>
/// <param name="Units">Compute units of this work.</param>
public readonly record struct Receipt(
    Bytes32 OrderHash,
    uint Steps,
    Bytes32 OutputRoot,
    Bytes32 TraceRoot,
    UInt128 Units)
    : ISignedStruct<Receipt>
{
    /// <inheritdoc/>
    public static string TypeName => "Receipt";

    /// <inheritdoc/>
    public static Receipt Fields(ref FieldCursor fields, in Receipt of) => new(
        fields.Bytes32("orderHash", of.OrderHash),
        fields.Uint("steps", of.Steps),
        fields.Bytes32("outputRoot", of.OutputRoot),
        fields.Bytes32("traceRoot", of.TraceRoot),
        fields.Units("units", of.Units));
}
