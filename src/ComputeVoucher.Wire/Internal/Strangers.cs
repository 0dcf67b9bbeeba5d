using System.Collections.Generic;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// Connections that have not shown yet that they pay, in the order in which they came. Where there
/// is no room it is taken from them, the oldest first, and never from a payer. Thread safe.
/// </summary>
internal sealed class Strangers
{
    /// <summary>Of the strangers' bytes, what is freed at once where they are full: a look at all
    /// of them frees more than one needs.</summary>
    private const int FreedPart = 8;

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

    /// <summary>Cuts off those whose unfinished frames began first.</summary>
    /// <param name="bytesMax">Bytes of all strangers.</param>
    /// <param name="spared">Whoever needs the room.</param>
    /// <returns>False where nobody else holds any.</returns>
    internal bool TryEvictFrames(long bytesMax, ServerConnection spared)
    {
        List<ServerConnection> holding = [];
        lock (_gate)
        {
            foreach (ServerConnection one in _oldestFirst)
            {
                if (one != spared && one.Frames.IsOpen && one.Frames.HeldBytes > 0)
                {
                    holding.Add(one);
                }
            }
        }

        holding.Sort((a, b) => a.Frames.FrameStarted.CompareTo(b.Frames.FrameStarted));
        long freed = 0;
        foreach (ServerConnection one in holding)
        {
            if (freed >= bytesMax / FreedPart)
            {
                break;
            }

            freed += one.Frames.HeldBytes;
            one.Frames.Abort(WireReason.Busy);
        }

        return freed > 0;
    }
}
