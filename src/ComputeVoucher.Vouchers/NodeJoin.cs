using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A node key says, once and for good, which provider it belongs to. Signed by the node key,
/// verified by Providers.
/// </summary>
/// <param name="Provider">The provider that the node serves for.</param>
public readonly record struct NodeJoin(Address Provider)
    : ISignedStruct<NodeJoin>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 20;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "NodeJoin(address provider)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[2 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Provider);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(Provider);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out NodeJoin value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new NodeJoin(reader.Address());
        return true;
    }
}
