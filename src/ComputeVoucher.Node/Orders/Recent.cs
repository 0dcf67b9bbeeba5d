using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>What was asked for last, by its hash: bounded in bytes, the longest unasked leaves
/// first. Not thread safe.</summary>
/// <param name="bytesMax">Of all that is kept.</param>
internal sealed class Recent<T>(long bytesMax)
{
    /// <summary>Of an entry beside what it holds: keys, nodes and headers, about.</summary>
    private const int EntryBytes = 256;

    private readonly Dictionary<Bytes32, LinkedListNode<(Bytes32 Key, T Value, long Bytes)>> _byKey
        = [];

    private readonly LinkedList<(Bytes32 Key, T Value, long Bytes)> _newestFirst = [];

    /// <summary>Bytes kept.</summary>
    public long Bytes { get; private set; }

    public bool TryGet(in Bytes32 key, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        if (!_byKey.TryGetValue(key, out var node))
        {
            return false;
        }

        _newestFirst.Remove(node);
        _newestFirst.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>Keeps it, unless it alone is more than may be kept; the first of a key stays.
    /// </summary>
    public void Put(in Bytes32 key, T value, long bytes)
    {
        bytes += EntryBytes;
        if (bytes > bytesMax || _byKey.ContainsKey(key))
        {
            return;
        }

        _byKey[key] = _newestFirst.AddFirst((key, value, bytes));
        Bytes += bytes;
        while (Bytes > bytesMax)
        {
            (Bytes32 last, _, long freed) = _newestFirst.Last!.Value;
            _newestFirst.RemoveLast();
            _byKey.Remove(last);
            Bytes -= freed;
        }
    }
}
