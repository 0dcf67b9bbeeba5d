using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Trace.Internal;

namespace ComputeVoucher.Disputes;

/// <summary>
/// One run's list of tensors: the hash of each, and the bytes of those that fit into memory; the
/// others come back by running once more. What somebody who ran the model opens from.
/// </summary>
public sealed class RecordedTrace
{
    /// <summary>
    /// Bytes of tensors that are kept: every integer graph in <c>data</c> and the run of a small
    /// language model; beyond, hashes alone (some 100 tensors per layer, token and GiB).
    /// </summary>
    public const long KeepBytesMax = 1L << 30;

    private readonly List<Bytes32> _hashes = [];
    private readonly Dictionary<int, Entry> _entries = [];
    private readonly Action<TensorCallback>? _again;
    private Func<int, Entry>? _open;
    private HashTree? _list;

    private RecordedTrace(Action<TensorCallback>? again = null) => _again = again;

    public Bytes32 Root { get; private set; }

    /// <summary>Tensors in the list.</summary>
    public int Count => _hashes.Count;

    /// <summary>Runs a model and keeps its trace.</summary>
    /// <param name="session">Stays open as long as the trace is used where not all is kept.</param>
    /// <param name="input">As it was ordered.</param>
    /// <param name="steps">Steps at most; 0 leaves the end to the model.</param>
    /// <param name="keepBytesMax">Bytes of tensors kept; beyond, a run for each look.</param>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    public static RecordedTrace Of(
        IModelSession session, ReadOnlySpan<byte> input, uint steps = 0,
        long keepBytesMax = KeepBytesMax)
    {
        byte[] own = input.ToArray();
        return Of(
            show => session.Run(own, new RunOptions { StepsMax = steps, OnTensor = show }),
            keepBytesMax);
    }

    /// <summary>Keeps what a run shows.</summary>
    /// <param name="run">Runs, any number of times the same.</param>
    /// <param name="keepBytesMax">Bytes of tensors kept.</param>
    internal static RecordedTrace Of(Action<TensorCallback> run, long keepBytesMax)
    {
        RecordedTrace trace = new(run);
        long bytes = 0;
        run((in TracedTensor t) =>
        {
            Bytes32 hash = TraceTree.TensorHash(t.Type, t.Dims, t.Data);
            trace._hashes.Add(hash);
            bytes += t.Data.Length;
            if (bytes <= keepBytesMax)
            {
                trace._entries[t.ListIndex] = EntryOf(t, hash);
            }
            else if (trace._entries.Count > 0)
            {
                trace._entries.Clear();
            }
        });
        trace.Root = TraceTree.ListRoot(trace.Hashes);
        return trace;
    }

    /// <summary>A list as somebody else recorded it.</summary>
    /// <exception cref="ArgumentException">Data that is longer or shorter than its shape says.
    /// </exception>
    public static RecordedTrace OfTensors(
        IEnumerable<(TensorType Type, int[] Dims, byte[] Data)> tensors)
    {
        List<Entry> entries = [];
        foreach ((TensorType type, int[] dims, byte[] data) in tensors)
        {
            entries.Add(new("", type, dims, data, TraceTree.TensorHash(type, dims, data)));
        }

        return Of(entries);
    }

    /// <summary>Somebody else's list, of which a tensor is opened when it is needed.</summary>
    /// <param name="hashes">Of all its tensors; not empty.</param>
    /// <param name="open">Type and shape that the architecture gives a tensor, and the bytes that
    /// are said to be its.</param>
    public static RecordedTrace OfHashes(ReadOnlySpan<Bytes32> hashes,
        Func<int, (TensorType Type, int[] Dims, byte[] Data)> open)
    {
        RecordedTrace list = new();
        list._hashes.AddRange(hashes);
        list.Root = TraceTree.ListRoot(hashes);
        list._open = tensor =>
        {
            (TensorType type, int[] dims, byte[] data) = open(tensor);
            Bytes32 hash = TraceTree.TensorHash(type, dims, data);
            return hash == list._hashes[tensor]
                ? new Entry("", type, dims, data, hash)
                : throw new ModelException($"tensor {tensor} of the list is not what was opened: "
                    + "another form than the architecture gives it, or other bytes");
        };
        return list;
    }

    /// <summary>Tensors are opened when they are needed; the form of the others is not known.
    /// </summary>
    internal bool IsOpenedOnDemand => _open is not null;

    /// <summary>The list of one tensor that an input record is.</summary>
    internal static RecordedTrace OfInput(byte[] input) =>
        Of([new("input", TensorType.UInt8, [input.Length], input, InputRecord.TensorHash(input))]);

    /// <summary>A list of tensors that are all at hand.</summary>
    internal static RecordedTrace Of(IEnumerable<Entry> entries)
    {
        RecordedTrace list = new();
        foreach (Entry entry in entries)
        {
            list._entries[list.Count] = entry;
            list._hashes.Add(entry.Hash);
        }

        list.Root = TraceTree.ListRoot(list.Hashes);
        return list;
    }

    /// <summary>The same list with one tensor's bytes replaced: a forged trace.</summary>
    /// <exception cref="ArgumentException">Data of another length.</exception>
    public RecordedTrace With(int tensor, byte[] data)
    {
        Entry old = this[tensor];
        return With(tensor, old with
        {
            Data = data,
            Hash = TraceTree.TensorHash(old.Type, old.Dims, data),
        });
    }

    /// <summary>The same list with another tensor in one place.</summary>
    internal RecordedTrace With(int tensor, Entry entry)
    {
        RecordedTrace changed = Copy();
        changed._entries[tensor] = entry;
        changed._hashes[tensor] = entry.Hash;
        changed.Root = TraceTree.ListRoot(changed.Hashes);
        return changed;
    }

    /// <summary>
    /// Somebody else's list as far as its openings have shown it: equal to this one left of a
    /// tensor of which some leaves are known.
    /// </summary>
    /// <param name="root">What was signed.</param>
    /// <param name="list">Its tree.</param>
    /// <param name="tensor">Place of the tensor; -1 for none.</param>
    /// <param name="entry">Its bytes as far as known, with their tree.</param>
    internal RecordedTrace Learned(in Bytes32 root, HashTree list, int tensor, Entry? entry)
    {
        RecordedTrace learned = Copy();
        (learned.Root, learned._list) = (root, list);
        if (entry is not null)
        {
            learned._entries[tensor] = entry;
        }

        return learned;
    }

    /// <exception cref="InvalidOperationException">Nothing kept it.</exception>
    internal Entry this[int tensor]
    {
        get
        {
            if (!IsKept(tensor))
            {
                Keep(new HashSet<int> { tensor });
            }

            return _entries[tensor];
        }
    }

    /// <summary>Whether a tensor's bytes are in memory.</summary>
    internal bool IsKept(int tensor) => _entries.ContainsKey(tensor);

    /// <summary>Runs once more and keeps these.</summary>
    internal void Keep(IReadOnlySet<int> tensors)
    {
        if (_open is not null)
        {
            foreach (int tensor in tensors)
            {
                if (!IsKept(tensor))
                {
                    _entries[tensor] = _open(tensor);
                }
            }

            return;
        }

        Action<TensorCallback> again =
            _again ?? throw new InvalidOperationException("these tensors were never recorded");
        again((in TracedTensor t) =>
        {
            if (tensors.Contains(t.ListIndex) && !IsKept(t.ListIndex))
            {
                _entries[t.ListIndex] = EntryOf(t, _hashes[t.ListIndex]);
            }
        });
    }

    /// <summary>The tree over the tensor hashes.</summary>
    internal HashTree List => _list ??= new HashTree(Hashes);

    private ReadOnlySpan<Bytes32> Hashes => CollectionsMarshal.AsSpan(_hashes);

    private static Entry EntryOf(in TracedTensor t, in Bytes32 hash) =>
        new(t.Operator, t.Type, t.Dims.ToArray(), t.Data.ToArray(), hash);

    private RecordedTrace Copy()
    {
        RecordedTrace copy = new(_again) { _open = _open };
        copy._hashes.AddRange(_hashes);
        foreach ((int tensor, Entry entry) in _entries)
        {
            copy._entries[tensor] = entry;
        }

        return copy;
    }

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

        /// <summary>Other bytes of the same shape under a tree that is known in parts.</summary>
        public Entry With(byte[] data, HashTree tree) =>
            this with { Data = data, _tree = (data, tree) };
    }
}
