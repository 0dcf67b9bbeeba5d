using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// The terms of a voucher. Its hash is the class id, an ERC-1155 id.
/// </summary>
/// <param name="Token">The stablecoin (ERC-20) that backs the class.</param>
/// <param name="UnitPrice">Token base units per 1e9 compute units.</param>
/// <param name="Expiry">Unix seconds; redemption ends at expiry + grace.</param>
/// <param name="Thaw">Seconds between the start of a thaw and its withdrawal.</param>
/// <param name="Window">Seconds of the dispute window.</param>
/// <param name="PremiumBps">Premium above the price, in basis points.</param>
/// <param name="BurnBps">Share of the premium that is burned, in basis points.</param>
/// <param name="CostTable">Hash of the published cost table of units.</param>
/// <param name="Court">The contract that may slash; zero = not slashable.</param>
public readonly record struct VoucherClass(
    Address Token,
    UInt128 UnitPrice,
    ulong Expiry,
    uint Thaw,
    uint Window,
    ushort PremiumBps,
    ushort BurnBps,
    Bytes32 CostTable,
    Address Court)
    : ISignedStruct<VoucherClass>
{
    /// <summary>Payload bytes, without a signature.</summary>
    public const int EncodedBytes = 20 + 16 + 8 + 4 + 4 + 2 + 2 + 32 + 20;

    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(TypeText);

    /// <inheritdoc/>
    public static string TypeText =>
        "Class(address token,uint128 unitPrice,uint64 expiry,uint32 thaw,uint32 window"
        + ",uint16 premiumBps,uint16 burnBps,bytes32 costTable,address court)";

    /// <inheritdoc/>
    public static int PayloadBytes => EncodedBytes;

    /// <inheritdoc/>
    public Bytes32 HashStruct()
    {
        Span<byte> words = stackalloc byte[10 * Bytes32.Size];
        StructWriter writer = new(words, s_typeHash);
        writer.Put(Token);
        writer.Put(UnitPrice);
        writer.Put(Expiry);
        writer.Put(Thaw);
        writer.Put(Window);
        writer.Put(PremiumBps);
        writer.Put(BurnBps);
        writer.Put(CostTable);
        writer.Put(Court);
        return writer.Hash();
    }

    /// <inheritdoc/>
    public Bytes32 Digest(in Bytes32 domainSeparator) =>
        Eip712.Digest(domainSeparator, HashStruct());

    /// <inheritdoc/>
    public void Encode(Span<byte> destination)
    {
        PayloadWriter writer = new(destination, EncodedBytes);
        writer.Put(Token);
        writer.Put(UnitPrice);
        writer.Put(Expiry);
        writer.Put(Thaw);
        writer.Put(Window);
        writer.Put(PremiumBps);
        writer.Put(BurnBps);
        writer.Put(CostTable);
        writer.Put(Court);
    }

    /// <inheritdoc/>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out VoucherClass value)
    {
        value = default;
        if (payload.Length != EncodedBytes)
        {
            return false;
        }

        PayloadReader reader = new(payload);
        value = new VoucherClass(
            reader.Address(),
            reader.UInt128(),
            reader.UInt64(),
            reader.UInt32(),
            reader.UInt32(),
            reader.UInt16(),
            reader.UInt16(),
            reader.Bytes32(),
            reader.Address());
        return value.PremiumBps <= VoucherLimits.BasisPointsMax
            && value.BurnBps <= VoucherLimits.BasisPointsMax;
    }
}
