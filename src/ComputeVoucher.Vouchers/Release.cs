using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The node claims nothing above <see cref="CumUnits"/>, so that the holder may close at once.
/// Signed by the node key.
/// </summary>
/// <param name="Channel">The channel that closes.</param>
/// <param name="CumUnits">The most that the node will ever claim.</param>
public readonly record struct Release(Bytes32 Channel, UInt128 CumUnits)
    : ISignedStruct<Release>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 32 + 16;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Release(bytes32 channel,uint128 cumUnits)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[3 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Channel);
        writer.Put(CumUnits);
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
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out Release value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new Release(reader.Bytes32(), reader.UInt128());
        return value.CumUnits <= VoucherLimits.UnitsMax;
    }
}
