using System;
using System.Numerics;
using ComputeVoucher.Primitives;
using Nethereum.Model;
using Nethereum.RLP;
using Signature = ComputeVoucher.Primitives.Signature;

namespace ComputeVoucher.Chain;

/// <summary>A transaction of EIP-1559 without an access list: the only kind that is sent.
/// </summary>
/// <remarks>Nethereum writes its bytes; the key signs inside libsecp256k1 and stays there. What
/// came of both is judged by <see cref="SignedBytes"/>.</remarks>
public sealed record Transaction
{
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
        return SignedWith(key.Sign(Keccak256.Hash(Unsigned().GetRLPEncodedRaw())));
    }

    /// <summary>The bytes with a signature that is there already.</summary>
    internal byte[] SignedWith(in Signature signature)
    {
        Transaction1559 signed = Unsigned();
        signed.SetSignature(new Nethereum.Model.Signature(
            signature.R.Span.TrimStart((byte)0).ToArray(),
            signature.S.Span.TrimStart((byte)0).ToArray(),
            signature.YParity ? [1] : RLP.EMPTY_BYTE_ARRAY));
        return signed.GetRLPEncoded();
    }

    private Transaction1559 Unsigned() => new(
        ChainId,
        Nonce,
        Number(MaxPriorityFeePerGas),
        Number(MaxFeePerGas),
        GasLimit,
        To is { } to ? Hex.Encode(to.Span) : "",
        Number(Value),
        Hex.Encode(Data),
        accessList: null);

    private static BigInteger Number(UInt256 value) =>
        new(value.ToBytes32().Span, isUnsigned: true, isBigEndian: true);
}
