using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Trace;

/// <summary>
/// The commitment to tensors, all of it Keccak-256:
/// <code>
/// leaf    keccak(00 ‖ 128 bytes)            the tensor's bytes in order, little endian, the last
///                                           leaf zero padded
/// node    keccak(01 ‖ c0 ‖ c1 ‖ c2 ‖ c3)    4-ary, by levels; a missing child is 32 zero bytes
/// tensor  keccak(02 ‖ dtype u8 ‖ rank u8 ‖ dims u32 LE … ‖ root)
/// list    keccak(03 ‖ count u32 LE ‖ root over the tensor hashes)
/// </code>
/// A level of n items has ⌈n/4⌉ parents, and levels are built until one item is left: a single
/// item is its own root. The root of no items is 32 zero bytes. Leaf and node take one permutation
/// each, so both vary in cost with nothing but their number.
/// </summary>
public static class TraceTree
{
    /// <summary>
    /// Tensor bytes per leaf: with the tag, 129 of the 135 one permutation can take.
    /// </summary>
    public const int LeafBytes = 128;

    /// <summary>Children per node: 4 × 32 bytes fill a permutation as a leaf does.</summary>
    public const int Arity = 4;

    /// <summary>
    /// TensorFlow Lite tensors have at most 6 dimensions in practice; 8 slots are fixed.
    /// </summary>
    public const int RankMax = 8;

    /// <summary>Tensors of one list; 12 levels. A language model adds some 200 per token.</summary>
    public const int ListCountMax = 1 << 24;

    internal const byte LeafTag = 0x00;
    internal const byte NodeTag = 0x01;
    internal const byte TensorTag = 0x02;
    internal const byte ListTag = 0x03;

