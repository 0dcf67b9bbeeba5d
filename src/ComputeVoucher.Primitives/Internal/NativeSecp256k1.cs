using System.Runtime.InteropServices;

namespace ComputeVoucher.Primitives.Internal;

/// <summary>
/// libsecp256k1 (bitcoin-core), secp256k1.h and secp256k1_recovery.h of 0.2.0. Each returns 1 for
/// success. Its illegal-argument callback ends the process, so callers pass only pointers that are
/// not null, objects a previous call filled, and recovery ids 0 to 3.
/// </summary>
// Safety: declarations only; what callers must pass stands above.
internal static unsafe partial class NativeSecp256k1
{
    public const uint ContextNone = 1;
    public const uint Uncompressed = 2;

    /// <summary>Opaque bytes of secp256k1_pubkey and of secp256k1_ecdsa_signature.</summary>
    public const int ObjectBytes = 64;

    /// <summary>Opaque bytes of secp256k1_ecdsa_recoverable_signature.</summary>
    public const int RecoverableBytes = 65;

    private const string Library = "secp256k1";

    [LibraryImport(Library)]
    public static partial void* secp256k1_context_create(uint flags);

    [LibraryImport(Library)]
    public static partial int secp256k1_context_randomize(void* context, byte* seed32);

    [LibraryImport(Library)]
    public static partial int secp256k1_ec_seckey_verify(void* context, byte* key32);

    [LibraryImport(Library)]
    public static partial int secp256k1_ec_pubkey_create(void* context, byte* pubkey, byte* key32);

    [LibraryImport(Library)]
    public static partial int secp256k1_ec_pubkey_serialize(
        void* context, byte* output, nuint* outputBytes, byte* pubkey, uint flags);

    [LibraryImport(Library)]
    public static partial int secp256k1_ecdsa_sign_recoverable(
        void* context, byte* signature, byte* digest32, byte* key32, void* nonce, void* data);

    [LibraryImport(Library)]
    public static partial int secp256k1_ecdsa_recoverable_signature_serialize_compact(
        void* context, byte* output64, int* recoveryId, byte* signature);

    [LibraryImport(Library)]
    public static partial int secp256k1_ecdsa_recoverable_signature_parse_compact(
        void* context, byte* signature, byte* input64, int recoveryId);

    [LibraryImport(Library)]
    public static partial int secp256k1_ecdsa_recover(
        void* context, byte* pubkey, byte* signature, byte* digest32);
}
