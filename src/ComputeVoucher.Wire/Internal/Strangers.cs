using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Connections that have not shown yet that they pay, in the order in which they came. Where there
/// is no room it is taken from them, the worst of the oldest first, and never from a payer. Thread
/// safe.
/// </summary>
internal sealed class Strangers(TimeProvider time)
{
    /// <summary>The oldest, of which the worst makes room: a few cache lines each.</summary>
    private const int Compared = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<ServerConnection> _oldestFirst = [];

    /// <summary>One frame of theirs is handled at a time, first come, first served: each may cost
    /// a signature, and payers need the other cores and the place in front.</summary>
    internal Turns Turns { get; } = new(time);

    internal LinkedListNode<ServerConnection> Add(ServerConnection connection)
    {
        lock (_gate)
        {
            return _oldestFirst.AddLast(connection);
        }
    }

    internal void Remove(LinkedListNode<ServerConnection> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _oldestFirst.Remove(node);
            }
        }
    }

    /// <summary>Connections of strangers.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _oldestFirst.Count;
            }
        }
    }

    /// <summary>Cuts off one of those that have been here longest: of the address that has most
    /// connections, so that a flood ends its own. False where there is none.</summary>
    internal bool TryEvict()
    {
        ServerConnection worst;
        lock (_gate)
        {
            LinkedListNode<ServerConnection>? node = _oldestFirst.First;
            LinkedListNode<ServerConnection>? found = node;
            for (int i = 0; i < Compared && node is not null; i++, node = node.Next)
            {
                bool isWorse = node.Value.OfItsAddress > found!.Value.OfItsAddress;
                found = isWorse ? node : found;
            }

            if (found is null)
            {
                return false;
            }

            _oldestFirst.Remove(found);
            worst = found.Value;
        }

        worst.Frames.Abort(WireReason.Busy);
        return true;
    }

    /// <summary>Those at an unfinished frame, or that do not read.</summary>
    internal List<ServerConnection> Holding()
    {
        lock (_gate)
        {
            return [.. _oldestFirst.Where(Reclaim.IsHolding)];
        }
    }
}
