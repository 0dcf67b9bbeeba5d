using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace.Tests.Support;

namespace ComputeVoucher.Trace.Tests;

public sealed class OpeningTests
{
    private const int FirstElementAt = 43;

    /// <summary>
    /// A list whose tensors differ in type, rank and size, and none repeats a leaf.
    /// </summary>
    private static readonly (TensorType Type, int[] Dims)[] s_shapes =
    [
        (TensorType.Int8, [1]),
        (TensorType.Int8, [1, 49, 10, 1]),
        (TensorType.Int32, [1, 12]),
        (TensorType.UInt8, [128]),
        (TensorType.Int16, [3, 43]),
        (TensorType.Int64, [2, 3, 50]),
        (TensorType.Int8, []),
        (TensorType.Int8, [1, 25, 5, 64]),
        (TensorType.Int8, [40_000]),
    ];

    [Fact]
    public void Create_ThenVerify_ForEveryTensorAndManyRanges_GivesTheBytesBack()
    {
        TestList list = TestList.Of(s_shapes);
        for (int i = 0; i < s_shapes.Length; i++)
        {
            int size = TraceTree.ElementBytes(s_shapes[i].Type);
            int elements = list.Data[i].Length / size;
            foreach ((int first, int count) in Ranges(elements))
            {
                Opening opening = list.Open(i, first, count);
                Assert.True(Opening.TryVerify(opening.Encoded, list.Root, out Opening? read));
                Assert.Equal(list.Data[i].AsSpan(first * size, count * size), read.Data);
                Assert.Equal((i, first, count),
                    (read.TensorIndex, read.FirstElement, read.ElementCount));
                Assert.Equal((s_shapes.Length, s_shapes[i].Type), (read.TensorCount, read.Type));
                Assert.Equal(s_shapes[i].Dims, read.Dims);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(70)]
    public void Create_InListsOfEveryDepth_Verifies(int count)
    {
        TestList list = TestList.Of(
            [.. Enumerable.Range(1, count).Select(n => (TensorType.Int8, new[] { 3 * n }))]);
        for (int i = 0; i < count; i++)
        {
            Assert.True(list.Open(i, 2, 1).Verify(list.Root));
        }
    }

    [Theory]
    [InlineData(1, 17, 3)]
    [InlineData(2, 0, 12)]
    [InlineData(5, 299, 1)]
    [InlineData(7, 640, 640)]
    [InlineData(8, 39_990, 10)]
    public void Verify_WithAnyBitOfTheProofFlipped_Fails(int tensor, int first, int count)
    {
        TestList list = TestList.Of(s_shapes);
        byte[] encoded = list.Open(tensor, first, count).Encoded.ToArray();
        int size = TraceTree.ElementBytes(s_shapes[tensor].Type);
        for (int bit = 0; bit < 8 * encoded.Length; bit++)
        {
            encoded[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Opening.TryVerify(encoded, list.Root, out Opening? other))
            {
                // Only the question may change, to another range of the very leaves that are open:
                // then the answer is as true as before.
                Assert.InRange(bit / 8, FirstElementAt, Opening.HeaderBytes - 1);
                Assert.Equal(tensor, other.TensorIndex);
                Assert.Equal(
                    list.Data[tensor].AsSpan(other.FirstElement * size, other.ElementCount * size),
                    other.Data);
            }

            encoded[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Verify_WithAnyBitOfTheRootFlipped_Fails()
    {
        TestList list = TestList.Of(s_shapes);
        Opening opening = list.Open(7, 100, 200);
        Assert.True(opening.Verify(list.Root));
        for (int bit = 0; bit < 256; bit++)
        {
            Bytes32 root = list.Root;
            root[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(opening.Verify(root));
        }
    }

    [Fact]
    public void TryDecode_OfEveryTruncationAndOfTrailingBytes_IsRefused()
    {
        byte[] encoded = TestList.Of(s_shapes).Open(7, 100, 200).Encoded.ToArray();
        Assert.True(Opening.TryDecode(encoded, out _));
        for (int length = 0; length < encoded.Length; length++)
        {
            Assert.False(Opening.TryDecode(encoded.AsSpan(0, length), out _));
        }

        Assert.False(Opening.TryDecode([.. encoded, 0], out _));
        Assert.False(Opening.TryDecode([.. encoded, .. new byte[32]], out _));
        Assert.False(Opening.TryDecode(new byte[Opening.EncodedBytesMax + 1], out _));
    }

    [Fact]
    public void TryDecode_OfPaddingThatIsNotZero_IsRefusedEvenWhereTheRootCommitsToIt()
    {
        // A list built with a dirty last leaf: hashes agree, the encoding is not canonical.
        byte[] leaf = new byte[128];
        Pattern.Bytes(12).CopyTo(leaf, 0);
        leaf[12] = 1;
        Bytes32 tensor = TraceTree.TensorHash(
            TensorType.Int8, [12], Keccak256.Hash([0, .. leaf]));
        Bytes32 root = TraceTree.ListRoot([tensor]);

        byte[] clean = Pattern.Bytes(12);
        byte[] encoded = Opening.Create(
            [TraceTree.TensorHash(TensorType.Int8, [12], clean)], 0,
            TensorType.Int8, [12], clean, 0, 12).Encoded.ToArray();
        encoded[Opening.HeaderBytes + 12] = 1;
        Assert.False(Opening.TryVerify(encoded, root, out _));
    }

    [Theory]
    [InlineData(0, 2u)] // version
    [InlineData(1, 0u)] // no tensors
    [InlineData(1, 1u << 24 | 1)] // more than 2^24
    [InlineData(1, 0xFFFFFFFFu)]
    [InlineData(5, 9u)] // index = count
    [InlineData(5, 0xFFFFFFFFu)]
    [InlineData(11, 0u)] // a dimension of nothing
    [InlineData(11, 0xFFFFFFFFu)]
    [InlineData(11, 0x7FFFFFFFu)] // 2^31 bytes and more
    [InlineData(27, 1u)] // a dimension beyond the rank
    [InlineData(43, 8000u)] // first element behind the end
    [InlineData(43, 0x80000000u)]
    [InlineData(47, 0u)] // no elements
    [InlineData(47, 0x80000000u)]
    [InlineData(47, 0x7FFFFFFFu)]
    public void TryDecode_OfAFieldOutOfRange_IsRefused(int at, uint value)
    {
        byte[] encoded = TestList.Of(s_shapes).Open(7, 100, 200).Encoded.ToArray();
        if (at == 0)
        {
            encoded[0] = (byte)value;
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(encoded.AsSpan(at), value);
        }

        Assert.False(Opening.TryDecode(encoded, out _));
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(9, 1)] // float32 is no type of a trace
    [InlineData(9, 255)]
    [InlineData(10, 9)]
    [InlineData(10, 255)]
    public void TryDecode_OfAnUnknownTypeOrRank_IsRefused(int at, byte value)
    {
        byte[] encoded = TestList.Of(s_shapes).Open(7, 100, 200).Encoded.ToArray();
        encoded[at] = value;
        Assert.False(Opening.TryDecode(encoded, out _));
    }

    [Fact]
    public void TryDecode_OfNoise_NeverThrows()
    {
        ulong state = 1;
        byte[] encoded = TestList.Of(s_shapes).Open(5, 10, 20).Encoded.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. encoded];
            for (int k = 0; k < 3; k++)
            {
                state = state * 6364136223846793005 + 1442695040888963407;
                damaged[(int)((state >> 33) % Opening.HeaderBytes)] = (byte)(state >> 25);
            }

            if (Opening.TryDecode(damaged, out Opening? opening))
            {
                _ = opening.Verify(default);
                Assert.Equal(damaged, opening.Encoded.ToArray());
            }
        }
    }

    [Fact]
    public void Create_OfWhatIsNotThere_IsRefused()
    {
        TestList list = TestList.Of(s_shapes);
        Assert.Throws<ArgumentException>(() => list.Open(7, 0, 0));
        Assert.Throws<ArgumentException>(() => list.Open(7, -1, 2));
        Assert.Throws<ArgumentException>(() => list.Open(7, 7999, 2));
        Assert.Throws<ArgumentException>(() => Opening.Create(
            list.Hashes, 6, s_shapes[7].Type, s_shapes[7].Dims, list.Data[7], 0, 1));
        Assert.Throws<ArgumentException>(() => Opening.Create(
            list.Hashes, 9, s_shapes[7].Type, s_shapes[7].Dims, list.Data[7], 0, 1));
        byte[] large = new byte[Opening.EncodedBytesMax];
        Assert.Throws<ArgumentException>(() => Opening.Create(
            [TraceTree.TensorHash(TensorType.Int8, [large.Length], large)], 0,
            TensorType.Int8, [large.Length], large, 0, large.Length));
    }

    [Fact]
    public void Encoded_OfAKnownOpening_IsFrozen()
    {
        TestList list = TestList.Of(s_shapes);
        Opening opening = list.Open(1, 17, 3);
        Assert.Equal(
            "0x4e42be650258d9edc5efb0917f4c790b9b98b7769de1634e5a5a45d57fe55d74",
            list.Root.ToString());
        Assert.Equal(
            "0x010900000001000000090401000000310000000a000000010000000000000000"
                + "00000000000000000000001100000003000000",
            Hex.Encode(opening.Encoded[..Opening.HeaderBytes]));
        Assert.Equal(
            "0xb3985d78567f50459d7fff020f66d131b155e9f5e95272b6c5cb870877851257",
            Keccak256.Hash(opening.Encoded).ToString());

        // 490 bytes are 4 leaves: one is open, three hashes follow; 9 tensors are 3 levels, where
        // 3 + 2 siblings exist.
        Assert.Equal(51 + 128 + 3 * 32 + 5 * 32, opening.Encoded.Length);
    }

    private static HashSet<(int First, int Count)> Ranges(int elements)
    {
        HashSet<(int, int)> ranges = [];
        foreach (int first in new[]
            { 0, 1, 15, 16, 31, 127, 128, 511, 512, elements / 2, elements - 1 })
        {
            foreach (int count in new[] { 1, 2, 16, 128, 129, 500, 2049, elements - first })
            {
                if (first >= 0 && count >= 1 && first + count <= elements)
                {
                    ranges.Add((first, count));
                }
            }
        }

        return ranges;
    }
}
