using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace.Tests.Support;

/// <summary>
/// The trees once more, from the four lines of their definition: recursive, byte arrays, one hash
/// call per node. Shares nothing with the product but the hash function.
/// </summary>
internal static class PlainTree
{
    public static byte[] Hash(params byte[][] parts) =>
        Keccak256.Hash([.. parts.SelectMany(p => p)]).ToArray();

    public static byte[] DataRoot(byte[] data)
    {
        List<byte[]> leaves = [];
        for (int at = 0; at < data.Length; at += 128)
        {
            byte[] leaf = new byte[128];
            data.AsSpan(at, Math.Min(128, data.Length - at)).CopyTo(leaf);
            leaves.Add(Hash([0], leaf));
        }

        return Root(leaves);
    }

    public static byte[] Root(List<byte[]> items)
    {
        if (items.Count == 0)
        {
            return new byte[32];
        }

        if (items.Count == 1)
        {
            return items[0];
        }

        List<byte[]> parents = [];
        for (int i = 0; i < items.Count; i += 4)
        {
            byte[] Child(int k) => i + k < items.Count ? items[i + k] : new byte[32];
            parents.Add(Hash([1], Child(0), Child(1), Child(2), Child(3)));
        }

        return Root(parents);
    }

    public static byte[] TensorHash(byte dtype, int[] dims, byte[] data) => Hash(
        [2, dtype, (byte)dims.Length],
        [.. dims.SelectMany(LittleEndian)],
        DataRoot(data));

    public static byte[] ListRoot(List<byte[]> tensors) =>
        Hash([3], LittleEndian(tensors.Count), Root(tensors));

    private static byte[] LittleEndian(int value) =>
        [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];
}
