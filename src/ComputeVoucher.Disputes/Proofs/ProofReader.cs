using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Reads the parts of an <see cref="ElementProof"/>. Whatever ends early or is out of range is no
/// evidence; nothing is allocated that the bytes at hand do not pay for.
/// </summary>
internal sealed class ProofReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private int _at;

    public ProofReader(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes.Length <= ElementProof.BytesMax
            ? bytes
            : throw Bad($"{bytes.Length} bytes, {ElementProof.BytesMax} at most");
    }

    public static EvidenceException Bad(string message) => new(Verdict.OpeningBad, message);

    public ReadOnlyMemory<byte> Take(int length)
    {
        if (length > _bytes.Length - _at)
        {
            throw Bad("the proof ends early");
        }

        _at += length;
        return _bytes.Slice(_at - length, length);
    }

    public int U8() => Take(1).Span[0];

    public int U16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2).Span);

    public uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4).Span);

    /// <summary>A number below a limit.</summary>
    public int Below(long limit)
    {
        uint value = U32();
        return value < limit ? (int)value : throw Bad($"{value} is not below {limit}");
    }

    public void Version(int wanted)
    {
        int version = U8();
        if (version != wanted)
        {
            throw Bad($"version {version}");
        }
    }

    public void End()
    {
        if (_at != _bytes.Length)
        {
            throw Bad("bytes behind the end of the proof");
        }
    }

    /// <summary>Leaves whose place is given; <see cref="Root(Leaves, long)"/> comes next.</summary>
    public Leaves Leaves()
    {
        int count = U16();
        ReadOnlyMemory<byte> places = Take(4 * count);
        int[] nodes = new int[count];
        for (int i = 0; i < count; i++)
        {
            uint node = BinaryPrimitives.ReadUInt32BigEndian(places.Span[(4 * i)..]);
            nodes[i] = node <= int.MaxValue ? (int)node : throw Bad("a leaf beyond every tensor");
        }

        return new Leaves(nodes, Take(count * TraceTree.LeafBytes));
    }

    /// <summary>The root over so many bytes that these leaves are of.</summary>
    public Bytes32 Root(Leaves leaves, long bytes)
    {
        Bytes32[] hashes = new Bytes32[leaves.Nodes.Length];
        _ = TraceTree.HashLeaves(leaves.Bytes.Span, hashes, scalar: false);
        return Root(
            leaves.Nodes, hashes,
            checked((int)((bytes + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes)));
    }

    /// <summary>The root above known nodes, by the siblings that come next.</summary>
    public Bytes32 Root(ReadOnlySpan<int> nodes, ReadOnlySpan<Bytes32> hashes, int count)
    {
        int last = -1;
        foreach (int node in nodes)
        {
            if (node <= last || node >= count)
            {
                throw Bad($"node {node} behind {last} of {count}");
            }

            last = node;
        }

        if (last < 0)
        {
            throw Bad("nothing is opened");
        }

        Bytes32? root = HashTree.RootOf(nodes, hashes, count, _bytes.Span[_at..], out int used);
        _at += used;
        return root ?? throw Bad("the proof ends early");
    }
}

/// <summary>Leaves of 128 bytes and their places.</summary>
internal sealed record Leaves(int[] Nodes, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Copies bytes from a place on; false where a leaf of them is not open.</summary>
    public bool TryCopy(long at, Span<byte> bytes)
    {
        for (int done = 0; done < bytes.Length;)
        {
            (long leaf, long from) = Math.DivRem(at + done, TraceTree.LeafBytes);
            int i = Array.BinarySearch(Nodes, (int)leaf);
            if (i < 0)
            {
                return false;
            }

            int length = Math.Min(bytes.Length - done, TraceTree.LeafBytes - (int)from);
            Bytes.Span.Slice(i * TraceTree.LeafBytes + (int)from, length).CopyTo(bytes[done..]);
            done += length;
        }

        return true;
    }
}
