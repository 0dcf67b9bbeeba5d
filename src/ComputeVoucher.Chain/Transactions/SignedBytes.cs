using System;
using System.Numerics;
using ComputeVoucher.Primitives;
using Nethereum.Model;
using Nethereum.Signer;
using Signature = ComputeVoucher.Primitives.Signature;

namespace ComputeVoucher.Chain;

/// <summary>The second opinion on bytes that cost money: read back from their final form, sender
/// and all, by code that had no part in signing them.</summary>
/// <remarks>Signed with libsecp256k1 and our Keccak, recovered with Nethereum's, so that a fault
/// of either shows. Meant for our own bytes: Nethereum's decoder is lenient, and what it lets pass
/// shows in the canonical encoding.</remarks>
internal static class SignedBytes
{
    /// <summary>Null where the bytes say what was asked, in the one right encoding, signed by
    /// that account; else one line on the first difference.</summary>
    public static string? Flaw(
        Transaction asked, in Address account, ReadOnlySpan<byte> signed, in Bytes32 hash)
    {
        if (Keccak256.Hash(signed) != hash)
        {
            return "its hash is another one";
        }

        try
        {
            Transaction read = Read(signed, out Address sender);
            bool isAsked = read.Data.AsSpan().SequenceEqual(asked.Data)
                && read with { Data = asked.Data } == asked;
            return sender != account ? $"its signature is that of {sender}, not of {account}"
                : isAsked ? null
                : "its fields are not what was asked";
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>The fields of signed bytes, and whose signature they carry.</summary>
    /// <exception cref="FormatException">Not the one encoding of a transaction that this program
    /// signs.</exception>
    public static Transaction Read(ReadOnlySpan<byte> signed, out Address sender)
    {
        if (signed.Length > ChainLimits.TransactionBytesMax)
        {
            throw new FormatException($"a transaction of {signed.Length} bytes");
        }

        try
        {
            Transaction1559 decoded = Transaction1559Encoder.Current.Decode(signed.ToArray());
            Transaction read = Fields(decoded);
            Signature signature = SignatureOf(decoded.Signature);
            if (!signature.IsCanonical || !signed.SequenceEqual(read.SignedWith(signature)))
            {
                throw new FormatException("not its one right encoding");
            }

            sender = new Address(EthECKey
                .RecoverFromParityYSignature(
                    EthECDSASignatureFactory.FromSignature(decoded.Signature), decoded.RawHash)
                .GetPublicAddressAsBytes());
            return read;
        }
        catch (Exception e) when (e is not (FormatException or OutOfMemoryException))
        {
            // The library throws what comes: index, cast, null, bare exceptions.
            throw new FormatException("not a transaction that this program signed", e);
        }
    }

    private static Transaction Fields(Transaction1559 decoded) => new()
    {
        ChainId = (ulong)decoded.ChainId,
        Nonce = (ulong)Present(decoded.Nonce),
        MaxFeePerGas = Number(Present(decoded.MaxFeePerGas)),
        MaxPriorityFeePerGas = Number(Present(decoded.MaxPriorityFeePerGas)),
        GasLimit = (ulong)Present(decoded.GasLimit),
        To = string.IsNullOrEmpty(decoded.ReceiverAddress)
            ? null
            : new Address(Hex.Decode(decoded.ReceiverAddress)),
        Value = Number(Present(decoded.Amount)),
        Data = Hex.Decode(decoded.Data ?? ""),
    };

    private static Signature SignatureOf(ISignature signature) => new(
        UInt256.FromBigEndian(signature.R).ToBytes32(),
        UInt256.FromBigEndian(signature.S).ToBytes32(),
        signature.V is [1]);

    private static BigInteger Present(BigInteger? number) =>
        number ?? throw new FormatException("a number is missing");

    private static UInt256 Number(BigInteger number) =>
        UInt256.FromBigEndian(number.ToByteArray(isUnsigned: true, isBigEndian: true));
}
