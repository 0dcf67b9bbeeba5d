using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class PrivateKeyTests
{
    private const string Basic = "ethereum/ethereum-tests/BasicTests";

    // Of the folder's files, crypto.json (AES, ECIES) and hexencodetest.json (trie paths) are
    // about things that this project does not have.

    [SharedDataFact(Basic)]
    public void Address_OfTheEthereumKeys_IsTheirs()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Json(Basic, "keyaddrtest.json").EnumerateArray())
        {
            Bytes32 secret = Keccak256.Hash(Encoding.UTF8.GetBytes(vector.Text("seed")));
            Assert.Equal(vector.Text("key"), Convert.ToHexStringLower(secret.Span));
            using PrivateKey key = PrivateKey.FromBytes(secret.Span);
            Address address = Address.Parse(vector.Text("addr"));
            Assert.Equal(address, key.Address);

            // "sig_of_emptystring" is left out: it is no signature of keccak(""), of 32 zero bytes,
            // nor of any SHA of the empty string, and other clients skip it for the same reason.
            Bytes32 digest = Keccak256.Hash([]);
            Assert.True(Secp256k1.TryRecover(digest, key.Sign(digest), out Address signer));
            Assert.Equal(address, signer);
            cases++;
        }

        Assert.Equal(2, cases);
    }

    [SharedDataFact(Basic)]
    public void Recover_OfTheEthereumTransactions_IsTheAddressOfTheirKey()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Json(Basic, "txtest.json").EnumerateArray())
        {
            object[] fields = (object[])RlpTree.Decode(Hex.Decode(vector.Text("signed")));
            Assert.Equal(9, fields.Length);
            Bytes32 digest = Keccak256.Hash(RlpTree.Encode(fields[..6]));
            using PrivateKey key = PrivateKey.Parse(vector.Text("key"));
            Signature signature = LowS(
                UInt256.FromBigEndian((byte[])fields[7]), UInt256.FromBigEndian((byte[])fields[8]),
                ((byte[])fields[6])[0] == 28);
            Assert.True(Secp256k1.TryRecover(digest, signature, out Address signer));
            Assert.Equal(key.Address, signer);
            cases++;
        }

        Assert.Equal(2, cases);
    }

    [Fact]
    public void Dispose_WipesTheKeyAndEndsSigning()
    {
        byte[] secret = Noise.Bytes(seed: 1, 32);
        PrivateKey key = PrivateKey.FromBytes(secret);
        nint slot = SlotOf(key);
        Assert.Equal(secret, At(slot));
        key.Dispose();
        // Another test may have the slot by now, and it holds zeros or another key.
        Assert.NotEqual(secret, At(slot));
        Assert.Throws<ObjectDisposedException>(() => key.Sign(default));
        key.Dispose();
    }

    /// <summary>More keys than a page holds: each in a place of its own, in pages that are locked
    /// in memory ("lo") and left out of core dumps ("dd").</summary>
    [Fact]
    public void Memory_OfEveryKey_LockedAndInNoDump()
    {
        PrivateKey[] keys = [.. Enumerable.Range(1, 300).Select(
            seed => PrivateKey.FromBytes(Noise.Bytes(seed, 32)))];
        nint[] slots = [.. keys.Select(SlotOf)];
        Assert.Equal(keys.Length, slots.Distinct().Count());
        List<(nint From, nint To, string[] Flags)> pages = Mappings();
        foreach (nint slot in slots)
        {
            string[] flags = pages.Single(page => slot >= page.From && slot < page.To).Flags;
            Assert.Contains("dd", flags);
            Assert.True(!PrivateKey.IsMemoryLocked || flags.Contains("lo"));
        }

        Array.ForEach(keys, key => key.Dispose());
    }

    [Fact]
    public void Collector_WipesAKeyThatNobodyDisposed()
    {
        byte[] secret = Noise.Bytes(seed: 77, 32);
        nint slot = Forgotten(secret);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.NotEqual(secret, At(slot));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint Forgotten(byte[] secret) => SlotOf(PrivateKey.FromBytes(secret));

    private static nint SlotOf(PrivateKey key) => (nint)typeof(PrivateKey)
        .GetField("_slot", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(key)!;

    private static byte[] At(nint slot)
    {
        byte[] bytes = new byte[PrivateKey.Size];
        Marshal.Copy(slot, bytes, 0, bytes.Length);
        return bytes;
    }

    private static List<(nint From, nint To, string[] Flags)> Mappings()
    {
        List<(nint From, nint To, string[] Flags)> found = [];
        (nint From, nint To) range = default;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "VmFlags:")
            {
                found.Add((range.From, range.To, words[1..]));
            }
            else if (!words[0].EndsWith(':'))
            {
                string[] ends = words[0].Split('-');
                range = ((nint)Convert.ToInt64(ends[0], 16), (nint)Convert.ToInt64(ends[1], 16));
            }
        }

        return found;
    }

    [Fact]
    public void ToString_ShowsTheAddressAndNothingElse()
    {
        using PrivateKey key = PrivateKey.FromBytes(Noise.Bytes(seed: 1, 32));
        Assert.Equal(key.Address.ToString(), key.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x01")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000g")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000001")]
    public void Parse_OfWhatIsNoKey_IsRefused(string text) =>
        Assert.Throws<FormatException>(() => PrivateKey.Parse(text));

    [Fact]
    public void Sign_OfManyDigests_IsLowAndDeterministic()
    {
        using PrivateKey key = PrivateKey.FromBytes(Noise.Bytes(seed: 2, 32));
        for (int i = 0; i < 200; i++)
        {
            Bytes32 digest = new(Noise.Bytes(i, 32));
            Signature signature = key.Sign(digest);
            Assert.True(signature.IsCanonical);
            Assert.Equal(signature, key.Sign(digest));
        }
    }

    private static Signature LowS(UInt256 r, UInt256 s, bool parity)
    {
        UInt256 n = UInt256.FromBigEndian(CurveOrder.N.Span);
        bool high = s.ToBytes32() > CurveOrder.HalfN;
        return new Signature(
            r.ToBytes32(), (high ? n - s : s).ToBytes32(), high ? !parity : parity);
    }
}
