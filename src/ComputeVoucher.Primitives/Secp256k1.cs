using System;
using System.Runtime.CompilerServices;
using System.Threading;
using static ComputeVoucher.Primitives.Internal.NativeSecp256k1;

namespace ComputeVoucher.Primitives;

/// <summary>
/// ECDSA over secp256k1, by libsecp256k1. Thread safe. Nothing here throws on bad signatures or
/// bad public keys: they are simply not valid.
/// </summary>
// Safety: pointers go to buffers of the sizes that libsecp256k1 states, and live through the call.
public static unsafe class Secp256k1
{
    /// <summary>Bytes of an uncompressed public key: 04 ‖ x ‖ y.</summary>
    internal const int PublicKeyBytes = 65;

    private static nint s_context = NewContext([]);

    internal static void* Context => (void*)Volatile.Read(ref s_context);

    /// <summary>
    /// Blinds the scalar multiplication of signing with 32 random bytes (side-channel protection;
    /// results stay the same). Meant for once at start; the previous context is left alive, since
    /// other threads may be inside it.
    /// </summary>
    public static void Randomize(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, Bytes32.Size);
        Volatile.Write(ref s_context, NewContext(seed));
    }

    /// <summary>
    /// The address whose key signed <paramref name="digest"/>. Strict: the signature must be
    /// canonical (low s, nothing zero or beyond the order), as the contracts require too.
    /// </summary>
    [SkipLocalsInit]
    public static bool TryRecover(in Bytes32 digest, in Signature signature, out Address signer)
    {
        Span<byte> key = stackalloc byte[PublicKeyBytes];
        signer = default;
        if (!TryRecoverPublicKey(digest, signature, key))
        {
            return false;
        }

        signer = AddressOf(key);
        return true;
    }

    /// <summary>As <see cref="TryRecover"/>; 65 bytes 04 ‖ x ‖ y.</summary>
    [SkipLocalsInit]
    internal static bool TryRecoverPublicKey(
        in Bytes32 digest, in Signature signature, Span<byte> publicKey)
    {
        if (!signature.IsCanonical)
        {
            return false;
        }

        byte* parsed = stackalloc byte[RecoverableBytes];
        byte* recovered = stackalloc byte[ObjectBytes];
        Bytes32 message = digest;
        Signature compact = signature;
        compact[32] &= 0x7F;

        // Safety: buffers have the sizes of the header; message and compact are locals.
        return secp256k1_ecdsa_recoverable_signature_parse_compact(
                Context, parsed, (byte*)&compact, signature.YParity ? 1 : 0) == 1
            && secp256k1_ecdsa_recover(Context, recovered, parsed, (byte*)&message) == 1
            && TrySerialize(recovered, publicKey);
    }

    /// <summary>Serializes an opaque public key to 65 bytes.</summary>
    internal static bool TrySerialize(byte* publicKey, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, PublicKeyBytes);
        nuint bytes = PublicKeyBytes;

        // Safety: output holds at least 65 bytes, checked above.
        fixed (byte* destination = output)
        {
            return secp256k1_ec_pubkey_serialize(
                Context, destination, &bytes, publicKey, Uncompressed) == 1;
        }
    }

    /// <summary>The last 20 bytes of keccak(x ‖ y).</summary>
    internal static Address AddressOf(ReadOnlySpan<byte> publicKey) =>
        new(Keccak256.Hash(publicKey[1..PublicKeyBytes]).Span[12..]);

    private static nint NewContext(ReadOnlySpan<byte> seed)
    {
        void* context = secp256k1_context_create(ContextNone);

        // Safety: randomize reads 32 bytes; callers pass 32 or none.
        fixed (byte* bytes = seed)
        {
            if (context is null
                || (!seed.IsEmpty && secp256k1_context_randomize(context, bytes) != 1))
            {
                throw new InvalidOperationException("libsecp256k1 could not create a context");
            }
        }

        return (nint)context;
    }
}

/// <summary>The order n of secp256k1 (SEC 2, section 2.4.1) and half of it, rounded down.</summary>
internal static class CurveOrder
{
    public static readonly Bytes32 N = Bytes32.Parse(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    public static readonly Bytes32 HalfN = Bytes32.Parse(
        "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
}
