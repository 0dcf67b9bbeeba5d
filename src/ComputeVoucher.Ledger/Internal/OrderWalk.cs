using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// One look over all orders on the disk, row by row: it keeps sums, and the hashes of as many
/// orders as one prune takes, never the orders.
/// </summary>
/// <param name="channels">As they were when the look began.</param>
/// <param name="now">Unix seconds.</param>
/// <param name="before">Orders with an earlier deadline are past every dispute.</param>
internal sealed class OrderWalk(
    Dictionary<Bytes32, WalkedChannel> channels, ulong now, ulong before)
{
    /// <summary>Window of <see cref="InputBytesADay"/>, seconds.</summary>
    private const ulong DaySeconds = 86_400;

    /// <summary>Hashes of one list, 2 MiB: what 100 orders a second bring between two looks. More
    /// wait for the next one.</summary>
    private const int HashesMax = 65_536;

    /// <summary>Orders read at once from a channel's newest down.</summary>
    private const int PageOrders = 1024;

    /// <summary>Bytes of the inputs whose orders' deadlines lie in the day before.</summary>
    public long InputBytesADay { get; private set; }

    /// <summary>Units of each class that a court may still judge.</summary>
    public Dictionary<Bytes32, UInt128> ExposedUnits { get; } = [];

    /// <summary>Orders that nobody will ever ask for.</summary>
    public List<Bytes32> Old { get; } = [];

    /// <summary>Orders that stay, and whose inputs nobody will ask for: they cost nothing, or are
    /// past every dispute and still unpaid.</summary>
    public List<Bytes32> Spent { get; } = [];

    /// <summary>Of one commit.</summary>
    public void Read(ILedgerDisk database)
    {
        database.BeginRead();
        database.ReadState();
        foreach (WalkedChannel channel in channels.Values)
        {
            if (!channel.MayHaveCourt)
            {
                channel.RedeemedBelow = RedeemedBelow(database, channel);
            }
        }

        database.ReadAll(Table.Orders, (key, _, body) =>
        {
            OpenOrder order = Rows.Order(key, body);
            if (channels.TryGetValue(order.Order.Channel, out WalkedChannel? channel))
            {
                Note(order, channel, database);
            }
        });
    }

    private void Note(OpenOrder order, WalkedChannel channel, ILedgerDisk database)
    {
        ulong deadline = order.Order.Deadline;
        if (IsExposed(order, database))
        {
            ExposedUnits[channel.ClassId] =
                ExposedUnits.GetValueOrDefault(channel.ClassId) + order.Charge;
            channel.Longest = UInt128.Max(channel.Longest, order.Charge);
        }

        if (!order.Order.IsOver(now))
        {
            return;
        }

        if (deadline + DaySeconds > now)
        {
            InputBytesADay += database.BodyBytes(Table.Inputs, order.Hash.Span);
        }

        bool isOld = deadline < before;
        bool isPaid = order.Order.Seq < channel.NextSeq || channel.IsClosed;
        if ((isOld && isPaid) || order.Order.Seq < channel.RedeemedBelow)
        {
            Add(Old, order.Hash);
        }
        else if ((isOld || (order.Charge == 0 && !MayBeDemanded(order, database)))
            && order.State != OrderState.Reserved
            && database.BodyBytes(Table.Inputs, order.Hash.Span) > 0)
        {
            Add(Spent, order.Hash);
        }
    }

    /// <summary>Whether a court may still judge it; of an old order the disk knows whether it was
    /// promised.</summary>
    private bool IsExposed(OpenOrder order, ILedgerDisk database)
    {
        ulong deadline = order.Order.Deadline;
        return CourtLimits.IsExposed(deadline, isPromised: false, now)
            || (CourtLimits.IsExposed(deadline, isPromised: true, now)
                && IsPromised(order, database));
    }

    private static bool IsPromised(OpenOrder order, ILedgerDisk database) =>
        database.BodyBytes(Table.Accepts, order.Hash.Span) > 0;

    /// <summary>What was promised and given up can be demanded; a result of no steps is there.
    /// </summary>
    private static bool MayBeDemanded(OpenOrder order, ILedgerDisk database) =>
        order.State == OrderState.Released && IsPromised(order, database);

    /// <summary>
    /// First sequence that is not redeemed for certain. An ack pays for all orders below it and the
    /// chain tells only how far it was redeemed, so the newest ack is taken back order by order:
    /// those below what it takes to get from there to the redeemed units are redeemed.
    /// </summary>
    private static ulong RedeemedBelow(ILedgerDisk database, WalkedChannel channel)
    {
        UInt128 owed = channel.Acked > channel.Redeemed ? channel.Acked - channel.Redeemed : 0;
        ulong end = channel.NextSeq;
        while (owed > 0)
        {
            List<byte[]> keys = database.OrderKeys(
                Rows.Slot(channel.Id, 0), Rows.Slot(channel.Id, end), PageOrders, down: true);
            if (keys.Count == 0)
            {
                return 0;
            }

            foreach (byte[] key in keys)
            {
                OpenOrder order = Rows.Order(key, database.Get(Table.Orders, key));
                (end, owed) = (order.Order.Seq, owed - UInt128.Min(owed, order.Charge));
                if (owed == 0)
                {
                    break;
                }
            }
        }

        return end;
    }

    private static void Add(List<Bytes32> hashes, in Bytes32 hash)
    {
        if (hashes.Count < HashesMax)
        {
            hashes.Add(hash);
        }
    }
}

/// <summary>What a look has to know of a channel.</summary>
internal sealed class WalkedChannel
{
    public required Bytes32 Id { get; init; }

    public required Bytes32 ClassId { get; init; }

    public required bool MayHaveCourt { get; init; }

    public required bool IsClosed { get; init; }

    public required ulong NextSeq { get; init; }

    public required UInt128 Acked { get; init; }

    public required UInt128 Redeemed { get; init; }

    /// <summary>Orders below it may go behind their deadline.</summary>
    public ulong RedeemedBelow { get; set; }

    /// <summary>Units of the longest order that a court may still judge.</summary>
    public UInt128 Longest { get; set; }
}
