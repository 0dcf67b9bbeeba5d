using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What is sent, against the codec of all types that the vectors judge.</summary>
[Trait("Category", "load")]
public sealed class TransactionTests
{
    private const int Transactions = 500;

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
        for (int i = 0; i < Transactions; i++)
        {
            Transaction sent = Next(random);
            byte[] raw = sent.Sign(key);
            Assert.Equal(Any(sent).Sign(key).Encode(), raw);

            AnyTransaction any = AnyTransaction.Decode(raw);
            Assert.True(any.TryRecoverSender(out Address sender));
            Assert.Equal(key.Address, sender);
            AssertSame(sent, Transaction.Decode(raw));
            Assert.Equal(raw, Transaction.Decode(raw).Sign(key));
            AssertDamageIsJudgedAlike(random, raw);
        }
    }

    [Fact]
    public void EveryBitFlipped_BothCodecs_RefuseOrReadTheSame()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        byte[] seed = (Next(new Random(3)) with { Data = [1, 2] }).Sign(key);
        for (int bit = 0; bit < seed.Length * 8; bit++)
        {
            byte[] bytes = [.. seed];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertJudgedAlike(bytes);
        }
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
        Assert.NotNull(Transaction.Decode(Envelope(fields)));
        fields[field] = Hex.Decode(hex);
        Assert.Throws<FormatException>(() => Transaction.Decode(Envelope(fields)));
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
        Assert.Throws<FormatException>(() => Transaction.Decode(bytes));

    private static object[] SignedFields()
    {
        using PrivateKey key = PrivateKey.Parse(s_keys[0]);
        return (object[])RlpTree.Decode(Next(new Random(5)).Sign(key).AsSpan(1));
    }

    private static byte[] Envelope(object[] fields) => [2, .. RlpTree.Encode(fields)];

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
        Transaction? read = OrNull(() => Transaction.Decode(bytes));
        bool isOurs = any is { Kind: TransactionKind.FeeMarket, AccessList.Count: 0 };
        Assert.Equal(isOurs, read is not null);
        if (read is not null)
        {
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
