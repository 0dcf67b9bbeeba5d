using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The node promises the result of a long job by a time. Signed by the node key.
/// </summary>
/// <param name="OrderHash">The order that is accepted.</param>
/// <param name="DueAt">Unix seconds by which the receipt is due.</param>
public readonly record struct Accept(Bytes32 OrderHash, ulong DueAt)
    : ISignedStruct<Accept>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 8;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Accept(bytes32 orderHash,uint64 dueAt)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[3 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(OrderHash);
        writer.Put(DueAt);
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
        writer.Put(DueAt);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Accept value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new Accept(reader.Bytes32(), reader.UInt64());
        return true;
    }
}
