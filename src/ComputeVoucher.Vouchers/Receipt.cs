using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

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
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 4 + 32 + 32 + 16;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Receipt(bytes32 orderHash,uint32 steps,bytes32 outputRoot,bytes32 traceRoot"
        + ",uint128 units)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[6 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(OrderHash);
        writer.Put(Steps);
        writer.Put(OutputRoot);
        writer.Put(TraceRoot);
        writer.Put(Units);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(OrderHash);
        writer.Put(Steps);
        writer.Put(OutputRoot);
        writer.Put(TraceRoot);
        writer.Put(Units);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Receipt value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new Receipt(
            reader.Bytes32(),
            reader.UInt32(),
            reader.Bytes32(),
            reader.Bytes32(),
            reader.UInt128());
        return value.Units <= VoucherLimits.UnitsMax;
    }
}
