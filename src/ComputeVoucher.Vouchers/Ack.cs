using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Cumulative units for all sequences below <see cref="NextSeq"/>; the highest wins and replay is
/// a no-op. Signed by the spend key.
/// </summary>
/// <param name="Channel">The channel that pays.</param>
/// <param name="CumUnits">Units owed in all, since the channel opened.</param>
/// <param name="NextSeq">First sequence that is not yet paid for.</param>
public readonly record struct Ack(Bytes32 Channel, UInt128 CumUnits, ulong NextSeq)
    : ISignedStruct<Ack>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 16 + 8;

    /// <summary>What the node answers to an ack: the channel, and the units stored.</summary>
    public const int StoredBytes = Primitives.Bytes32.Size + 16;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Ack(bytes32 channel,uint128 cumUnits,uint64 nextSeq)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[4 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Channel);
        writer.Put(CumUnits);
        writer.Put(NextSeq);
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
        writer.Put(CumUnits);
        writer.Put(NextSeq);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Ack value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new Ack(reader.Bytes32(), reader.UInt128(), reader.UInt64());
        return value.CumUnits <= VoucherLimits.UnitsMax;
    }
}
