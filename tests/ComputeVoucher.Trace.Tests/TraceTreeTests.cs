using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace.Tests.Support;

namespace ComputeVoucher.Trace.Tests;

public sealed class TraceTreeTests
{
    // Frozen: a change here breaks every receipt that was ever signed.
    [Theory]
    [InlineData(0, "0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(1, "0x444b5adc238afc6067148cb80b10b6303dc34e35356809851c54631d5a0e571f")]
    [InlineData(127, "0xd3c818d655140f460795268810f58c969987150976304cbbf9c7e6fb60069cbf")]
    [InlineData(128, "0x88963d5c05a12f834e126e781e07fd10b0ddb85caa2b56517f6022fc131506c5")]
    [InlineData(129, "0xf36ce2b0c53b73136d689b409fc11220c8d814f39792e99324a9b133376f1eeb")]
    [InlineData(512, "0xf8380a1984f87182483af06d3994f35044c32631112a18732274d2f4c68221a4")]
    [InlineData(513, "0xa2d1ca7a76d37164d3a68a8f5a84c0ba2f93cc42f03e7a9ad24ee88b04c5072c")]
    [InlineData(5000, "0x644bd994094b194aa0234b9db56add9f9fb664ee2ad5d0eff126cdffbdebd30e")]
    [InlineData(32768, "0xd8ccacc6dd183a055f835db46356ced0f4444266e2fe5639abec3bb0a455a41d")]
    [InlineData(32769, "0x1c1ae573ef84362913b07d20bb81b4d31504f018bbe997126d28ee84fd9919e0")]
    public void DataRoot_OfThePattern_IsFrozen(int bytes, string root)
    {
        byte[] data = Pattern.Bytes(bytes);
        Assert.Equal(root, Hex.Encode(PlainTree.DataRoot(data)));
        Assert.Equal(root, TraceTree.DataRoot(data).ToString());
    }

    [Theory]
    [InlineData(TensorType.Int8, new[] { 1, 4, 4, 3 },
        "0x7331a0c13e5c9e932a91d82e44f2dfa65e19c74c59557717511d418a46749326")]
    [InlineData(TensorType.UInt8, new[] { 48 },
        "0x67825b41db271331d528baf61008760221c6937f48914d7496996dc6948e757a")]
    [InlineData(TensorType.Int16, new[] { 100 },
        "0xcee080b442c1e4320ca2c3d13871951a570f3cbf5cd7fb287bf0e69376112223")]
    [InlineData(TensorType.Int32, new[] { 1, 10 },
        "0x729f6cff0dba5bf063dc5354cf5882188d275ac1f19f22a5836a7c0f44818bb1")]
    [InlineData(TensorType.Int64, new[] { 3, 7 },
        "0x647edd2b0323506a7256669bb2d2f6a6ff70ad853df09c2e28bd1af6c966a6f3")]
    [InlineData(TensorType.Int8, new int[0],
        "0x5885855fc16461b98abd62fd9914a8884850d4d6dd036ac05edbe370b10ae273")]
    [InlineData(TensorType.Int8, new[] { 5, 0 },
        "0x2b0e99d5c4d8ad6c1df1727e61fb529a0060a2c9cc9a6a82568f14fc17c64832")]
    [InlineData(TensorType.Int8, new[] { 1, 1, 2, 1, 3, 1, 1, 11 },
        "0x123bde86f7b195cc5f66c08390fb4d2230d466f3fd4877c5f6748ae358b1fafc")]
    public void TensorHash_OfThePattern_IsFrozen(TensorType type, int[] dims, string hash)
    {
        int elements = dims.Aggregate(1, (a, b) => a * b);
        byte[] data = Pattern.Bytes(elements * TraceTree.ElementBytes(type));
        Assert.Equal(hash, Hex.Encode(PlainTree.TensorHash((byte)type, dims, data)));
        Assert.Equal(hash, TraceTree.TensorHash(type, dims, data).ToString());
    }

    [Theory]
    [InlineData(0, "0xda57451cce66651e7a1ac658ba7cb5c3fa480bd03469a4fb222d19bdbd10eadb")]
    [InlineData(1, "0x46921fa2dd7b256132c98ae57a4e68123f54dfa5fb61081d03c11c0995494bd5")]
    [InlineData(2, "0xbf9d7ae8f2217eceb7698ce6f62a5e01f89f161b96288c9caed966266995f15b")]
    [InlineData(4, "0x4c1644794f5f6f7e3bfa398a2752a5c87bd78f5411a2fec21ab1578c68e54c39")]
    [InlineData(5, "0xa64942115890f09743629ba3721ceb40bb6146644be348b9adbe12d2ffb55b17")]
    [InlineData(17, "0xf8e42069e2ca1c12e974d7a5ee41612a2cc051f7afc1d2a6da0d71e81dcc8415")]
    public void ListRoot_OfPatternTensors_IsFrozen(int count, string root)
    {
        List<byte[]> plain = [];
        Bytes32[] hashes = new Bytes32[count];
        for (int i = 0; i < count; i++)
        {
            byte[] data = Pattern.Bytes(10 * i + 1, start: i);
            plain.Add(PlainTree.TensorHash(9, [data.Length], data));
            hashes[i] = TraceTree.TensorHash(TensorType.Int8, [data.Length], data);
        }

        Assert.Equal(root, Hex.Encode(PlainTree.ListRoot(plain)));
        Assert.Equal(root, TraceTree.ListRoot(hashes).ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DataRoot_OfManyLengths_EqualsThePlainTree(bool scalar)
    {
        // Every leaf count to 70, then both sides of 4^k leaves, where levels appear, and of the
        // chunk of 256 leaves, from which on subtrees are hashed apart.
        List<int> lengths = [.. Enumerable.Range(0, 70).Select(i => i * 128 + i % 3)];
        foreach (int leaves in new[]
            { 255, 256, 257, 258, 259, 260, 511, 513, 767, 1023, 1024, 1025 })
        {
            lengths.AddRange([leaves * 128 - 1, leaves * 128, leaves * 128 + 1]);
        }

        lengths.AddRange([4096 * 128, 4097 * 128, (4096 + 1024) * 128 + 5]);
        byte[] data = Pattern.Bytes(lengths.Max());
        foreach (int length in lengths)
        {
            Assert.Equal(
                Hex.Encode(PlainTree.DataRoot(data[..length])),
                TraceTree.DataRoot(data.AsSpan(0, length), scalar).ToString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NodeRoot_OfManyCounts_EqualsThePlainTree(bool scalar)
    {
        for (int count = 0; count < 300; count += count < 70 ? 1 : 23)
        {
            Bytes32[] hashes = [.. Enumerable.Range(0, count)
                .Select(i => Keccak256.Hash(Pattern.Bytes(i)))];
            Bytes32[] before = [.. hashes];
            Assert.Equal(
                Hex.Encode(PlainTree.Root([.. hashes.Select(h => h.ToArray())])),
                TraceTree.NodeRoot(hashes, scalar).ToString());
            Assert.Equal(before, hashes);
        }
    }

    [Fact]
    public void DataRoot_AfterALargerOne_IsNotTouchedByWhatThePoolHeld()
    {
        byte[] data = Pattern.Bytes(300 * 128);
        Bytes32 root = TraceTree.DataRoot(data);
        TraceTree.DataRoot(Pattern.Bytes(5000 * 128, start: 9));
        Assert.Equal(root, TraceTree.DataRoot(data));
    }

    [Fact]
    public void TensorHash_OfAnotherTypeShapeOrByte_IsAnother()
    {
        byte[] data = Pattern.Bytes(64);
        HashSet<Bytes32> hashes =
        [
            TraceTree.TensorHash(TensorType.Int8, [64], data),
            TraceTree.TensorHash(TensorType.UInt8, [64], data),
            TraceTree.TensorHash(TensorType.Int16, [32], data),
            TraceTree.TensorHash(TensorType.Int8, [1, 64], data),
            TraceTree.TensorHash(TensorType.Int8, [64, 1], data),
            TraceTree.TensorHash(TensorType.Int8, [8, 8], data),
            TraceTree.TensorHash(TensorType.Int8, [64], Pattern.Bytes(64, start: 1)),
            TraceTree.TensorHash(TensorType.Int8, [65], [.. data, 0]),
        ];
        Assert.Equal(8, hashes.Count);
    }

    [Fact]
    public void TensorHash_OfAShapeThatDoesNotFit_IsRefused()
    {
        Assert.Throws<ArgumentException>(
            () => TraceTree.TensorHash(TensorType.Int8, [3], new byte[4]));
        Assert.Throws<ArgumentException>(
            () => TraceTree.TensorHash(TensorType.Int32, [3], new byte[3]));
        Assert.Throws<ArgumentException>(
            () => TraceTree.TensorHash(TensorType.Int8, [-1, -4], new byte[4]));
        Assert.Throws<ArgumentException>(() => TraceTree.TensorHash(
            TensorType.Int8, [1, 1, 1, 1, 1, 1, 1, 1, 4], new byte[4]));
        Assert.Throws<ArgumentException>(
            () => TraceTree.TensorHash(TensorType.Int8, [65536, 65536], []));
        Assert.Throws<ArgumentException>(
            () => TraceTree.TensorHash(TensorType.Int8, [0, 65536, 65536], []));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => TraceTree.TensorHash((TensorType)1, [4], new byte[4]));
    }

    [Theory]
    [InlineData(30_000)]
    [InlineData(2_000_000)]
    public void DataRoot_OnceThePoolIsWarm_AllocatesNothing(int bytes)
    {
        // The least of several runs: the runtime charges a thread for some of its own work, and a
        // collection meanwhile may empty the pool.
        byte[] data = Pattern.Bytes(bytes);
        long least = long.MaxValue;
        for (int i = 0; i < 20 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TraceTree.DataRoot(data);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
