using System;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class RlpTests
{
    private const string Folder = "ethereum/ethereum-tests/RLPTests";

    [SharedDataFact(Folder)]
    public void WriterAndReader_OnTheEthereumVectors_AgreeWithThem()
    {
        int cases = 0;
        foreach (JsonProperty vector in Vectors.Json(Folder, "rlptest.json").EnumerateObject())
        {
            object item = FromJson(vector.Value.GetProperty("in"));
            string encoded = vector.Value.Text("out");
            Assert.Equal(encoded, Hex.Encode(RlpTree.Encode(item)));
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(Hex.Decode(encoded))));
            cases++;
        }

        Assert.Equal(28, cases);
    }

    [SharedDataFact(Folder)]
    public void Reader_OnTheInvalidVectors_RefusesEveryOne()
    {
        int cases = 0;
        foreach (JsonProperty v in Vectors.Json(Folder, "invalidRLPTest.json").EnumerateObject())
        {
            Assert.Equal("INVALID", v.Value.Text("in"));
            byte[] encoded = Hex.Decode(v.Value.Text("out"));
            Assert.Throws<FormatException>(() => RlpTree.Decode(encoded));
            cases++;
        }

        Assert.Equal(26, cases);
    }

    [SharedDataFact(Folder)]
    public void Reader_OnTheRandomVectors_RefusesOrReadsAsTheySay()
    {
        int cases = 0;
        foreach (JsonProperty vector in Vectors
            .Json(Folder, "RandomRLPTests", "example.json").EnumerateObject())
        {
            byte[] encoded = Hex.Decode(vector.Value.Text("out"));
            Assert.Equal("VALID", vector.Value.Text("in"));
            Assert.Equal(encoded, RlpTree.Encode(RlpTree.Decode(encoded)));
            cases++;
        }

        Assert.Equal(1, cases);
    }

    [SharedDataFact("ethereum/ethers/rlp.json.gz")]
    public void WriterAndReader_OnTheEthersVectors_AgreeWithThem()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Ethers("rlp").EnumerateArray())
        {
            object item = FromHexJson(vector.GetProperty("decoded"));
            byte[] encoded = Hex.Decode(vector.Text("encoded"));
            Assert.Equal(encoded, RlpTree.Encode(item));
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(encoded)));
            cases++;
        }

        Assert.Equal(61, cases);
    }

    [Fact]
    public void Reader_OfWhatTheWriterWrote_GivesItBack()
    {
        Noise noise = new(seed: 11);
        for (int i = 0; i < 300; i++)
        {
            object item = RandomItem(noise, depth: 0);
            byte[] encoded = RlpTree.Encode(item);
            Assert.Equal(RlpTree.Show(item), RlpTree.Show(RlpTree.Decode(encoded)));
        }
    }

    [Fact]
    public void Reader_OfDamagedInput_RefusesItOrIsOneToOne()
    {
        // Whatever is accepted must be the one encoding of what was read.
        Noise noise = new(seed: 12);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] encoded = RlpTree.Encode(RandomItem(noise, depth: 3));
            if (encoded.Length > 400)
            {
                encoded = encoded[..400];
            }

            for (int flips = noise.Below(3); flips >= 0; flips--)
            {
                encoded[noise.Below(encoded.Length)] = (byte)noise.Next();
            }

            try
            {
                Assert.Equal(encoded, RlpTree.Encode(RlpTree.Decode(encoded)));
                accepted++;
            }
            catch (FormatException)
            {
            }
        }

        Assert.InRange(accepted, 500, 19_500);
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
        for (int i = 0; i < RlpReader.DepthMax; i++)
        {
            deep = new RlpWriter().BeginList().WriteEncoded(deep).EndList().ToArray();
        }

        Assert.Equal(deep, RlpTree.Encode(RlpTree.Decode(deep)));
        byte[] deeper = new RlpWriter().BeginList().WriteEncoded(deep).EndList().ToArray();
        Assert.Throws<FormatException>(() => RlpTree.Decode(deeper));
    }

    [Theory]
    [InlineData("00")]
    [InlineData("820001")]
    [InlineData("a1010000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("c0")]
    public void ReadUInt256_OfWhatIsNoNumber_IsRefused(string hex) =>
        Assert.Throws<FormatException>(
            () => { new RlpReader(Hex.Decode(hex)).ReadUInt256(); });

    [Fact]
    public void ReadUInt64_OfMoreThan64Bits_IsRefused() =>
        Assert.Throws<FormatException>(
            () => { new RlpReader(Hex.Decode("89010000000000000000")).ReadUInt64(); });

    [Fact]
    public void ToArray_WithAListOpen_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new RlpWriter().BeginList().ToArray());

    private static object RandomItem(Noise noise, int depth)
    {
        if (depth == 4 || noise.Below(3) == 0)
        {
            int[] lengths = [0, 1, 2, 31, 54, 55, 56, 57, 255, 256, 300];
            byte[] bytes = new byte[lengths[noise.Below(lengths.Length)]];
            noise.Fill(bytes);
            return bytes;
        }

        object[] members = new object[noise.Below(5)];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = RandomItem(noise, depth + 1);
        }

        return members;
    }

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
