using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Whose unfinished frames make room where a pool of held bytes is full.</summary>
internal static class UnfinishedFrames
{
    /// <summary>Of the pool, what is freed at once: a look at everybody frees more than one
    /// needs.</summary>
    private const int FreedPart = 8;

    internal static bool IsHolding(ServerConnection one) =>
        one.Frames.IsOpen && one.Frames.HeldBytes > 0;

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

    /// <summary>Cuts off those whose frames began first.</summary>
    /// <param name="holding">Whose frames may go.</param>
    /// <param name="bytesMax">Bytes of the pool.</param>
    /// <param name="spared">Whoever needs the room.</param>
    /// <returns>How many; 0 where nobody else holds any.</returns>
    internal static int Evict(
        List<ServerConnection> holding, long bytesMax, ServerConnection spared)
    {
        holding.Sort((a, b) => a.Frames.FrameStarted.CompareTo(b.Frames.FrameStarted));
        long freed = 0;
        int evicted = 0;
        foreach (ServerConnection one in holding)
        {
            int bytes = one.Frames.HeldBytes;
            if (one == spared || bytes == 0)
            {
                continue;
            }

            one.Frames.Abort(WireReason.Busy);
            evicted++;
            freed += bytes;
            if (freed >= bytesMax / FreedPart)
            {
                break;
            }
        }

        return evicted;
    }
}
