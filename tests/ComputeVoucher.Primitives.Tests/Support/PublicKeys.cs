using System;
using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>Verifying against a given public key, and parsing one: the vectors need it, the product
/// only recovers. By libsecp256k1, like the product.</summary>
internal static unsafe partial class PublicKeys
{
    private const string Library = "secp256k1";

    /// <summary>Checks r ‖ s (64 bytes, low s only) against a key of 33 or 65 bytes.</summary>
    public static bool Verify(
        ReadOnlySpan<byte> publicKey, in Bytes32 digest, ReadOnlySpan<byte> compact)
    {
        byte* key = stackalloc byte[64];
        byte* signature = stackalloc byte[64];
        Bytes32 message = digest;
        fixed (byte* input = compact, keyBytes = publicKey)
        {
            return compact.Length == 64
                && publicKey.Length is 33 or 65
                && secp256k1_ec_pubkey_parse(
                    Secp256k1.Context, key, keyBytes, (nuint)publicKey.Length) == 1
                && secp256k1_ecdsa_signature_parse_compact(
                    Secp256k1.Context, signature, input) == 1
                && secp256k1_ecdsa_verify(
                    Secp256k1.Context, signature, (byte*)&message, key) == 1;
        }
    }

    /// <summary>Decodes a point of 33 or 65 bytes to 65 bytes; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> encoded, Span<byte> publicKey)
    {
        byte* key = stackalloc byte[64];
        fixed (byte* input = encoded)
        {
            return !encoded.IsEmpty
                && secp256k1_ec_pubkey_parse(
                    Secp256k1.Context, key, input, (nuint)encoded.Length) == 1
                && Secp256k1.TrySerialize(key, publicKey);
        }
    }

    [LibraryImport(Library)]
    private static partial int secp256k1_ec_pubkey_parse(
        void* context, byte* pubkey, byte* input, nuint inputBytes);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_signature_parse_compact(
        void* context, byte* signature, byte* input64);

    [LibraryImport(Library)]
    private static partial int secp256k1_ecdsa_verify(
        void* context, byte* signature, byte* digest32, byte* pubkey);
}
