using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using ComputeVoucher.Primitives.Internal;
using ComputeVoucher.Primitives.Tests.Support;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Primitives.Tests;

public sealed class Keccak256Tests
{
    [Fact]
    public void Hash_OfNothing_IsTheKnownDigest() =>
        Assert.Equal(
            "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
            Keccak256.Hash([]).ToString());

    [SharedDataFact("keccak")]
    public void Permute_OnTheReferenceStates_GivesTheirValues()
    {
        string text = File.ReadAllText(
            SharedData.PathOf("keccak", "KeccakF-1600-IntermediateValues.txt"));
        List<ulong[]> states = FinalStates(text);
        Assert.Equal(2, states.Count);

        ulong[] state = new ulong[25];
        KeccakF1600.Permute(state);
        Assert.Equal(states[0], state);
        KeccakF1600.Permute(state);
        Assert.Equal(states[1], state);
    }

    [Fact]
    public void Permute_OnManyStates_EqualsThePlainOne()
    {
        ulong[] plain = new ulong[25];
        ulong[] fast = new ulong[25];
        for (int i = 0; i < 500; i++)
        {
            plain[i % 25] ^= (ulong)i * 0x9E3779B97F4A7C15;
            fast[i % 25] ^= (ulong)i * 0x9E3779B97F4A7C15;
            PlainKeccak.Permute(plain);
            KeccakF1600.Permute(fast);
            Assert.Equal(plain, fast);
        }
    }

    [SharedDataFact("ethereum/ethers/hashes.json.gz")]
    public void Hash_OfTheEthersVectors_IsTheirDigest()
    {
        int cases = 0;
        foreach (JsonElement vector in Vectors.Ethers("hashes").EnumerateArray())
        {
            byte[] data = Hex.Decode(vector.Text("data"));
            Assert.Equal(vector.Text("keccak256"), Keccak256.Hash(data).ToString());
            cases++;
        }

        Assert.Equal(257, cases);
    }

    [Fact]
    public void Hash_OfEveryLengthAroundTheRate_EqualsThePlainOne()
    {
        byte[] message = Noise.Bytes(seed: 1, 3 * Keccak256.RateBytes + 5);
        for (int length = 0; length <= message.Length; length++)
        {
            Assert.Equal(
                PlainKeccak.Hash(message.AsSpan(0, length)),
                Keccak256.Hash(message.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HashBlocks_OfAnyCount_EqualsHashOfTagAndBlock(bool scalar)
    {
        for (int count = 0; count <= 17; count++)
        {
            byte[] blocks = Noise.Bytes(seed: count, 128 * count);
            Bytes32[] digests = new Bytes32[count];
            byte tag = (byte)(count * 37);
            Keccak256.HashBlocks(tag, blocks, digests, scalar);
            for (int i = 0; i < count; i++)
            {
                byte[] message = [tag, .. blocks[(128 * i)..(128 * i + 128)]];
                Assert.Equal(PlainKeccak.Hash(message), digests[i]);
            }
        }
    }

    [Fact]
    public void HashBlocks_OfASingleBitAnywhere_EqualsHashOfTagAndBlock()
    {
        // One set bit per message finds lanes loaded from the wrong place.
        byte[] blocks = new byte[4 * 128];
        Bytes32[] digests = new Bytes32[4];
        for (int bit = 0; bit < 8 * blocks.Length; bit++)
        {
            blocks[bit / 8] = (byte)(1 << (bit % 8));
            Keccak256.HashBlocks(1, blocks, digests);
            int i = bit / 1024;
            byte[] message = [1, .. blocks[(128 * i)..(128 * i + 128)]];
            Assert.Equal(Keccak256.Hash(message), digests[i]);
            blocks[bit / 8] = 0;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HashBlocks_InPlace_GivesTheSameDigests(bool scalar)
    {
        byte[] blocks = Noise.Bytes(seed: 3, 128 * 13);
        Bytes32[] apart = new Bytes32[13];
        Keccak256.HashBlocks(1, blocks, apart, scalar);

        Bytes32[] level = new Bytes32[52];
        blocks.CopyTo(MemoryMarshal.AsBytes(level.AsSpan()));
        Keccak256.HashBlocks(
            1, MemoryMarshal.AsBytes(level.AsSpan()),
            level.AsSpan(0, 13), scalar);
        Assert.Equal(apart, level[..13]);
    }

    [Fact]
    public void HashBlocks_OfAWrongLength_IsRefused()
    {
        Bytes32[] digests = new Bytes32[2];
        Assert.Throws<ArgumentException>(
            () => Keccak256.HashBlocks(0, new byte[255], digests));
    }

    [Fact]
    public void HashBlocks_BesideUnreadableMemory_ReadsNothingBeyond()
    {
        // The block ends where a page without access begins, and starts where one ends: a read
        // one byte beyond either end kills the test process.
        using GuardedMemory memory = new(4096);
        Bytes32[] digests = new Bytes32[8];
        Bytes32[] expected = new Bytes32[8];
        byte[] noise = Noise.Bytes(seed: 4, 1024);
        Keccak256.HashBlocks(9, noise, expected, scalar: true);

        noise.CopyTo(memory.Span[^1024..]);
        Keccak256.HashBlocks(9, memory.Span[^1024..], digests);
        Assert.Equal(expected, digests);

        noise.CopyTo(memory.Span);
        Keccak256.HashBlocks(9, memory.Span[..1024], digests);
        Assert.Equal(expected, digests);
    }

    /// <summary>The file prints the 200 bytes of a state as hex pairs.</summary>
    private static List<ulong[]> FinalStates(string text)
    {
        const string Heading = "State after permutation:";
        List<ulong[]> states = [];
        int at = text.IndexOf(Heading, StringComparison.Ordinal);
        while (at >= 0)
        {
            string[] words = text[(at + Heading.Length)..]
                .Split((char[]?)null, 201, StringSplitOptions.RemoveEmptyEntries);
            byte[] bytes = [.. words.Take(200).Select(w => Convert.ToByte(w, 16))];
            states.Add(MemoryMarshal.Cast<byte, ulong>(bytes).ToArray());
            at = text.IndexOf(Heading, at + 1, StringComparison.Ordinal);
        }

        return states;
    }
}
