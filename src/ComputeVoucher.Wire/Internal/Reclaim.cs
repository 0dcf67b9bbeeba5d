using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Whose unfinished frames and unread answers make room where a pool of held bytes is
/// full. Neither is anything that was paid for: an order can be sent, and an answer asked for,
/// again.</summary>
internal static class Reclaim
{
    /// <summary>Of the pool, what is freed at once: a look at everybody frees more than one
    /// needs.</summary>
    private const int FreedPart = 8;

    internal static bool IsHolding(ServerConnection one) =>
        one.Frames.IsOpen && one.ReclaimableBytes > 0;

    /// <summary>Those of the payer that holds most of all who are at one; none where that is who
    /// needs the room: nobody else is to pay for it.</summary>
    /// <param name="holding">Connections of payers and others.</param>
    /// <param name="needy">Whoever needs the room.</param>
    internal static List<ServerConnection> OfTheGreatest(
        IEnumerable<ServerConnection> holding, Account? needy)
    {
        IGrouping<Account?, ServerConnection>? greatest = holding
            .GroupBy(one => one.Payer)
            .Where(group => group.Key is not null)
            .MaxBy(group => group.Key!.Held.Bytes);
        return greatest is null || greatest.Key == needy ? [] : [.. greatest];
    }

    /// <summary>Cuts off the worst: who lets most answers wait, then those whose frames began
    /// first.</summary>
    /// <param name="holding">Who may go.</param>
    /// <param name="bytesMax">Bytes of the pool.</param>
    /// <param name="spared">Whoever needs the room.</param>
    /// <returns>How many; 0 where nobody else holds any.</returns>
    internal static int Evict(
        List<ServerConnection> holding, long bytesMax, ServerConnection spared)
    {
        List<Holder> worstFirst = holding.ConvertAll(one => new Holder(one));
        worstFirst.Sort((a, b) => a.Order.CompareTo(b.Order));
        long freed = 0;
        int evicted = 0;
        foreach (Holder one in worstFirst)
        {
            if (one.Connection == spared || one.Bytes == 0)
            {
                continue;
            }

            one.Connection.Frames.Abort(WireReason.Busy);
            evicted++;
            freed += one.Bytes;
            if (freed >= bytesMax / FreedPart)
            {
                break;
            }
        }

        return evicted;
    }

    /// <summary>As it stood at one moment: what is sorted by must not change.</summary>
    private sealed class Holder(ServerConnection connection)
    {
        public ServerConnection Connection => connection;

        public long Bytes { get; } = connection.ReclaimableBytes;

        /// <summary>Below zero by what is unread; else when the frame began.</summary>
        public long Order { get; } = connection.UnreadBytes > 0
            ? -connection.UnreadBytes
            : connection.Frames.FrameStarted;
    }
}
