using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// A signed struct as it travels and is stored: its payload, then 64 bytes EIP-2098.
/// </summary>
public static class SignedPayload
{
    /// <summary>Bytes of T with its signature.</summary>
    public static int Bytes<T>()
        where T : struct, ISignedStruct<T> => FieldLayout<T>.PayloadBytes + Signature.Size;

    public static byte[] Encode<T>(in T value, in Signature signature)
        where T : struct, ISignedStruct<T>
    {
        byte[] bytes = new byte[Bytes<T>()];
        Encode(value, signature, bytes);
        return bytes;
    }

    /// <exception cref="ArgumentException">The destination is shorter than Bytes.</exception>
    public static void Encode<T>(in T value, in Signature signature, Span<byte> destination)
        where T : struct, ISignedStruct<T>
    {
        value.Encode(destination);
        signature.CopyTo(destination[(Bytes<T>() - Signature.Size)..]);
    }

    /// <summary>
    /// Reads exactly <see cref="Bytes{T}"/>, both parts strict, with the reason of a refusal.
    /// </summary>
    public static RefusalReason Decode<T>(
        ReadOnlySpan<byte> bytes,
        out T value,
        out Signature signature)
        where T : struct, ISignedStruct<T>
    {
        value = default;
        signature = default;
        if (bytes.Length != Bytes<T>())
        {
            return RefusalReason.PayloadSize;
        }

        ReadOnlySpan<byte> payload = bytes[..^Signature.Size];
        RefusalReason refusal = FieldList.Decode(payload, out value);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        signature = new Signature(bytes[payload.Length..]);
        return signature.IsCanonical
            ? RefusalReason.None
            : RefusalReason.SignatureMalformed;
    }

    /// <summary>Whether the key of that address signed this struct in this domain.</summary>
    public static RefusalReason CheckSigner(
        in Bytes32 structHash,
        in Signature signature,
        in Bytes32 domainSeparator,
        in Address expected)
    {
        Bytes32 digest = Eip712.Digest(domainSeparator, structHash);
        if (!Secp256k1.TryRecover(digest, signature, out Address signer))
        {
            return RefusalReason.SignatureMalformed;
        }

        // No key has address zero; a channel that names it must not be served by accident.
        return signer == expected && !signer.IsZero
            ? RefusalReason.None
            : RefusalReason.SignerWrong;
    }
}
