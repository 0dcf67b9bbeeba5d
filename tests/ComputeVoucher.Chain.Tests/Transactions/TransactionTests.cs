using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Nethereum.Model;
using Nethereum.Signer;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What is sent, against the codec of all types that the vectors judge.</summary>
[Trait("Category", "load")]
public sealed class TransactionTests
{
    // Every tenth is also read back, which recovers its sender: 20 ms where nothing is compiled
    // ahead of time.
    private const int ReadEvery = 10;

    private static readonly int s_transactions = Runs.Count(fast: 500, full: 10_000);

    // Around the lengths at which an RLP header grows, and about a batch of 256 rows.
    private static readonly int[] s_dataLengths =
        [0, 1, 2, 31, 54, 55, 56, 57, 255, 256, 257, 65_535, 65_536, 41_500];

    private static readonly string[] s_keys = AnvilProcess.Keys[..2];

    public static TheoryData<ulong> Seeds => Runs.Seeds(20261126);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_BothCodecs_SameBytesSameFields(ulong seed)
    {
        Random random = new(unchecked((int)seed));
        using PrivateKey key = PrivateKey.Parse(s_keys[random.Next(s_keys.Length)]);
        for (int i = 0; i < s_transactions; i++)
        {
            Transaction sent = Next(random);
            byte[] raw = sent.Sign(key);
            Assert.Equal(Any(sent).Sign(key).Encode(), raw);
            if (i % ReadEvery == 0)
            {
                AssertSame(sent, SignedBytes.Read(raw, out Address sender));
                Assert.Equal(key.Address, sender);
                Assert.Null(SignedBytes.Flaw(sent, key.Address, raw, Keccak256.Hash(raw)));
                AssertDamageIsJudgedAlike(random, raw);
            }
        }
    }

