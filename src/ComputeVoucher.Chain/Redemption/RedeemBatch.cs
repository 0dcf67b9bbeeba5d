using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>A redemption that worked when it was simulated.</summary>
/// <param name="Data">The call's data.</param>
/// <param name="GasLimit">What it may take, by the state it was simulated on; the limit that is
/// signed is estimated when it is.</param>
/// <param name="Paid">Token base units that it pays.</param>
public sealed record RedeemBatch(
    VoucherClass Terms,
    Address Node,
    IReadOnlyList<RedeemRow> Rows,
    byte[] Data,
    ulong GasLimit,
    UInt256 Paid);

/// <summary>One row of redeemBatch: an ack, and what makes its channel's id.</summary>
/// <remarks>160 bytes, integers big endian: holder 20, spend key 20, salt 32, cumulative units 16,
/// next sequence 8, signature 64 (EIP-2098).</remarks>
public readonly record struct RedeemRow(
    Address Holder,
    Address SpendKey,
    Bytes32 Salt,
    UInt128 CumUnits,
    ulong NextSeq,
    Signature Signature)
{
    /// <summary>Length in bytes.</summary>
    public const int EncodedBytes = ChainLimits.BatchRowBytes;

    public static RedeemRow From(in ChannelTerms terms, in Ack ack, in Signature signature) => new(
        terms.Holder, terms.SpendKey, terms.Salt, ack.CumUnits, ack.NextSeq, signature);

    /// <summary>The terms that the row belongs to, in a batch of that node and class.</summary>
    public ChannelTerms TermsOf(in Address node, in Bytes32 classId) =>
        new(Holder, node, SpendKey, classId, Salt);

    /// <summary>What a batch of these rows redeems.</summary>
    public static RedemptionPurpose PurposeOf(
        IReadOnlyList<RedeemRow> rows, in Address node, in Bytes32 classId)
    {
        RedeemedUnits[] channels = new RedeemedUnits[rows.Count];
        for (int i = 0; i < channels.Length; i++)
        {
            Bytes32 channel = rows[i].TermsOf(node, classId).HashStruct();
            channels[i] = new RedeemedUnits(channel, rows[i].CumUnits);
        }

        return new RedemptionPurpose(classId, channels);
    }

    /// <summary>All rows, one behind the other.</summary>
    public static byte[] Pack(ReadOnlySpan<RedeemRow> rows)
    {
        byte[] packed = new byte[checked(rows.Length * EncodedBytes)];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].Encode(packed.AsSpan(i * EncodedBytes));
        }

        return packed;
    }

    /// <exception cref="FormatException">Not whole rows, none, or more than
    /// <see cref="ChainLimits.BatchRowsMax"/>.</exception>
    public static RedeemRow[] Unpack(ReadOnlySpan<byte> packed)
    {
        int count = packed.Length / EncodedBytes;
        if (packed.Length % EncodedBytes != 0 || count is 0 or > ChainLimits.BatchRowsMax)
        {
            throw new FormatException($"{packed.Length} bytes are not 1 to 256 rows of 160");
        }

        RedeemRow[] rows = new RedeemRow[count];
        for (int i = 0; i < count; i++)
        {
            rows[i] = Decode(packed.Slice(i * EncodedBytes, EncodedBytes));
        }

        return rows;
    }

    /// <summary>Writes exactly <see cref="EncodedBytes"/> bytes.</summary>
    public void Encode(Span<byte> destination)
    {
        Holder.CopyTo(destination);
        SpendKey.CopyTo(destination[20..]);
        Salt.CopyTo(destination[40..]);
        BinaryPrimitives.WriteUInt128BigEndian(destination[72..], CumUnits);
        BinaryPrimitives.WriteUInt64BigEndian(destination[88..], NextSeq);
        Signature.CopyTo(destination[96..]);
    }

    private static RedeemRow Decode(ReadOnlySpan<byte> row) => new(
        new Address(row[..20]),
        new Address(row[20..40]),
        new Bytes32(row[40..72]),
        BinaryPrimitives.ReadUInt128BigEndian(row[72..]),
        BinaryPrimitives.ReadUInt64BigEndian(row[88..]),
        new Signature(row[96..]));
}
