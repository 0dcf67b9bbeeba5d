using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Bench;

/// <summary>Keccak-256 of trace leaves, one at a time and four side by side; secp256k1.</summary>
internal static class CryptographyWorks
{
    private const int LeafBytes = 128;

    public static IEnumerable<Work> All() =>
    [
        new("keccak, 1 leaf of 128 bytes", () => Leaves(1)),
        new("keccak, 4 leaves of 128 bytes", () => Leaves(4)),
        new("keccak, 225 bytes of a signed order", () =>
        {
            byte[] message = new byte[225];
            return new RunningWork(() => Keccak256.Hash(message));
        }),
        new("secp256k1, sign", () =>
        {
            PrivateKey key = NewKey();
            Bytes32 digest = Keccak256.Hash("digest"u8);
            return new RunningWork(() => key.Sign(digest), key);
        }),
        new("secp256k1, recover", () =>
        {
            using PrivateKey key = NewKey();
            Bytes32 digest = Keccak256.Hash("digest"u8);
            Signature signature = key.Sign(digest);
            return new RunningWork(() => Secp256k1.TryRecover(digest, signature, out _));
        }),
    ];

    private static PrivateKey NewKey() => PrivateKey.FromBytes(Keccak256.Hash("key"u8).Span);

    private static RunningWork Leaves(int count)
    {
        byte[] blocks = new byte[count * LeafBytes];
        Bytes32[] digests = new Bytes32[count];
        return new RunningWork(() => Keccak256.HashBlocks(0, blocks, digests));
    }
}
