using System;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using Nethereum.RLP;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The strict reader of the tests, and the lenient one of the product whose output is
/// encoded again, are one judgement.</summary>
public sealed class RlpTests
{
    private const string Folder = "ethereum/ethereum-tests/RLPTests";
    private const string Ethers = "ethereum/ethers/rlp.json.gz";

    private static readonly int s_damaged = Runs.Count(fast: 1_000, full: 20_000);

    [SharedDataFact(Folder)]
    public void WriterAndReader_OnTheEthereumVectors_AgreeWithThem()
    {
        int cases = 0;
        foreach (JsonProperty vector in Json("rlptest.json").EnumerateObject())
        {
            object item = FromJson(vector.Value.GetProperty("in"));
            string encoded = vector.Value.GetProperty("out").GetString()!;
            Assert.Equal(encoded, Hex.Encode(Encode(item)));
            Assert.Equal(encoded, Hex.Encode(RlpTree.Encode(item)));
            Assert.Equal(encoded, Hex.Encode(Again(Hex.Decode(encoded))));
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(Hex.Decode(encoded))));
            cases++;
        }

        Assert.Equal(28, cases);
    }

    [SharedDataFact(Folder)]
    public void Reader_OnTheInvalidVectors_RefusesEveryOneOrItEncodesOtherwise()
    {
        int cases = 0;
        foreach (JsonProperty v in Json("invalidRLPTest.json").EnumerateObject())
        {
            Assert.Equal("INVALID", v.Value.GetProperty("in").GetString());
            byte[] encoded = Hex.Decode(v.Value.GetProperty("out").GetString());
            Assert.Throws<FormatException>(() => RlpTree.Decode(encoded));
            Assert.False(IsOneToOne(encoded));
            cases++;
        }

        Assert.Equal(26, cases);
    }

    [SharedDataFact(Folder)]
    public void Reader_OnTheRandomVectors_RefusesOrReadsAsTheySay()
    {
        int cases = 0;
        foreach (JsonProperty vector in Json("RandomRLPTests", "example.json").EnumerateObject())
        {
            byte[] encoded = Hex.Decode(vector.Value.GetProperty("out").GetString());
            Assert.Equal("VALID", vector.Value.GetProperty("in").GetString());
            Assert.Equal(encoded, RlpTree.Encode(RlpTree.Decode(encoded)));
            Assert.True(IsOneToOne(encoded));
            cases++;
        }

        Assert.Equal(1, cases);
    }

    [SharedDataFact(Ethers)]
    public void WriterAndReader_OnTheEthersVectors_AgreeWithThem()
    {
        int cases = 0;
        using FileStream packed = File.OpenRead(SharedData.PathOf(Ethers));
        using GZipStream plain = new(packed, CompressionMode.Decompress);
        using JsonDocument file = JsonDocument.Parse(plain);
        foreach (JsonElement vector in file.RootElement.EnumerateArray())
        {
            object item = FromHexJson(vector.GetProperty("decoded"));
            byte[] encoded = Hex.Decode(vector.GetProperty("encoded").GetString());
            Assert.Equal(encoded, Encode(item));
            Assert.True(IsOneToOne(encoded));
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(encoded)));
            cases++;
        }

        Assert.Equal(61, cases);
    }

    [Fact]
    public void Reader_OfWhatTheWriterWrote_GivesItBack()
    {
        Prng random = new(11);
        for (int i = 0; i < 300; i++)
        {
            object item = RandomItem(random, depth: 0);
            byte[] encoded = Encode(item);
            Assert.Equal(RlpTree.Encode(item), encoded);
            Assert.Equal(encoded, Again(encoded));
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(encoded)));
        }
    }

    [Fact]
    public void Reader_OfDamagedInput_RefusesItOrIsOneToOne()
    {
        // The strict reader accepts what the lenient one reads and encodes to the same bytes.
        Prng random = new(12);
        int accepted = 0;
        for (int i = 0; i < s_damaged; i++)
        {
            byte[] encoded = Encode(RandomItem(random, depth: 3));
            if (encoded.Length > 400)
            {
                encoded = encoded[..400];
            }

            for (int flips = random.Below(3); flips >= 0; flips--)
            {
                encoded[random.Below(encoded.Length)] = (byte)random.Next();
            }

            bool isCanonical = IsCanonical(encoded);
            Assert.Equal(isCanonical, IsOneToOne(encoded));
            accepted += isCanonical ? 1 : 0;
        }

        Assert.InRange(accepted, s_damaged / 40, s_damaged * 39 / 40);
    }

    [Fact]
    public void Reader_OfTensOfThousandsOfListsInEachOther_RefusesThem()
    {
        // Headers from the inside out, back to front: without the bound this overflows the stack.
        byte[] nested = new byte[200_000];
        int start = nested.Length;
        while (start > 8)
        {
            int payload = nested.Length - start;
            int bytes = payload < 56 ? 0 : payload < 256 ? 1 : payload < 65536 ? 2 : 3;
            for (int i = 0; i < bytes; i++)
            {
                nested[--start] = (byte)(payload >> (8 * i));
            }

            nested[--start] = (byte)(bytes == 0 ? 0xC0 + payload : 0xF7 + bytes);
        }

        Assert.Throws<FormatException>(() => RlpTree.Decode(nested.AsSpan(start)));
    }

    [Fact]
    public void Reader_OfListsAtTheBound_ReadsThemAndNotOneMore()
    {
        byte[] deep = [0x80];
        for (int i = 0; i < RlpTree.DepthMax; i++)
        {
            deep = RLP.EncodeList(deep);
        }

        Assert.Equal(deep, RlpTree.Encode(RlpTree.Decode(deep)));
        Assert.Throws<FormatException>(() => RlpTree.Decode(RLP.EncodeList(deep)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("81")]
    [InlineData("b8")]
    [InlineData("b801")]
    [InlineData("c280")]
    [InlineData("bfffffffffffffffff")]
    [InlineData("ffffffffffffffffff")]
    public void Reader_OfWhatIsCutShort_RefusesIt(string hex) =>
        Assert.False(IsOneToOne(Hex.Decode(hex)));

    private static byte[] Encode(object item) => item is byte[] bytes
        ? RLP.EncodeElement(bytes)
        : RLP.EncodeList([.. ((object[])item).Select(Encode)]);

    /// <summary>Whatever the lenient reader makes of the bytes, encoded again.</summary>
    private static byte[] Again(byte[] encoded) => Again(RLP.Decode(encoded));

    private static byte[] Again(IRLPElement read) => read is RLPCollection list
        ? RLP.EncodeList([.. list.Select(Again)])
        : RLP.EncodeElement(read.RLPData);

    /// <summary>Whether the bytes are one item, in the encoding that it has.</summary>
    private static bool IsOneToOne(byte[] encoded)
    {
        try
        {
            return encoded.AsSpan().SequenceEqual(Again(encoded));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library throws what comes.
            return false;
        }
    }

    private static bool IsCanonical(byte[] encoded)
    {
        try
        {
            return encoded.AsSpan().SequenceEqual(RlpTree.Encode(RlpTree.Decode(encoded)));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static object RandomItem(Prng random, int depth)
    {
        if (depth == 4 || random.Below(3) == 0)
        {
            int[] lengths = [0, 1, 2, 31, 54, 55, 56, 57, 255, 256, 300];
            byte[] bytes = new byte[lengths[random.Below(lengths.Length)]];
            random.Fill(bytes);
            return bytes;
        }

        object[] members = new object[random.Below(5)];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = RandomItem(random, depth + 1);
        }

        return members;
    }

    private static JsonElement Json(params string[] path) => JsonDocument
        .Parse(File.ReadAllBytes(SharedData.PathOf([Folder, .. path]))).RootElement;

    private static object FromJson(JsonElement item) => item.ValueKind switch
    {
        JsonValueKind.Array => item.EnumerateArray().Select(FromJson).ToArray(),
        JsonValueKind.Number => Trimmed(item.GetUInt64()),
        _ when item.GetString()!.StartsWith('#') =>
            Trimmed(BigInteger.Parse(item.GetString()![1..], CultureInfo.InvariantCulture)),
        _ => Encoding.UTF8.GetBytes(item.GetString()!),
    };

    private static byte[] Trimmed(BigInteger number) =>
        number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true);

    private static object FromHexJson(JsonElement item) => item.ValueKind == JsonValueKind.Array
        ? item.EnumerateArray().Select(FromHexJson).ToArray()
        : Hex.Decode(item.GetString());
}
