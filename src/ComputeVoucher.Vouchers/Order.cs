using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

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
/// <param name="Extension">Zero in version 1.</param>
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
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 8 + 32 + 32 + 16 + 8 + 1 + 32;

    /// <summary>Every bit that version 1 knows.</summary>
    public const OrderFlags KnownFlags = OrderFlags.AcceptWanted | OrderFlags.TraceRootWanted;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,uint128 maxUnits"
        + ",uint64 deadline,uint8 flags,bytes32 extension)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[9 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Channel);
        writer.Put(Seq);
        writer.Put(ModelRoot);
        writer.Put(InputRoot);
        writer.Put(MaxUnits);
        writer.Put(Deadline);
        writer.Put((byte)Flags);
        writer.Put(Extension);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(Channel);
        writer.Put(Seq);
        writer.Put(ModelRoot);
        writer.Put(InputRoot);
        writer.Put(MaxUnits);
        writer.Put(Deadline);
        writer.Put((byte)Flags);
        writer.Put(Extension);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Order value) =>
        Decode(payload, out value) == RefusalReason.None;

    /// <summary>
    /// As <see cref="TryDecode"/>, with the reason that goes into the error frame.
    /// </summary>
    public static RefusalReason Decode(ReadOnlySpan<byte> payload, out Order value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return RefusalReason.PayloadSize;
        }

        PayloadReader reader = new(payload);
        Order read = new(
            reader.Bytes32(),
            reader.UInt64(),
            reader.Bytes32(),
            reader.Bytes32(),
            reader.UInt128(),
            reader.UInt64(),
            (OrderFlags)reader.Byte(),
            reader.Bytes32());
        if (read.MaxUnits > VoucherLimits.UnitsMax)
        {
            return RefusalReason.UnitsOverLimit;
        }

        if ((read.Flags & ~KnownFlags) != 0)
        {
            return RefusalReason.FlagsUnknown;
        }

        if (!read.Extension.IsZero)
        {
            return RefusalReason.ExtensionUnsupported;
        }

        value = read;
        return RefusalReason.None;
    }
}
