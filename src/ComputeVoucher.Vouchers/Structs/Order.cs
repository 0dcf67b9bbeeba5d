using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A request for work, evidence worth money: what may be computed, what it may cost, until when.
/// Signed by the channel's spend key.
/// </summary>
/// <param name="Channel">The channel that pays.</param>
/// <param name="Seq">Used once in its channel.</param>
/// <param name="ModelRoot">The model to run.</param>
/// <param name="InputRoot">Root of the input list.</param>
/// <param name="MaxUnits">The most compute units this order may cost.</param>
/// <param name="Deadline">Unix seconds after which the node must not start.</param>
/// <param name="Flags">What the client wants beside the receipt.</param>
/// <param name="Extension">Zero in version 2.</param>
public readonly record struct Order(
    Bytes32 Channel,
    ulong Seq,
    Bytes32 ModelRoot,
    Bytes32 InputRoot,
    UInt128 MaxUnits,
    ulong Deadline,
    OrderFlags Flags,
    Bytes32 Extension)
    : ISignedStruct<Order>
{
    /// <summary>Every bit that version 2 knows.</summary>
    public const OrderFlags KnownFlags = OrderFlags.AcceptWanted | OrderFlags.TraceRootWanted
        | OrderFlags.SuccinctProofWanted | OrderFlags.Groth16ProofWanted;

    /// <inheritdoc/>
    public static string TypeName => "Order";

    /// <inheritdoc/>
    public static Order Fields(ref FieldCursor fields, in Order of) => new(
        fields.Bytes32("channel", of.Channel),
        fields.Uint("seq", of.Seq),
        fields.Bytes32("modelRoot", of.ModelRoot),
        fields.Bytes32("inputRoot", of.InputRoot),
        fields.Units("maxUnits", of.MaxUnits),
        fields.Uint("deadline", of.Deadline),
        (OrderFlags)fields.Uint("flags", (byte)of.Flags),
        fields.Bytes32("extension", of.Extension));

    /// <summary>Whether work on it must not start any more.</summary>
    /// <param name="now">Unix seconds.</param>
    public bool IsOver(ulong now) => Deadline <= now;

    /// <inheritdoc/>
    public static RefusalReason Check(in Order value) =>
        (value.Flags & ~KnownFlags) != 0 ? RefusalReason.FlagsUnknown
        : !value.Extension.IsZero ? RefusalReason.ExtensionUnsupported
        : RefusalReason.None;
}

/// <summary>Bits of an order's flags; every other bit is refused in version 2.</summary>
[Flags]
public enum OrderFlags : byte
{
    None = 0,

    /// <summary>The client wants a signed <see cref="Accept"/> before the work starts.</summary>
    AcceptWanted = 1,

    /// <summary>The receipt carries the trace root; otherwise it is zero there.</summary>
    TraceRootWanted = 2,

    /// <summary>The client wants a succinct proof of the work; it raises the units.</summary>
    SuccinctProofWanted = 4,

    /// <summary>The client wants a Groth16 proof of the work; it raises the units.</summary>
    Groth16ProofWanted = 8,
}
