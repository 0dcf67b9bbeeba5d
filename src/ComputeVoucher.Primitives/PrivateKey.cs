using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading;
using ComputeVoucher.Primitives.Internal;
using static ComputeVoucher.Primitives.Internal.NativeSecp256k1;

namespace ComputeVoucher.Primitives;

/// <summary>
/// A secp256k1 private key. Its bytes stay in one place in memory, which is locked and in no core
/// dump, are zeroed by <see cref="Dispose"/>, and are never printed. Signing is thread safe;
/// disposing meanwhile is not.
/// </summary>
// Safety: pointers go to buffers of the sizes that libsecp256k1 states, and live through the call;
// the key's slot is this object's until Dispose or the collector, hence the KeepAlive.
public sealed unsafe class PrivateKey : IDisposable
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    // Not on the heap: the collector leaves no copies behind.
    private nint _slot = (nint)SecretMemory.Rent();

    private PrivateKey(ReadOnlySpan<byte> key)
    {
        // Safety: a slot has the size of a key.
        key.CopyTo(new Span<byte>(Key, Size));
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeyBytes];
        WritePublicKey(publicKey);
        Address = Secp256k1.AddressOf(publicKey);
    }

    ~PrivateKey() => Release();

    private byte* Key => (byte*)_slot;

    /// <summary>Whether keys are kept out of swap: false where RLIMIT_MEMLOCK allows no page.
    /// </summary>
    public static bool IsMemoryLocked => SecretMemory.IsLocked;

    /// <summary>The address that the key signs for.</summary>
    public Address Address { get; }

    /// <summary>A key of 32 big-endian bytes; the caller wipes its own copy.</summary>
    /// <exception cref="FormatException">
    /// Not 32 bytes, or a number that is not 1 … n − 1.
    /// </exception>
    public static PrivateKey FromBytes(ReadOnlySpan<byte> key)
    {
        if (key.Length == Size)
        {
            // Safety: 32 bytes are read, the length is checked.
            fixed (byte* bytes = key)
            {
                if (secp256k1_ec_seckey_verify(Secp256k1.Context, bytes) == 1)
                {
                    return new PrivateKey(key);
                }
            }
        }

        throw new FormatException("not a private key: 32 bytes, above 0 and below the curve order");
    }

    /// <summary>64 hex digits, with or without 0x.</summary>
    /// <exception cref="FormatException">Anything else, or a number out of range.</exception>
    public static PrivateKey Parse(ReadOnlySpan<char> text)
    {
        Span<byte> key = stackalloc byte[Size];
        try
        {
            return Hex.TryDecode(text, key)
                ? FromBytes(key)
                : throw new FormatException("not a private key: 64 hexadecimal digits are wanted");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>
    /// Deterministic low-s signature of a digest (RFC 6979 with HMAC-SHA256, no extra data).
    /// </summary>
    [SkipLocalsInit]
    public Signature Sign(in Bytes32 digest)
    {
        ObjectDisposedException.ThrowIf(_slot == 0, this);
        byte* recoverable = stackalloc byte[RecoverableBytes];
        Bytes32 message = digest;
        Signature signature = default;
        int recoveryId = 0;
        void* context = Secp256k1.Context;

        // Safety: sizes as in the header; the key was verified when it was read.
        int signed = secp256k1_ecdsa_sign_recoverable(
            context, recoverable, (byte*)&message, Key, null, null);
        GC.KeepAlive(this);
        if (signed != 1)
        {
            throw new InvalidOperationException("libsecp256k1 could not sign");
        }

        _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context, (byte*)&signature, &recoveryId, recoverable);

        // Ids 2 and 3 mean r ≥ n, which happens once in 2^127 signatures and has no 64-byte form.
        if (recoveryId > 1)
        {
            throw new InvalidOperationException("the signature has no EIP-2098 form");
        }

        signature[32] |= (byte)(recoveryId << 7);
        return signature;
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>The address; never the key.</summary>
    public override string ToString() => Address.ToString();

    /// <summary>65 bytes 04 ‖ x ‖ y.</summary>
    internal void WritePublicKey(Span<byte> output)
    {
        byte* publicKey = stackalloc byte[ObjectBytes];

        // Safety: sizes as in the header.
        bool isWritten = secp256k1_ec_pubkey_create(Secp256k1.Context, publicKey, Key) == 1
            && Secp256k1.TrySerialize(publicKey, output);
        GC.KeepAlive(this);
        if (!isWritten)
        {
            throw new InvalidOperationException("libsecp256k1 found no public key");
        }
    }

    /// <summary>One of all who call gives the slot back: it may be another key's at once.</summary>
    private void Release()
    {
        nint slot = Interlocked.Exchange(ref _slot, 0);
        if (slot != 0)
        {
            SecretMemory.Return((byte*)slot);
        }
    }
}