    [Fact]
    public void EveryBitFlipped_BothCodecs_RefuseOrReadTheSame()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        byte[] seed = (Next(new Random(3)) with { Data = [1, 2] }).Sign(key);
        for (int bit = 0; bit < seed.Length * 8; bit++)
        {
            AssertJudgedAlike(Flipped(seed, bit));
        }
    }

    [Fact]
    public void EveryBitFlipped_IsAFlaw_ThatNeitherCheckFindsAlone()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        Transaction asked = EvenParity(key);
        byte[] signed = asked.Sign(key);
        int bySenderAlone = 0;
        int byEncodingAlone = 0;
        for (int bit = 0; bit < signed.Length * 8; bit++)
        {
            byte[] flipped = Flipped(signed, bit);
            Assert.NotNull(SignedBytes.Flaw(
                asked, key.Address, flipped, Keccak256.Hash(flipped)));
            Assert.NotNull(SignedBytes.Flaw(
                asked, key.Address, flipped, Keccak256.Hash(signed)));
            bool isEncodedWell = IsEncodedAgainTheSame(flipped);
            byEncodingAlone += isEncodedWell ? 1 : 0;
            bySenderAlone += !isEncodedWell && IsFromTheAccount(flipped, key.Address) ? 1 : 0;
        }

        // A parity of one byte 0 in place of the empty string still names the account; a changed
        // fee is still encoded as it should be.
        Assert.InRange(bySenderAlone, 1, signed.Length);
        Assert.InRange(byEncodingAlone, signed.Length, signed.Length * 8);
        Assert.True(IsFromTheAccount(signed, key.Address) && IsEncodedAgainTheSame(signed));
    }

    [Fact]
    public void AskedFor_InAnyOtherWay_IsAFlaw()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        using PrivateKey other = PrivateKey.Parse(s_keys[1]);
        Transaction asked = Next(new Random(5)) with { To = other.Address, Data = [1, 2] };
        Transaction[] others =
        [
            asked with { ChainId = asked.ChainId ^ 1 },
            asked with { Nonce = asked.Nonce ^ 1 },
            asked with { MaxFeePerGas = asked.MaxFeePerGas + 1UL },
            asked with { MaxPriorityFeePerGas = asked.MaxPriorityFeePerGas + 1UL },
            asked with { GasLimit = asked.GasLimit ^ 1 },
            asked with { To = null },
            asked with { To = key.Address },
            asked with { Value = asked.Value + 1UL },
            asked with { Data = [1, 3] },
            asked with { Data = [1, 2, 0] },
        ];
        Assert.All(others, t => Assert.NotNull(Flaw(t.Sign(key))));
        Assert.NotNull(Flaw(asked.Sign(other)));
        Assert.Null(Flaw(asked.Sign(key)));
        Assert.NotNull(SignedBytes.Flaw(asked, key.Address, asked.Sign(key), Bytes32.Zero));

        string? Flaw(byte[] signed) =>
            SignedBytes.Flaw(asked, key.Address, signed, Keccak256.Hash(signed));
    }

    [Fact]
    public void TheOtherHalfOfTheCurve_SameSenderAndEncoding_IsRefused()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        AnyTransaction sent = Any(Next(new Random(6))).Sign(key);
        TransactionSignature low = sent.Signature!.Value;
        UInt256 order = UInt256.Parse(
            "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
        AnyTransaction high = sent with
        {
            Signature = low with { S = order - low.S, YParity = !low.YParity },
        };
        Assert.True(high.TryRecoverSender(out Address sender));
        Assert.Equal(key.Address, sender);
        Refused(high.Encode());
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "010000000000000000")]
    [InlineData(2, "0001")]
    [InlineData(3, "010000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(4, "010000000000000000")]
    [InlineData(5, "00000000000000000000000000000000000000")]
    [InlineData(6, "00")]
    [InlineData(8, "")]
    [InlineData(9, "02")]
    [InlineData(10, "00")]
    [InlineData(11, "000000")]
    public void Field_OfAnotherForm_IsRefused(int field, string hex)
    {
        object[] fields = SignedFields();
        Assert.NotNull(SignedBytes.Read(Envelope(fields), out _));
        fields[field] = Hex.Decode(hex);
        Refused(Envelope(fields));
    }

    [Fact]
    public void Fields_MoreFewerOrLists_AreRefused()
    {
        object[] fields = SignedFields();
        Refused(Envelope([.. fields, Array.Empty<byte>()]));
        Refused(Envelope(fields[..^1]));
        Refused(Envelope([]));
        Refused([.. Envelope(fields), 0x80]);
        Refused([]);
        Refused([1, .. Envelope(fields)[1..]]);
        Refused(Envelope(fields)[1..]);
        for (int i = 0; i < fields.Length; i++)
        {
            object[] nested = [.. fields];
            nested[i] = new object[] { nested[i] };
            Refused(Envelope(nested));
        }
    }

    [Fact]
    public void Signed_LongerThanAnyPoolTakes_IsNotRead()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        Transaction sent = Next(new Random(1));
        Refused((sent with { Data = new byte[ChainLimits.TransactionBytesMax] }).Sign(key));
    }

    private static void Refused(byte[] bytes) =>
        Assert.Throws<FormatException>(() => SignedBytes.Read(bytes, out _));

    private static object[] SignedFields()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        return (object[])RlpTree.Decode(Next(new Random(5)).Sign(key).AsSpan(1));
    }

    private static byte[] Envelope(object[] fields) => [2, .. RlpTree.Encode(fields)];

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }

    /// <summary>A transaction whose signature has parity 0, an empty string in its bytes.</summary>
    private static Transaction EvenParity(PrivateKey key)
    {
        Transaction sent = Next(new Random(4)) with { Data = [1, 2] };
        while (AnyTransaction.Decode(sent.Sign(key)).Signature!.Value.YParity)
        {
            sent = sent with { Nonce = sent.Nonce + 1 };
        }

        return sent;
    }

    /// <summary>The first check alone, by the library's own words.</summary>
    private static bool IsFromTheAccount(byte[] bytes, Address account)
    {
        try
        {
            Transaction1559 read = Transaction1559Encoder.Current.Decode(bytes);
            return account == new Address(EthECKey
                .RecoverFromParityYSignature(
                    EthECDSASignatureFactory.FromSignature(read.Signature), read.RawHash)
                .GetPublicAddressAsBytes());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>The second check alone.</summary>
    private static bool IsEncodedAgainTheSame(byte[] bytes)
    {
        try
        {
            return bytes.AsSpan().SequenceEqual(
                Transaction1559Encoder.Current.Decode(bytes).GetRLPEncoded());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return false;
        }
    }

    private static void AssertDamageIsJudgedAlike(Random random, byte[] raw)
    {
        byte[] bytes = [.. raw];
        bytes[random.Next(Math.Min(bytes.Length, 100))] = (byte)random.Next(256);
        AssertJudgedAlike(bytes);
        AssertJudgedAlike(raw[..random.Next(raw.Length)]);
    }

    /// <summary>Read by one exactly if by the other, other types and access lists aside.</summary>
    private static void AssertJudgedAlike(byte[] bytes)
    {
        AnyTransaction? any = OrNull(() => AnyTransaction.Decode(bytes));
        Address sender = default;
        Transaction? read = OrNull(() => SignedBytes.Read(bytes, out sender));
        Address signer = default;
        bool isOurs = any is { Kind: TransactionKind.FeeMarket, AccessList.Count: 0 }
            && any.Signature!.Value.HasLowS && any.TryRecoverSender(out signer);
        Assert.Equal(isOurs, read is not null);
        if (read is not null)
        {
            Assert.Equal(signer, sender);
            Assert.Equal(bytes, (Any(read) with { Signature = any!.Signature }).Encode());
        }
    }

    private static T? OrNull<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static void AssertSame(Transaction expected, Transaction actual)
    {
        Assert.Equal(expected.Data, actual.Data);
        Assert.Equal(expected, actual with { Data = expected.Data });
    }

    private static AnyTransaction Any(Transaction sent) => new()
    {
        Kind = TransactionKind.FeeMarket,
        ChainId = sent.ChainId,
        Nonce = sent.Nonce,
        MaxFeePerGas = sent.MaxFeePerGas,
        MaxPriorityFeePerGas = sent.MaxPriorityFeePerGas,
        GasLimit = sent.GasLimit,
        To = sent.To,
        Value = sent.Value,
        Data = sent.Data,
    };

    private static Transaction Next(Random random)
    {
        byte[] data = new byte[s_dataLengths[random.Next(s_dataLengths.Length)]];
        byte[] to = new byte[Address.Size];
        random.NextBytes(data);
        random.NextBytes(to);
        return new Transaction
        {
            ChainId = Word(random),
            Nonce = Word(random),
            MaxFeePerGas = Number(random),
            MaxPriorityFeePerGas = Number(random),
            GasLimit = Word(random),
            To = random.Next(8) == 0 ? null : new Address(to),
            Value = Number(random),
            Data = data,
        };
    }

    private static ulong Word(Random random) =>
        (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(65);

    private static UInt256 Number(Random random)
    {
        byte[] bytes = new byte[random.Next(UInt256.Size + 1)];
        random.NextBytes(bytes);
        return UInt256.FromBigEndian(bytes);
    }
}
