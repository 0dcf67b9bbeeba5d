using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A transaction of EIP-1559 without an access list: the only kind that is sent.
/// </summary>
public sealed record Transaction
{
    // EIP-2718: the first byte of an EIP-1559 transaction.
    private const byte EnvelopeType = 2;

    public required ulong ChainId { get; init; }

    public required ulong Nonce { get; init; }

    /// <summary>Wei per gas.</summary>
    public required UInt256 MaxFeePerGas { get; init; }

    /// <summary>Wei per gas.</summary>
    public required UInt256 MaxPriorityFeePerGas { get; init; }

    public required ulong GasLimit { get; init; }

    /// <summary>Null creates a contract.</summary>
    public Address? To { get; init; }

    /// <summary>Wei.</summary>
    public UInt256 Value { get; init; }

    public byte[] Data { get; init; } = [];

    /// <summary>The signed transaction, as it is sent; its hash is the Keccak of it.</summary>
    public byte[] Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Signature signature = key.Sign(Keccak256.Hash(Encode([])));
        return Encode(Tail(
            signature.YParity ? 1UL : 0UL,
            UInt256.FromBigEndian(signature.R.Span),
            UInt256.FromBigEndian(signature.S.Span)));
    }

    /// <summary>Reads what <see cref="Sign"/> wrote.</summary>
    /// <exception cref="FormatException">Bytes that it does not write.</exception>
    public static Transaction Decode(ReadOnlySpan<byte> signed)
    {
        if (signed is not [EnvelopeType, ..] || signed.Length > ChainLimits.TransactionBytesMax)
        {
            throw Foreign();
        }

        ReadOnlySpan<byte> rest = signed[1..];
        ReadOnlySpan<byte> list = Rlp.Take(ref rest);
        Transaction read = new()
        {
            ChainId = ReadUInt64(ref list),
            Nonce = ReadUInt64(ref list),
            MaxPriorityFeePerGas = ReadUInt256(ref list),
            MaxFeePerGas = ReadUInt256(ref list),
            GasLimit = ReadUInt64(ref list),
            To = ReadTo(ref list),
            Value = ReadUInt256(ref list),
            Data = Rlp.Take(ref list).ToArray(),
        };
        Rlp.Take(ref list);
        UInt256 parity = ReadUInt256(ref list);
        byte[][] tail = Tail(parity, ReadUInt256(ref list), ReadUInt256(ref list));

        // One encoding only: whatever else the bytes say, or say in another way, shows here.
        return parity <= 1UL && signed.SequenceEqual(read.Encode(tail)) ? read : throw Foreign();
    }

    private static byte[][] Tail(UInt256 parity, UInt256 r, UInt256 s) =>
        [Rlp.Number(parity), Rlp.Number(r), Rlp.Number(s)];

    private static UInt256 ReadUInt256(ref ReadOnlySpan<byte> list)
    {
        ReadOnlySpan<byte> bytes = Rlp.Take(ref list);
        return bytes.Length <= UInt256.Size ? UInt256.FromBigEndian(bytes) : throw Foreign();
    }

    private static ulong ReadUInt64(ref ReadOnlySpan<byte> list) =>
        ReadUInt256(ref list).TryToUInt64(out ulong value) ? value : throw Foreign();

    private static Address? ReadTo(ref ReadOnlySpan<byte> list)
    {
        ReadOnlySpan<byte> to = Rlp.Take(ref list);
        return to.Length switch
        {
            0 => null,
            Address.Size => new Address(to),
            _ => throw Foreign(),
        };
    }

    private static FormatException Foreign() => new("not a transaction that this program signed");

    private byte[] Encode(byte[][] tail) =>
    [
        EnvelopeType,
        .. Rlp.List(
        [
            Rlp.Number(ChainId),
            Rlp.Number(Nonce),
            Rlp.Number(MaxPriorityFeePerGas),
            Rlp.Number(MaxFeePerGas),
            Rlp.Number(GasLimit),
            Rlp.Bytes(To is { } to ? to.Span : []),
            Rlp.Number(Value),
            Rlp.Bytes(Data),
            Rlp.List(), // no access list
            .. tail,
        ]),
    ];
}
