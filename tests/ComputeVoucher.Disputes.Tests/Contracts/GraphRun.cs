using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// One run of a graph, known whole, and proofs of its elements, written down here once more from
/// the description of the encoding alone.
/// </summary>
internal sealed class GraphRun
{
    private readonly Graph _graph;
    private readonly List<byte[]> _data = [];
    private readonly Dictionary<int, Bytes32> _hashes = [];
    private readonly Dictionary<int, Bytes32[]> _leafHashes = [];

    public GraphRun(GraphModel model, byte[] input)
    {
        Model = model;
        _graph = model.Graph;
        using IModelSession session = model.CreateSession(Backend.Scalar, 1);
        _ = session.Run(input, new RunOptions
        {
            OnTensor = (in TracedTensor t) => _data.Add(t.Data.ToArray()),
        });
        Judge = new(model.ModelRoot, model.Architecture, model.Description.ParametersRoot);
    }

    public GraphModel Model { get; }

    /// <summary>Who knows nothing of the run.</summary>
    public GraphJudge Judge { get; }

    /// <summary>The root over the tensors as they stand, forged ones included.</summary>
    public Bytes32 TraceRoot => TraceTree.ListRoot([.. _data.Select((_, i) => HashOf(i))]);

    /// <summary>Place of an operator's output in the trace.</summary>
    public int PlaceOf(int op) => _graph.Inputs.Length + op;

    /// <summary>The byte of an element.</summary>
    public byte this[int op, int element] => _data[PlaceOf(op)][element];

    /// <summary>Forges an element, or puts it back.</summary>
    public void Change(int op, int element, int difference)
    {
        int tensor = PlaceOf(op);
        _data[tensor][element] ^= (byte)difference;
        _hashes.Remove(tensor);
        _leafHashes.Remove(tensor);
    }

    /// <summary>What the definition says of an element.</summary>
    public byte Computed(int op, int element)
    {
        Reads reads = new(_data, _graph.Operators[op]);
        return (byte)_graph.Operators[op].Element(ref reads, element);
    }

    /// <summary>A proof that opens everything.</summary>
    public byte[] Prove(int op, int element, byte version = 1)
    {
        Reads reads = ReadsOf(op, element);
        return Encode(op, element, version, reads.Leaves, reads.ChannelRead);
    }

    /// <summary>A proof that opens the element alone, and the values of all its operands.</summary>
    public (byte[] Proof, byte[] Values, (int Tensor, int Element)[] Operands) Post(
        int op, int element)
    {
        Reads reads = ReadsOf(op, element);
        SortedDictionary<int, SortedSet<int>> own = new()
        {
            [PlaceOf(op)] = [element / TraceTree.LeafBytes],
        };
        return (
            Encode(op, element, 2, own, null),
            [.. reads.Order.Select(o => _data[o.Tensor][o.Element])], [.. reads.Order]);
    }

    /// <summary>Opens one posted operand.</summary>
    public byte[] Refute(int place, int tensor, int element)
    {
        MemoryStream proof = new();
        proof.WriteByte(3);
        Write(proof, place, 2);
        WriteSections(
            proof, new() { [tensor] = [element / TraceTree.LeafBytes] });
        return proof.ToArray();
    }

    /// <summary>The element that operands are asked for.</summary>
    public byte[] Request(int op, int element)
    {
        MemoryStream request = new();
        Write(request, PlaceOf(op), 4);
        Write(request, element, 4);
        return request.ToArray();
    }

    private Reads ReadsOf(int op, int element)
    {
        Reads reads = new(_data, _graph.Operators[op]);
        _ = _graph.Operators[op].Element(ref reads, element);
        reads.Open(PlaceOf(op), element);
        return reads;
    }

    private byte[] Encode(
        int op, int element, byte version,
        SortedDictionary<int, SortedSet<int>> leaves, int? channel)
    {
        MemoryStream proof = new();
        proof.WriteByte(version);
        proof.Write(Request(op, element));
        Write(proof, leaves.Count, 2);
        WriteSections(proof, leaves);
        if (channel is int c)
        {
            Operator layer = _graph.Operators[op];
            ChannelParameters parameters = layer.Parameters!;
            byte[] leaf = new byte[ParameterLeaf.FixedBytes + parameters.WeightsPerChannel];
            _ = ParameterLeaf.Write(leaf, op, c, parameters);
            proof.Write(leaf);
            WriteSiblings(
                proof, GraphRoots.Leaves(_graph), [GraphRoots.LeafIndex(_graph, layer, c)]);
        }

        return proof.ToArray();
    }

