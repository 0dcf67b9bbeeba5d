using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class Secp256k1Tests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TryRecover_WithAnyBitFlipped_IsNeverTheSigner(int seed)
    {
        using PrivateKey key = PrivateKey.FromBytes(Noise.Bytes(seed, 32));
        Bytes32 digest = new(Noise.Bytes(seed + 100, 32));
        Signature signature = key.Sign(digest);
        Assert.True(Secp256k1.TryRecover(digest, signature, out Address signer));
        Assert.Equal(key.Address, signer);

        for (int bit = 0; bit < 8 * Signature.Size; bit++)
        {
            Signature forged = signature;
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(
                Secp256k1.TryRecover(digest, forged, out Address other) && other == key.Address);
        }

        for (int bit = 0; bit < 8 * Bytes32.Size; bit++)
        {
            Bytes32 otherDigest = digest;
            otherDigest[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(
                Secp256k1.TryRecover(otherDigest, signature, out Address other)
                && other == key.Address);
        }
    }

    [Fact]
    public void TryRecover_OfTheHighTwin_IsRefused()
    {
        // (r, n − s) with the other parity is the same signature to a verifier that is not strict.
        using PrivateKey key = PrivateKey.FromBytes(Noise.Bytes(seed: 5, 32));
        Bytes32 digest = new(Noise.Bytes(seed: 6, 32));
        Signature signature = key.Sign(digest);
        Bytes32 high = Minus(CurveOrder.N, signature.S);
        Assert.True(high > CurveOrder.HalfN);

        // n − s has its top bit set but once in 2^127 signatures, so 64 bytes have no room for it:
        // what they hold instead is another signature, of somebody else.
        Signature twin = default;
        signature.R.CopyTo(twin);
        high.CopyTo(((Span<byte>)twin)[32..]);
        twin[32] = (byte)((high[0] & 0x7F) | (signature.YParity ? 0 : 0x80));
        Assert.False(
            Secp256k1.TryRecover(digest, twin, out Address other) && other == key.Address);

        byte[] compact = [.. signature.R.Span, .. high.Span];
        Span<byte> publicKey = stackalloc byte[65];
        key.WritePublicKey(publicKey);
        Assert.False(PublicKeys.Verify(publicKey, digest, compact));
        signature.S.CopyTo(compact.AsSpan(32));
        Assert.True(PublicKeys.Verify(publicKey, digest, compact));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(0, 0)]
    public void TryRecover_OfAZero_IsRefused(int r, int s)
    {
        Signature signature = default;
        signature[31] = (byte)r;
        signature[63] = (byte)s;
        Assert.False(signature.IsCanonical);
        Assert.False(Secp256k1.TryRecover(default, signature, out _));
    }

    [Fact]
    public void IsCanonical_AtTheEdges_IsExact()
    {
        Bytes32 one = ((UInt256)1UL).ToBytes32();
        Assert.True(new Signature(one, CurveOrder.HalfN, yParity: false).IsCanonical);
        Assert.False(new Signature(
            one, (UInt256.FromBigEndian(CurveOrder.HalfN.Span) + 1UL).ToBytes32(), true)
            .IsCanonical);
        Assert.False(new Signature(CurveOrder.N, one, yParity: false).IsCanonical);
        Assert.True(new Signature(Minus(CurveOrder.N, one), one, yParity: true).IsCanonical);
    }

    [Fact]
    public void TryRecover_OfNoise_NeverThrows()
    {
        Noise noise = new(seed: 7);
        byte[] bytes = new byte[64];
        int recovered = 0;
        for (int i = 0; i < 2000; i++)
        {
            noise.Fill(bytes);
            recovered += Secp256k1.TryRecover(
                new Bytes32(bytes.AsSpan(0, 32)), new Signature(bytes), out _) ? 1 : 0;
        }

        // r is an x coordinate half of the time, and s is low nearly always with its top bit cut.
        Assert.InRange(recovered, 800, 1200);
    }

    [Fact]
    public void SignAndTryRecover_OnManyThreads_Agree()
    {
        using PrivateKey key = PrivateKey.FromBytes(Noise.Bytes(seed: 8, 32));
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            if (i == 20)
            {
                Secp256k1.Randomize(Noise.Bytes(seed: 9, 32));
            }

            Bytes32 digest = new(Noise.Bytes(i, 32));
            Assert.True(Secp256k1.TryRecover(digest, key.Sign(digest), out Address signer));
            Assert.Equal(key.Address, signer);
        });
    }

    // The vectors also cover adding points and multiplying them by scalars, extra entropy for
    // nonces, and further nonce candidates (k1, k15). None of that is exposed: it is left out.

    [SharedDataFact("secp256k1/ecdsa.json")]
    public void Sign_OfTheNobleVectors_IsTheirSignature()
    {
        JsonElement vectors = Vectors.Json("secp256k1", "ecdsa.json");
        int cases = 0;
        foreach (JsonElement vector in vectors.GetProperty("valid").EnumerateArray()
            .Concat(vectors.GetProperty("extraEntropy").EnumerateArray()))
        {
            using PrivateKey key = PrivateKey.Parse(vector.Text("d"));
            Bytes32 digest = Bytes32.Parse(vector.Text("m"));
            Signature signature = key.Sign(digest);
            Assert.Equal(
                vector.Text("signature"),
                Convert.ToHexStringLower([.. signature.R.Span, .. signature.S.Span]));
            Assert.True(Secp256k1.TryRecover(digest, signature, out Address signer));
            Assert.Equal(key.Address, signer);
            cases++;
        }

        Assert.Equal(2024, cases);
    }

    [SharedDataFact("secp256k1/ecdsa.json")]
    public void SignAndVerify_OfTheInvalidNobleVectors_Refuse()
    {
        JsonElement invalid = Vectors.Json("secp256k1", "ecdsa.json").GetProperty("invalid");
        int keys = 0;
        foreach (JsonElement vector in invalid.GetProperty("sign").EnumerateArray())
        {
            Assert.Throws<FormatException>(() =>
            {
                using PrivateKey key = PrivateKey.Parse(vector.Text("d"));
                key.Sign(Bytes32.Parse(vector.Text("m")));
            });
            keys++;
        }

        int signatures = 0;
        foreach (JsonElement vector in invalid.GetProperty("verify").EnumerateArray())
        {
            byte[] compact = Hex.Decode(vector.Text("signature"));
            Assert.False(
                Bytes32.TryParse(vector.Text("m"), out Bytes32 digest)
                && PublicKeys.Verify(Hex.Decode(vector.Text("Q")), digest, compact));
            signatures++;
        }

        Assert.Equal((4, 25), (keys, signatures));
    }

    [SharedDataFact("secp256k1/rfc6979.json")]
    public void Sign_OfTheRfc6979Vectors_UsesTheirNonce()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Json("secp256k1", "rfc6979.json").EnumerateArray())
        {
            // r is the x coordinate of k · G, and k · G is the public key of k.
            using PrivateKey key = PrivateKey.Parse(vector.Text("d"));
            using PrivateKey nonce = PrivateKey.Parse(vector.Text("k0"));
            byte[] message = Encoding.UTF8.GetBytes(vector.Text("message"));
            Signature signature = key.Sign(new Bytes32(SHA256.HashData(message)));
            Assert.Equal(Convert.ToHexStringLower(PublicKey(nonce).AsSpan(1, 32)),
                Convert.ToHexStringLower(signature.R.Span));
            cases++;
        }

        Assert.Equal(10, cases);
    }

    [SharedDataFact("secp256k1/points.json")]
    public void TryParsePublicKey_OfTheNoblePoints_AgreesWithThem()
    {
        JsonElement valid = Vectors.Json("secp256k1", "points.json").GetProperty("valid");
        byte[] point = new byte[65];
        int cases = 0;
        foreach (JsonElement vector in valid.GetProperty("isPoint").EnumerateArray())
        {
            Assert.Equal(
                vector.GetProperty("expected").GetBoolean(),
                PublicKeys.TryParse(Hex.Decode(vector.Text("P")), point));
            cases++;
        }

        foreach (JsonElement vector in valid.GetProperty("pointCompress").EnumerateArray())
        {
            Assert.True(PublicKeys.TryParse(Hex.Decode(vector.Text("P")), point));
            byte[] shown = vector.GetProperty("compress").GetBoolean()
                ? [(byte)(2 + point[64] % 2), .. point[1..33]]
                : point;
            Assert.Equal(vector.Text("expected"), Convert.ToHexStringLower(shown));
            cases++;
        }

        foreach (JsonElement vector in valid.GetProperty("pointFromScalar").EnumerateArray())
        {
            using PrivateKey key = PrivateKey.Parse(vector.Text("d"));
            byte[] publicKey = PublicKey(key);
            Assert.Equal(
                vector.Text("expected"),
                Convert.ToHexStringLower([(byte)(2 + publicKey[64] % 2), .. publicKey[1..33]]));
            cases++;
        }

        Assert.Equal(2029 + 240 + 16, cases);
    }

    [SharedDataFact("secp256k1/points.json")]
    public void Parse_OfTheInvalidNoblePoints_Refuses()
    {
        JsonElement invalid = Vectors.Json("secp256k1", "points.json").GetProperty("invalid");
        byte[] point = new byte[65];
        foreach (JsonElement vector in invalid.GetProperty("pointCompress").EnumerateArray())
        {
            Assert.False(PublicKeys.TryParse(Hex.Decode(vector.Text("P")), point));
        }

        foreach (JsonElement vector in invalid.GetProperty("pointFromScalar").EnumerateArray())
        {
            Assert.Throws<FormatException>(() => PrivateKey.Parse(vector.Text("d")));
        }
    }

    [SharedDataFact("secp256k1/endomorphism.json")]
    public void PublicKey_OfScalarsThatSplitIntoNegativeHalves_IsRight()
    {
        // All three cases multiply the generator, so they are public keys of small private keys.
        foreach (JsonElement v in Vectors.Json("secp256k1", "endomorphism.json").EnumerateArray())
        {
            using PrivateKey one = PrivateKey.FromBytes(Word("1").Span);
            Assert.Equal(
                [4, .. Word(v.Text("ax")).Span, .. Word(v.Text("ay")).Span], PublicKey(one));
            using PrivateKey key = PrivateKey.FromBytes(Word(v.Text("scalar")).Span);
            Assert.Equal(
                [4, .. Word(v.Text("cx")).Span, .. Word(v.Text("cy")).Span], PublicKey(key));
        }
    }

    private static Bytes32 Word(string number) => UInt256.Parse(number).ToBytes32();

    private static byte[] PublicKey(PrivateKey key)
    {
        byte[] publicKey = new byte[65];
        key.WritePublicKey(publicKey);
        return publicKey;
    }

    private static Bytes32 Minus(Bytes32 a, Bytes32 b) =>
        (UInt256.FromBigEndian(a.Span) - UInt256.FromBigEndian(b.Span)).ToBytes32();
}
