using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// Every tensor of one run, kept whole: what somebody who ran the model opens from.
/// </summary>
public sealed class RecordedTrace
{
    private readonly List<Entry> _entries = [];

    private RecordedTrace()
    {
    }

    private HashTree? _list;

    public Bytes32 Root { get; private set; }

    /// <summary>Tensors in the list.</summary>
    public int Count => _entries.Count;

    /// <summary>Runs a model and keeps its trace.</summary>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    public static RecordedTrace Of(IModelSession session, ReadOnlySpan<byte> input)
    {
        RecordedTrace trace = new();
        _ = session.Run(input, new RunOptions
        {
            OnTensor = (in TracedTensor t) => trace._entries.Add(new(
                t.Operator, t.Type, t.Dims.ToArray(), t.Data.ToArray(),
                TraceTree.TensorHash(t.Type, t.Dims, t.Data))),
        });
        trace.Root = TraceTree.ListRoot(trace.Hashes);
        return trace;
    }

    /// <summary>A list as somebody else recorded it.</summary>
    /// <exception cref="ArgumentException">Data that is longer or shorter than its shape says.
    /// </exception>
    public static RecordedTrace Of(
        IEnumerable<(TensorType Type, int[] Dims, byte[] Data)> tensors)
    {
        RecordedTrace trace = new();
        foreach ((TensorType type, int[] dims, byte[] data) in tensors)
        {
            trace._entries.Add(
                new("", type, dims, data, TraceTree.TensorHash(type, dims, data)));
        }

        trace.Root = TraceTree.ListRoot(trace.Hashes);
        return trace;
    }

    /// <summary>The list of one tensor that an input record is.</summary>
    internal static RecordedTrace OfInput(byte[] input)
    {
        RecordedTrace list = new();
        list._entries.Add(new(
            "input", TensorType.UInt8, [input.Length], input, InputRecord.TensorHash(input)));
        list.Root = TraceTree.ListRoot(list.Hashes);
        return list;
    }

    /// <summary>The same list with one tensor's bytes replaced: a forged trace.</summary>
    /// <exception cref="ArgumentException">Data of another length.</exception>
    public RecordedTrace With(int tensor, byte[] data)
    {
        RecordedTrace changed = new();
        changed._entries.AddRange(_entries);
        Entry old = _entries[tensor];
        changed._entries[tensor] = old with
        {
            Data = data,
            Hash = TraceTree.TensorHash(old.Type, old.Dims, data),
        };
        changed.Root = TraceTree.ListRoot(changed.Hashes);
        return changed;
    }

    internal Entry this[int tensor] => _entries[tensor];

    /// <summary>The tree over the tensor hashes.</summary>
    internal HashTree List => _list ??= new HashTree(Hashes);

    private Bytes32[] Hashes => [.. _entries.Select(e => e.Hash)];

    /// <summary>One tensor of the list.</summary>
    internal sealed record Entry(
        string Operator, TensorType Type, int[] Dims, byte[] Data, Bytes32 Hash)
    {
        private (byte[] Data, HashTree Tree) _tree;

        /// <summary>The tree over its bytes.</summary>
        public HashTree Tree
        {
            get
            {
                if (_tree.Data != Data)
                {
                    _tree = (Data, HashTree.OfData(Data));
                }

                return _tree.Tree;
            }
        }
    }
}