    private void WriteSections(MemoryStream proof, SortedDictionary<int, SortedSet<int>> opened)
    {
        foreach ((int tensor, SortedSet<int> leaves) in opened)
        {
            Write(proof, tensor, 4);
            Write(proof, leaves.Count, 2);
            foreach (int leaf in leaves)
            {
                Write(proof, leaf, 4);
            }

            foreach (int leaf in leaves)
            {
                proof.Write(LeafOf(tensor, leaf));
            }

            WriteSiblings(proof, LeafHashes(tensor), leaves);
        }

        Bytes32[] tensors = [.. _data.Select((_, i) => HashOf(i))];
        WriteSiblings(proof, tensors, new(opened.Keys));
    }

    private static void WriteSiblings(
        MemoryStream proof, Bytes32[] level, SortedSet<int> known)
    {
        while (level.Length > 1)
        {
            SortedSet<int> parents = [.. known.Select(k => k / TraceTree.Arity)];
            foreach (int parent in parents)
            {
                for (int i = TraceTree.Arity * parent; i < TraceTree.Arity * (parent + 1); i++)
                {
                    if (i < level.Length && !known.Contains(i))
                    {
                        proof.Write(level[i].Span);
                    }
                }
            }

            level = [.. level.Chunk(TraceTree.Arity).Select(NodeOf)];
            known = parents;
        }
    }

    private static Bytes32 NodeOf(Bytes32[] children)
    {
        byte[] message = new byte[1 + TraceTree.Arity * Bytes32.Size];
        message[0] = 1;
        for (int i = 0; i < children.Length; i++)
        {
            children[i].CopyTo(message.AsSpan(1 + i * Bytes32.Size));
        }

        return Keccak256.Hash(message);
    }

    private Bytes32 HashOf(int tensor)
    {
        if (!_hashes.TryGetValue(tensor, out Bytes32 hash))
        {
            _hashes[tensor] = hash = TraceTree.TensorHash(
                _graph.Tensor(tensor).Type, _graph.Tensor(tensor).Dims, _data[tensor]);
        }

        return hash;
    }

    private Bytes32[] LeafHashes(int tensor)
    {
        if (!_leafHashes.TryGetValue(tensor, out Bytes32[]? hashes))
        {
            _leafHashes[tensor] = hashes =
                [.. Enumerable.Range(0, LeafCount(tensor)).Select(i => LeafHash(tensor, i))];
        }

        return hashes;
    }

    private int LeafCount(int tensor) =>
        (_data[tensor].Length + TraceTree.LeafBytes - 1) / TraceTree.LeafBytes;

    private byte[] LeafOf(int tensor, int leaf)
    {
        byte[] bytes = new byte[TraceTree.LeafBytes];
        int from = leaf * TraceTree.LeafBytes;
        int length = Math.Min(TraceTree.LeafBytes, _data[tensor].Length - from);
        _data[tensor].AsSpan(from, length).CopyTo(bytes);
        return bytes;
    }

    private Bytes32 LeafHash(int tensor, int leaf) =>
        Keccak256.Hash([0, .. LeafOf(tensor, leaf)]);

    private static void Write(MemoryStream to, int value, int width)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        to.Write(bytes[(4 - width)..]);
    }

    /// <summary>Reads from the whole run and notes what the definition touches.</summary>
    private struct Reads(List<byte[]> data, Operator op) : IElementReader
    {
        public SortedDictionary<int, SortedSet<int>> Leaves { get; } = [];

        public List<(int Tensor, int Element)> Order { get; } = [];

        public int? ChannelRead { get; private set; }

        public readonly sbyte Read(int input, int index)
        {
            int tensor = op.Wiring.InputIds[input];
            Order.Add((tensor, index));
            Open(tensor, index);
            return (sbyte)data[tensor][index];
        }

        public Channel Channel(int channel)
        {
            ChannelRead = channel;
            return op.Parameters![channel];
        }

        public readonly void Open(int tensor, int element)
        {
            if (!Leaves.TryGetValue(tensor, out SortedSet<int>? leaves))
            {
                Leaves[tensor] = leaves = [];
            }

            _ = leaves.Add(element / TraceTree.LeafBytes);
        }
    }
}
