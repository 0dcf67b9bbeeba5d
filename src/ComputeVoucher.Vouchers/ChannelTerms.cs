using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Units of a holder locked to one node. Its hash is the channel id.
/// </summary>
/// <param name="Holder">Owner of the units, who opens, thaws and withdraws.</param>
/// <param name="Node">The node key that serves and redeems.</param>
/// <param name="SpendKey">The key that signs orders, cancels and acks.</param>
/// <param name="ClassId">Hash of the class, read as an ERC-1155 id.</param>
/// <param name="Salt">Makes channels of equal terms distinct.</param>
public readonly record struct ChannelTerms(
    Address Holder,
    Address Node,
    Address SpendKey,
    Bytes32 ClassId,
    Bytes32 Salt)
    : ISignedStruct<ChannelTerms>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 20 + 20 + 20 + 32 + 32;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Channel(address holder,address node,address spendKey,uint256 classId,bytes32 salt)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[6 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Holder);
        writer.Put(Node);
        writer.Put(SpendKey);
        writer.Put(ClassId);
        writer.Put(Salt);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(Holder);
        writer.Put(Node);
        writer.Put(SpendKey);
        writer.Put(ClassId);
        writer.Put(Salt);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out ChannelTerms value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new ChannelTerms(
            reader.Address(),
            reader.Address(),
            reader.Address(),
            reader.Bytes32(),
            reader.Bytes32());
        return true;
    }
}
