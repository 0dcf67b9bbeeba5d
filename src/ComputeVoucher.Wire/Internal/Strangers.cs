using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Connections that have not shown yet that they pay, in the order in which they came. Where there
/// is no room it is taken from them, the oldest first, and never from a payer. Thread safe.
/// </summary>
internal sealed class Strangers
{
    private readonly Lock _gate = new();
    private readonly LinkedList<ServerConnection> _oldestFirst = [];

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

    /// <summary>Cuts off the one that has been here longest; false where there is none.</summary>
    internal bool TryEvictOldest()
    {
        ServerConnection oldest;
        lock (_gate)
        {
            if (_oldestFirst.First is not { } first)
            {
                return false;
            }

            _oldestFirst.Remove(first);
            oldest = first.Value;
        }

        oldest.Frames.Abort(WireReason.Busy);
        return true;
    }

    /// <summary>Those at an unfinished frame.</summary>
    internal List<ServerConnection> Holding()
    {
        lock (_gate)
        {
            return [.. _oldestFirst.Where(UnfinishedFrames.IsHolding)];
        }
    }
}