    // 4^4 leaves: 32 KiB of tensor become 8 KiB of digests, which stay in the first-level cache.
    private const int ChunkLeaves = 256;
    private const int ChunkLevels = 4;

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number that is no type.</exception>
    public static int ElementBytes(TensorType type) => type switch
    {
        TensorType.Int8 or TensorType.UInt8 => 1,
        TensorType.Int16 => 2,
        TensorType.Int32 => 4,
        TensorType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), $"dtype {(byte)type} is unknown"),
    };

    /// <summary>Root over the leaves of a tensor's bytes; zero for no bytes.</summary>
    /// <param name="data">The tensor's bytes, row-major (NHWC), little endian.</param>
    /// <param name="scalar">Force the scalar hash, which is the oracle.</param>
    public static Bytes32 DataRoot(ReadOnlySpan<byte> data, bool scalar = false)
    {
        int leaves = (int)(((long)data.Length + LeafBytes - 1) / LeafBytes);
        if (leaves <= ChunkLeaves)
        {
            return SmallDataRoot(data, scalar);
        }

        int chunks = (leaves + ChunkLeaves - 1) / ChunkLeaves;
        Bytes32[] roots = ArrayPool<Bytes32>.Shared.Rent(RoundUp(chunks));
        try
        {
            for (int i = 0; i < chunks; i++)
            {
                int start = i * ChunkLeaves * LeafBytes;
                int length = Math.Min(data.Length - start, ChunkLeaves * LeafBytes);
                roots[i] = ChunkRoot(data.Slice(start, length), scalar);
            }

            return Reduce(roots, chunks, scalar);
        }
        finally
        {
            ArrayPool<Bytes32>.Shared.Return(roots);
        }
    }

    /// <summary>4-ary root over hashes of any kind, tag 01; one hash is its own root.</summary>
    public static Bytes32 NodeRoot(ReadOnlySpan<Bytes32> hashes, bool scalar = false)
    {
        Bytes32[] level = ArrayPool<Bytes32>.Shared.Rent(RoundUp(hashes.Length));
        try
        {
            hashes.CopyTo(level);
            return Reduce(level, hashes.Length, scalar);
        }
        finally
        {
            ArrayPool<Bytes32>.Shared.Return(level);
        }
    }

    /// <summary>Hash of a tensor: type, shape and content.</summary>
    /// <exception cref="ArgumentException">
    /// More than 8 dimensions, a negative one, or data of another length than they say.
    /// </exception>
    public static Bytes32 TensorHash(
        TensorType type, ReadOnlySpan<int> dims, ReadOnlySpan<byte> data, bool scalar = false)
    {
        long bytes = DataBytes(type, dims);
        return bytes == data.Length
            ? TensorHash(type, dims, DataRoot(data, scalar))
            : throw new ArgumentException($"{data.Length} bytes for a tensor of {bytes}");
    }

    /// <summary>Hash of a tensor whose data root is known.</summary>
    /// <exception cref="ArgumentException">More than 8 dimensions, or a negative one.</exception>
    public static Bytes32 TensorHash(TensorType type, ReadOnlySpan<int> dims, in Bytes32 dataRoot)
    {
        _ = DataBytes(type, dims);
        Span<byte> message = stackalloc byte[3 + 4 * RankMax + Bytes32.Size];
        message[0] = TensorTag;
        message[1] = (byte)type;
        message[2] = (byte)dims.Length;
        int length = 3;
        foreach (int dim in dims)
        {
            BinaryPrimitives.WriteInt32LittleEndian(message[length..], dim);
            length += 4;
        }

        dataRoot.CopyTo(message[length..]);
        return Keccak256.Hash(message[..(length + Bytes32.Size)]);
    }

    /// <summary>Hash of a list of tensors, in order: input root, output root, trace root.</summary>
    /// <exception cref="ArgumentException">More than <see cref="ListCountMax"/>.</exception>
    public static Bytes32 ListRoot(ReadOnlySpan<Bytes32> tensorHashes, bool scalar = false)
    {
        if (tensorHashes.Length > ListCountMax)
        {
            throw new ArgumentException($"{tensorHashes.Length} tensors, {ListCountMax} at most");
        }

        return ListHash(tensorHashes.Length, NodeRoot(tensorHashes, scalar));
    }

    internal static Bytes32 ListHash(int count, in Bytes32 root)
    {
        Span<byte> message = stackalloc byte[1 + 4 + Bytes32.Size];
        message[0] = ListTag;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], count);
        root.CopyTo(message[5..]);
        return Keccak256.Hash(message);
    }

    /// <summary>Bytes that a type and a shape stand for; at most 2^31 − 1.</summary>
    /// <exception cref="ArgumentException">
    /// Rank, a dimension or the product is out of range.
    /// </exception>
    internal static int DataBytes(TensorType type, ReadOnlySpan<int> dims)
    {
        if (dims.Length > RankMax)
        {
            throw new ArgumentException($"{dims.Length} dimensions, {RankMax} at most");
        }

        // Each factor is below 2^31 and the product stops above it: 64 bits suffice. A zero
        // dimension does not excuse the others, so that a shape's validity has one meaning.
        long bytes = ElementBytes(type);
        bool empty = false;
        foreach (int dim in dims)
        {
            empty |= dim == 0;
            bytes *= Math.Max(dim, 1);
            if (dim < 0 || bytes > int.MaxValue)
            {
                throw new ArgumentException("a tensor holds at most 2147483647 bytes");
            }
        }

        return empty ? 0 : (int)bytes;
    }

    /// <summary>
    /// Replaces n items by their ⌈n/4⌉ parents in place; <paramref name="level"/> has room for n
    /// rounded up to a multiple of 4, and the rest is overwritten with zeros.
    /// </summary>
    internal static int ReduceLevel(Span<Bytes32> level, int count, bool scalar)
    {
        int padded = RoundUp(count);
        level[count..padded].Clear();
        int parents = padded / Arity;
        Keccak256.HashBlocks(
            NodeTag, MemoryMarshal.AsBytes(level[..padded]), level[..parents], scalar);
        return parents;
    }

    internal static int RoundUp(int count) => checked(count + Arity - 1) / Arity * Arity;

    /// <summary>
    /// Hashes leaves; <paramref name="leaves"/> receives one per started 128 bytes.
    /// </summary>
    internal static int HashLeaves(ReadOnlySpan<byte> data, Span<Bytes32> leaves, bool scalar)
    {
        int whole = data.Length / LeafBytes;
        Keccak256.HashBlocks(LeafTag, data[..(whole * LeafBytes)], leaves[..whole], scalar);
        if (data.Length % LeafBytes == 0)
        {
            return whole;
        }

        Span<byte> last = stackalloc byte[LeafBytes];
        last.Clear();
        data[(whole * LeafBytes)..].CopyTo(last);
        Keccak256.HashBlocks(LeafTag, last, leaves.Slice(whole, 1), scalar);
        return whole + 1;
    }

    [SkipLocalsInit]
    private static Bytes32 SmallDataRoot(ReadOnlySpan<byte> data, bool scalar)
    {
        Span<Bytes32> level = stackalloc Bytes32[ChunkLeaves];
        return Reduce(level, HashLeaves(data, level, scalar), scalar);
    }

    /// <summary>The node four levels up, whether its last children are there or not.</summary>
    [SkipLocalsInit]
    private static Bytes32 ChunkRoot(ReadOnlySpan<byte> data, bool scalar)
    {
        Span<Bytes32> level = stackalloc Bytes32[ChunkLeaves];
        int count = HashLeaves(data, level, scalar);
        for (int i = 0; i < ChunkLevels; i++)
        {
            count = ReduceLevel(level, count, scalar);
        }

        return level[0];
    }

    private static Bytes32 Reduce(Span<Bytes32> level, int count, bool scalar)
    {
        if (count == 0)
        {
            return Bytes32.Zero;
        }

        while (count > 1)
        {
            count = ReduceLevel(level, count, scalar);
        }

        return level[0];
    }
}
