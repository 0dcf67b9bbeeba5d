using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class AbiTests
{
    [SharedDataFact("ethereum/ethereum-tests/ABITests")]
    public void Writer_OnTheEthereumVectors_WritesTheirBytesAndReaderReadsThem()
    {
        int cases = 0;
        JsonElement vectors = Vectors.Json(
            "ethereum", "ethereum-tests", "ABITests", "basic_abi_tests.json");
        foreach (JsonProperty vector in vectors.EnumerateObject())
        {
            JsonElement[] arguments = [.. vector.Value.GetProperty("args").EnumerateArray()];
            string[] types = [.. vector.Value.GetProperty("types").EnumerateArray()
                .Select(t => t.GetString()!)];
            byte[] encoded = Hex.Decode(vector.Value.Text("result"));
            AbiWriter writer = new();
            AbiReader reader = new(encoded);
            foreach ((string type, JsonElement argument) in types.Zip(arguments))
            {
                Write(writer, type, argument);
                Check(ref reader, type, argument);
            }

            Assert.Equal(encoded, writer.ToArray());
            cases++;
        }

        Assert.Equal(3, cases);
    }

    [Fact]
    public void Of_KnownSignatures_IsTheirSelector()
    {
        Assert.Equal("0xa9059cbb", FunctionSelector.Of("transfer(address,uint256)").ToString());
        Assert.Equal("0x08c379a0", FunctionSelector.Of("Error(string)").ToString());
        Assert.Equal(
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
            FunctionSelector.Topic("Transfer(address,address,uint256)").ToString());
    }

    [Fact]
    public void ToCall_OfATransfer_IsTheKnownCallData() =>
        Assert.Equal(
            "0xa9059cbb000000000000000000000000cd2a3d9f938e13cd947ec05abc7fe734df8dd826"
                + "0000000000000000000000000000000000000000000000000000000000000007",
            Hex.Encode(new AbiWriter()
                .Write(Address.Parse("cd2a3d9f938e13cd947ec05abc7fe734df8dd826"))
                .Write(7UL)
                .ToCall(FunctionSelector.Of("transfer(address,uint256)"))));

    [Fact]
    public void Reader_OfNestedDynamicStructs_GivesThemBack()
    {
        // (uint64, (bytes, bool)[], string)
        byte[] first = new AbiWriter().WriteBytes([1, 2, 3]).Write(true).ToArray();
        byte[] second = new AbiWriter().WriteBytes(new byte[64]).Write(false).ToArray();
        AbiWriter structs = new AbiWriter().Write(64UL).Write(64UL + (ulong)first.Length);
        foreach (byte[] word in first.Concat(second).Chunk(32))
        {
            structs.Write(new Bytes32(word));
        }

        byte[] encoded = new AbiWriter()
            .Write(5UL)
            .WriteArray(2, structs)
            .WriteString("naïve")
            .ToArray();

        AbiReader reader = new(encoded);
        Assert.Equal(5UL, reader.ReadUInt64());
        AbiReader elements = reader.ReadArray(32, out int count);
        Assert.Equal(2, count);
        AbiReader one = elements.ReadTuple();
        Assert.Equal([1, 2, 3], one.ReadBytes().ToArray());
        Assert.Equal(1UL, one.ReadUInt64());
        AbiReader two = elements.ReadTuple();
        Assert.Equal(64, two.ReadBytes().Length);
        Assert.Equal(0UL, two.ReadUInt64());
        Assert.Equal("naïve", reader.ReadString());
    }

    [Fact]
    public void Reader_OfDirtyOrShortWords_Refuses()
    {
        byte[] ones = Enumerable.Repeat((byte)0xFF, 96).ToArray();
        Assert.Throws<FormatException>(() => new AbiReader(ones).ReadUInt64());
        Assert.Throws<FormatException>(() => new AbiReader(ones).ReadUInt128());
        Assert.Throws<FormatException>(() => new AbiReader(ones).ReadAddress());
        Assert.Throws<FormatException>(() => { new AbiReader(ones).ReadBytes(); });
        Assert.Throws<FormatException>(() => { new AbiReader(ones).ReadArray(32, out _); });
        Assert.Throws<FormatException>(() => new AbiReader(ones.AsSpan(0, 31)).ReadUInt256());
    }

    /// <summary>What Solidity takes as a call's arguments: no padding behind bytes, or a dirty one,
    /// and a nested offset that leads backwards.</summary>
    [Fact]
    public void OfCalldata_ReadsWhatSolidityReads()
    {
        byte[] dirty = [.. Word(32), .. Word(3), 1, 2, 3, 4];
        Assert.Equal([1, 2, 3], AbiReader.OfCalldata(dirty).ReadBytes().ToArray());
        Assert.Equal([1, 2, 3], AbiReader.OfCalldata(dirty.AsSpan(..^1)).ReadBytes().ToArray());
        Assert.Throws<FormatException>(() => { new AbiReader(dirty).ReadBytes(); });

        // T[1] at 160: its heads begin at 192, its only element 160 bytes before, at 32.
        byte[] back = Enumerable.Repeat((byte)0xff, 32).ToArray();
        back[31] = 0x60;
        byte[] nested = [.. Word(160), .. Word(77), .. Word(0), .. Word(0), .. Word(0), .. Word(1),
            .. back];
        AbiReader elements = AbiReader.OfCalldata(nested).ReadArray(32, out int count);
        AbiReader element = elements.ReadTuple();
        Assert.Equal((1, 77UL), (count, element.ReadUInt64()));
        Assert.Throws<FormatException>(
            () => { new AbiReader(nested).ReadArray(32, out _).ReadTuple(); });
        nested[^1] = 0x20; // before the arguments
        Assert.Throws<FormatException>(
            () => { AbiReader.OfCalldata(nested).ReadArray(32, out _).ReadTuple(); });

        static byte[] Word(ulong value) => new AbiWriter().Write(value).ToArray();
    }

    [Fact]
    public void Reader_OfDamagedInput_ThrowsNothingButFormatException()
    {
        Noise noise = new(seed: 21);
        byte[] encoded = new AbiWriter()
            .WriteBytes(new byte[40])
            .WriteArray(3, new AbiWriter().Write(1UL).Write(2UL).Write(3UL))
            .WriteString("text")
            .ToArray();
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = encoded.ToArray();
            damaged[noise.Below(damaged.Length)] ^= (byte)(1 << noise.Below(8));
            damaged = damaged[..(damaged.Length - (noise.Below(4) == 0 ? noise.Below(64) : 0))];
            try
            {
                AbiReader reader = new(damaged);
                _ = reader.ReadBytes();
                AbiReader array = reader.ReadArray(32, out int count);
                for (int k = 0; k < count; k++)
                {
                    _ = array.ReadUInt256();
                }

                _ = reader.ReadString();
            }
            catch (FormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 19_000);
    }

    private static void Write(AbiWriter writer, string type, JsonElement argument)
    {
        switch (type)
        {
            case "uint256":
                writer.Write(argument.GetUInt64());
                break;
            case "address":
                writer.Write(Address.Parse(argument.GetString()));
                break;
            case "bytes10":
                writer.Write(LeftAligned(argument.GetString()!));
                break;
            case "bytes":
                writer.WriteBytes(Encoding.ASCII.GetBytes(argument.GetString()!));
                break;
            case "uint32[]":
                AbiWriter elements = new();
                foreach (JsonElement element in argument.EnumerateArray())
                {
                    elements.Write(element.GetUInt64());
                }

                writer.WriteArray(argument.GetArrayLength(), elements);
                break;
            default:
                Assert.Fail(type);
                break;
        }
    }

    private static Bytes32 LeftAligned(string text) =>
        new(Encoding.ASCII.GetBytes(text.PadRight(Bytes32.Size, (char)0)));

    private static void Check(ref AbiReader reader, string type, JsonElement argument)
    {
        switch (type)
        {
            case "uint256":
                Assert.Equal(argument.GetUInt64(), reader.ReadUInt64());
                break;
            case "address":
                Assert.Equal(Address.Parse(argument.GetString()), reader.ReadAddress());
                break;
            case "bytes10":
                Assert.Equal(LeftAligned(argument.GetString()!), reader.ReadBytes32());
                break;
            case "bytes":
                Assert.Equal(argument.GetString(), Encoding.ASCII.GetString(reader.ReadBytes()));
                break;
            default:
                AbiReader elements = reader.ReadArray(32, out int count);
                Assert.Equal(argument.GetArrayLength(), count);
                foreach (JsonElement element in argument.EnumerateArray())
                {
                    Assert.Equal(element.GetUInt64(), elements.ReadUInt64());
                }

                break;
        }
    }
}
