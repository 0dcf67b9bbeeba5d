using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The holder ends an order early. Signed by the spend key.
/// </summary>
/// <param name="OrderHash">The order that ends.</param>
public readonly record struct Cancel(Bytes32 OrderHash)
    : ISignedStruct<Cancel>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Cancel(bytes32 orderHash)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[2 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(OrderHash);
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
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Cancel value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new Cancel(reader.Bytes32());
        return true;
    }
}
