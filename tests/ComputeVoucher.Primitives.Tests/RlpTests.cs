using System;
using System.Collections.Generic;
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
        foreach (JsonProperty v in Vectors.Json(Folder, "invalidRLPTest.json").EnumerateObject())
        {
            Assert.Equal("INVALID", v.Value.Text("in"));
            byte[] encoded = Hex.Decode(v.Value.Text("out"));
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
        foreach (JsonProperty vector in Vectors
            .Json(Folder, "RandomRLPTests", "example.json").EnumerateObject())
        {
            byte[] encoded = Hex.Decode(vector.Value.Text("out"));
            Assert.Equal("VALID", vector.Value.Text("in"));
            Assert.Equal(encoded, RlpTree.Encode(RlpTree.Decode(encoded)));
            Assert.True(IsOneToOne(encoded));
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
        Noise noise = new(seed: 11);
        for (int i = 0; i < 300; i++)
        {
            object item = RandomItem(noise, depth: 0);
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
        Noise noise = new(seed: 12);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] encoded = Encode(RandomItem(noise, depth: 3));
            if (encoded.Length > 400)
            {
                encoded = encoded[..400];
            }

            for (int flips = noise.Below(3); flips >= 0; flips--)
            {
                encoded[noise.Below(encoded.Length)] = (byte)noise.Next();
            }

            bool isCanonical = IsCanonical(encoded);
            Assert.Equal(isCanonical, IsOneToOne(encoded));
            accepted += isCanonical ? 1 : 0;
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
        for (int i = 0; i < RlpTree.DepthMax; i++)
        {
            deep = Rlp.List(deep);
        }

        Assert.Equal(deep, RlpTree.Encode(RlpTree.Decode(deep)));
        Assert.Throws<FormatException>(() => RlpTree.Decode(Rlp.List(deep)));
    }

    [Theory]
    [InlineData("0", "80")]
    [InlineData("127", "7f")]
    [InlineData("128", "8180")]
    [InlineData("256", "820100")]
    [InlineData("0x0100000000000000000000000000000000", "910100000000000000000000000000000000")]
    public void Number_WithoutLeadingZeros(string number, string hex) =>
        Assert.Equal(Hex.Decode(hex), Rlp.Number(UInt256.Parse(number)));

    [Theory]
    [InlineData("")]
    [InlineData("81")]
    [InlineData("b8")]
    [InlineData("b801")]
    [InlineData("c280")]
    [InlineData("bfffffffffffffffff")]
    [InlineData("ffffffffffffffffff")]
    public void Take_OfWhatIsCutShort_IsRefused(string hex)
    {
        byte[] encoded = Hex.Decode(hex);
        Assert.Throws<FormatException>(() =>
        {
            ReadOnlySpan<byte> rest = encoded;
            Rlp.Take(ref rest);
        });
    }

    private static byte[] Encode(object item) => item is byte[] bytes
        ? Rlp.Bytes(bytes)
        : Rlp.List([.. ((object[])item).Select(Encode)]);

    /// <summary>Everything that <see cref="Rlp.Take"/> reads, encoded again.</summary>
    private static byte[] Again(ReadOnlySpan<byte> encoded)
    {
        List<byte> again = [];
        while (!encoded.IsEmpty)
        {
            bool isList = encoded[0] >= 0xC0;
            ReadOnlySpan<byte> payload = Rlp.Take(ref encoded);
            again.AddRange(isList ? Rlp.List(Again(payload)) : Rlp.Bytes(payload));
        }

        return [.. again];
    }

    /// <summary>Whether the bytes are one item, in the encoding that it has.</summary>
    private static bool IsOneToOne(byte[] encoded)
    {
        try
        {
            ReadOnlySpan<byte> rest = encoded;
            Rlp.Take(ref rest);
            return rest.IsEmpty && encoded.AsSpan().SequenceEqual(Again(encoded));
        }
        catch (FormatException)
        {
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
