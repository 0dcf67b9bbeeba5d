using System;
using System.Security.Cryptography;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

/// <summary>
/// Signatures of the Wycheproof project. They come in DER, which the product never reads: a strict
/// reader in the tests turns them into r and s. The two plain files also call high s valid; the
/// product does not, so there the twin n − s has to be accepted and the original refused.
/// </summary>
public sealed class WycheproofTests
{
    [SharedDataTheory("wycheproof")]
    [InlineData("ecdsa_secp256k1_sha256_bitcoin_test.json", 463)]
    [InlineData("ecdsa_secp256k1_sha256_test.json", 476)]
    [InlineData("ecdsa_secp256k1_sha3_256_test.json", 474)]
    public void VerifyAndRecover_OfEveryVector_AgreeWithIt(string file, int count)
    {
        int cases = 0;
        foreach (JsonElement group in Vectors.Json("wycheproof", file)
            .GetProperty("testGroups").EnumerateArray())
        {
            byte[] publicKey = Hex.Decode(group.GetProperty("publicKey").Text("uncompressed"));
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] message = Hex.Decode(test.Text("msg"));
                Bytes32 digest = group.Text("sha") == "SHA-256"
                    ? new Bytes32(SHA256.HashData(message))
                    : PlainKeccak.Sha3(message);
                bool valid = test.Text("result") == "valid";
                int id = test.GetProperty("tcId").GetInt32();
                byte[]? compact = Der.TryCompact(Hex.Decode(test.Text("sig")));
                Assert.True(
                    valid == (compact is not null && IsAccepted(publicKey, digest, compact, file)),
                    $"{file} {id}: {test.Text("comment")}");
                cases++;
            }
        }

        Assert.Equal(count, cases);
    }

    private static bool IsAccepted(
        byte[] publicKey, Bytes32 digest, byte[] compact, string file)
    {
        Bytes32 r = new(compact.AsSpan(0, 32));
        Bytes32 s = new(compact.AsSpan(32));
        bool high = s > CurveOrder.HalfN;
        if (high)
        {
            Assert.False(PublicKeys.Verify(publicKey, digest, compact));
            if (file.Contains("bitcoin", StringComparison.Ordinal) || s >= CurveOrder.N)
            {
                return false;
            }

            s = (UInt256.FromBigEndian(CurveOrder.N.Span) - UInt256.FromBigEndian(s.Span))
                .ToBytes32();
            s.CopyTo(compact.AsSpan(32));
        }

        bool verified = PublicKeys.Verify(publicKey, digest, compact);

        // A signature that verifies recovers to the key with one parity, else with none. Only
        // r ≥ p − n has other candidates, which the 64-byte form cannot name.
        bool recovered = false;
        foreach (bool parity in new[] { false, true })
        {
            byte[] key = new byte[65];
            recovered |= Secp256k1.TryRecoverPublicKey(digest, new Signature(r, s, parity), key)
                && key.AsSpan().SequenceEqual(publicKey);
        }

        Assert.True(!recovered || verified);
        return verified;
    }
}
