using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Whatever bytes come: a value, or the one exception of the parser.</summary>
[Trait("Category", "load")]
public sealed class HostileBytesTests
{
    private static readonly int s_mutations = Runs.Count(fast: 30_000, full: 1_000_000);

    [Theory]
    [InlineData("\"0x0\"", 0)]
    [InlineData("\"0x1a\"", 26)]
    [InlineData("\"0x\"", null)]
    [InlineData("\"0x01\"", 1)]
    [InlineData("\"0x0000\"", 0)]
    [InlineData("\"1a\"", null)]
    [InlineData("\"0x 1\"", null)]
    [InlineData("\"0x+1\"", null)]
    [InlineData("\"0x10000000000000000\"", null)]
    [InlineData("26", null)]
    [InlineData("null", null)]
    public void Quantity_Strict_NumberOrMalformed(string json, int? expected)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (expected is int number)
        {
            Assert.Equal((ulong)number, JsonScalar.ReadUInt64(document.RootElement, "n"));
            return;
        }

        ChainException error = Assert.Throws<ChainException>(
            () => JsonScalar.ReadUInt64(document.RootElement, "n"));
        Assert.Equal(ChainFault.Malformed, error.Fault);
    }

    [SharedDataFact("ethereum/execution-apis/tests")]
    public void Answers_BitsFlippedBytesCut_ValueOrChainException()
    {
        (string Method, Func<JsonElement, object?> Read)[] methods =
        [
            ("eth_getTransactionReceipt", ResultParser.Receipt),
            ("eth_getLogs", ResultParser.Logs),
            ("eth_getBlockByNumber", ResultParser.Block),
            ("eth_getTransactionByHash", ResultParser.Transaction),
        ];
        List<(byte[] Answer, Func<JsonElement, object?> Read)> seeds = [];
        foreach ((string method, Func<JsonElement, object?> read) in methods)
        {
            string folder = SharedData.PathOf("ethereum/execution-apis/tests", method);
            foreach (string path in Directory.EnumerateFiles(folder))
            {
                string line = File.ReadAllLines(path)[^1];
                seeds.Add((Encoding.UTF8.GetBytes(line[3..]), read));
            }
        }

        Random random = new(20261122);
        int refused = 0;
        for (int i = 0; i < s_mutations; i++)
        {
            (byte[] seed, Func<JsonElement, object?> read) = seeds[random.Next(seeds.Count)];
            int length = random.Next(8) == 0 ? random.Next(seed.Length) : seed.Length;
            byte[] bytes = seed[..length];
            for (int flips = random.Next(4); flips > 0 && length > 0; flips--)
            {
                bytes[random.Next(length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                RpcEnvelope.Response(bytes, 1, read);
            }
            catch (ChainException e)
            {
                refused++;
                Assert.DoesNotContain("\n", e.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, s_mutations / 10, s_mutations);
    }

    [Fact]
    public void Transactions_BitsFlipped_DecodeOrFormatException()
    {
        using PrivateKey key = PrivateKey.Parse(AnvilProcess.Keys[0]);
        AnyTransaction transaction = new()
        {
            Kind = TransactionKind.FeeMarket,
            ChainId = 1,
            Nonce = 7,
            MaxFeePerGas = 9,
            MaxPriorityFeePerGas = 1,
            GasLimit = 21_000,
            To = key.Address,
            AccessList = [new AccessListItem(key.Address, [Bytes32.Zero])],
        };
        byte[] seed = transaction.Sign(key).Encode();
        for (int bit = 0; bit < seed.Length * 8; bit++)
        {
            byte[] bytes = [.. seed];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // What still decodes must say exactly what was changed.
                Assert.Equal(bytes, AnyTransaction.Decode(bytes).Encode());
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void RedeemRow_PackAndUnpack_SameRowsOthersRefused()
    {
        RedeemRow row = new(default, default, default, long.MaxValue, 9, default);
        RedeemRow[] rows = [row, row with { NextSeq = 10 }];
        byte[] packed = RedeemRow.Pack(rows);
        Assert.Equal(320, packed.Length);
        Assert.Equal(rows, RedeemRow.Unpack(packed));
        foreach (int length in new[] { 0, 1, 159, 161, 257 * 160 })
        {
            Assert.Throws<FormatException>(() => RedeemRow.Unpack(new byte[length]));
        }
    }

    [Fact]
    public void RevertReasons_KnownUnknownAndBroken_NeverThrow()
    {
        byte[] five = new AbiWriter().Write(5UL).ToArray();
        byte[] locked = [.. Selector("BondLocked(uint40)"), .. five];
        Assert.StartsWith("the bond may not leave before 1970-01-01 ",
            RevertReasons.Describe(locked), StringComparison.Ordinal);
        Assert.True(RevertReasons.Is(locked, "BondLocked"));
        byte[] text = new AbiWriter().WriteString("a\nb").ToArray();
        byte[] said = [.. Selector("Error(string)"), .. text];
        Assert.Equal("a b", RevertReasons.Describe(said));
        Assert.Equal("", RevertReasons.Describe([1, 2]));
        Assert.Equal("error 0x01020304", RevertReasons.Describe([1, 2, 3, 4]));
        Assert.Equal("BondLocked", RevertReasons.Describe(locked.AsSpan(0, 9)));
    }

    [Theory]
    [InlineData("ftp://a")]
    [InlineData("file:///etc/passwd")]
    public void Client_OtherScheme_RefusedInOneLine(string url)
    {
        ChainException error = Assert.Throws<ChainException>(
            () => AnvilFixture.Client(new Uri(url)));
        Assert.Equal(ChainFault.Misconfigured, error.Fault);
    }

    private static byte[] Selector(string signature) => Hex.Decode(
        FunctionSelector.Of(signature).Value.ToString("x8", CultureInfo.InvariantCulture));
}
