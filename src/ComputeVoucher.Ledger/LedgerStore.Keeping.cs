using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>How long orders and their inputs stay, and what that amounts to.</summary>
public sealed partial class LedgerStore
{
    /// <summary>The file in a ledger's directory that holds its rows.</summary>
    public const string FileName = Database.FileName;

    /// <summary>Orders removed by one transaction of a prune, under the lock that orders wait for:
    /// a millisecond.</summary>
    private const int PruneOrdersMax = 256;

    private static readonly Dictionary<Bytes32, UInt128> s_none = [];

    private DisputeBounds _disputeBounds = DisputeBounds.None;

    /// <summary>What the last look over all orders found; null before the first.</summary>
    public LedgerStanding? Standing { get; private set; }

    /// <summary>Of that look, units by class; none before the first.</summary>
    /// <inheritdoc cref="LedgerStanding"/>
    public IReadOnlyDictionary<Bytes32, UInt128> ExposedUnits => Standing?.ExposedUnits ?? s_none;

    /// <summary>Keeps an order and its input, whatever their age, until the dispute lets go of
    /// them. Asked again it changes nothing; several disputes may keep one order.</summary>
    /// <param name="orderHash">The order.</param>
    /// <param name="dispute">Who keeps it: any 32 bytes that name the dispute.</param>
    public Task PinOrder(Bytes32 orderHash, Bytes32 dispute) =>
        Change(batch => _memory.Pin(orderHash, dispute, batch));

    /// <summary>The dispute has ended. Asked again it changes nothing.</summary>
    /// <inheritdoc cref="PinOrder"/>
    public Task UnpinOrder(Bytes32 orderHash, Bytes32 dispute) =>
        Change(batch => _memory.Unpin(orderHash, dispute, batch));

    /// <summary>What the node can run again in the time that a court gives it for its answers;
    /// orders that would take more are refused. Unbounded until it is set.</summary>
    public DisputeBounds DisputeBounds
    {
        get
        {
            lock (_gate)
            {
                return _disputeBounds;
            }
        }

        set
        {
            lock (_gate)
            {
                _disputeBounds = value;
            }
        }
    }

    /// <summary>Whether everybody may dispute a channel's orders: then two of them may wait for
    /// their first answer at a time. Known as long as the process lasts.</summary>
    public void OpenToStrangers(in Bytes32 channel, bool isOpen)
    {
        lock (_gate)
        {
            _memory.OpenToStrangers(channel, isOpen);
        }
    }

    /// <summary>Units of the longest order of each channel that may be disputed, twice where
    /// strangers may, summed.</summary>
    public UInt128 DisputeUnits
    {
        get
        {
            lock (_gate)
            {
                return _memory.DisputeUnits;
            }
        }
    }

    /// <summary>Puts the input of a stored order back, where it was lost; its bytes are the ones
    /// that the order commits to.</summary>
    public Task RestoreInput(StoredOrder order, byte[] input)
    {
        ArgumentNullException.ThrowIfNull(order);
        return Input(order.Hash).Length > 0 || input.Length == 0
            ? Task.CompletedTask
            : Change(batch => _memory.RestoreInput(order, input, batch));
    }

    /// <summary>Looks over all orders.</summary>
    /// <param name="now">Unix seconds.</param>
    public async Task<LedgerStanding> LookAsync(ulong now)
    {
        await FlushAsync().ConfigureAwait(false);
        return Look(now, before: 0).Standing;
    }

    /// <summary>
    /// Removes finished orders, with inputs, receipts, cancels and accepts. Of a class with a
    /// court: acked ones whose deadline lies more than keepSeconds before now; of closed channels,
    /// the unpaid ones too, which writes them off. Of a class without one nobody will ever ask for
    /// an input again: acked ones behind their deadline go as soon as they are redeemed. Of orders
    /// that stay, the input goes where nothing can be disputed: behind the deadline where they cost
    /// nothing, and after keepSeconds where they are not paid yet. What a dispute has pinned stays.
    /// Sums stay.
    /// </summary>
    /// <returns>Orders removed.</returns>
    public async Task<int> PruneAsync(ulong now, ulong keepSeconds)
    {
        ulong before = now > keepSeconds ? now - keepSeconds : 0;
        await FlushAsync().ConfigureAwait(false);
        OrderWalk walk = Look(now, before).Walk;
        int removed = 0;
        await PruneAsync(walk.Old, (order, bytes, batch) =>
            removed += _memory.Prune(order, bytes, batch) ? 1 : 0).ConfigureAwait(false);
        await PruneAsync(walk.Spent, (order, bytes, batch) =>
            _memory.FreeInput(order.Hash, order.Order.Channel, bytes, batch))
            .ConfigureAwait(false);
        return removed;
    }

    private async Task PruneAsync(List<Bytes32> hashes, Action<OpenOrder, int, Batch> prune)
    {
        for (int i = 0; i < hashes.Count; i += PruneOrdersMax)
        {
            List<(OpenOrder Order, int Bytes)> some = ReadSome(
                hashes.GetRange(i, Math.Min(PruneOrdersMax, hashes.Count - i)));
            await Change(batch =>
            {
                foreach ((OpenOrder order, int bytes) in some)
                {
                    prune(order, bytes, batch);
                }
            }).ConfigureAwait(false);
        }
    }

    private List<(OpenOrder Order, int Bytes)> ReadSome(List<Bytes32> hashes) => Scan(database =>
    {
        List<(OpenOrder Order, int Bytes)> orders = [];
        foreach (Bytes32 hash in hashes)
        {
            byte[] key = hash.ToArray();
            if (database.Get(Table.Orders, key) is { } body)
            {
                orders.Add((Rows.Order(key, body), database.BodyBytes(Table.Inputs, key)));
            }
        }

        return orders;
    });

    private (LedgerStanding Standing, OrderWalk Walk) Look(ulong now, ulong before)
    {
        Dictionary<Bytes32, WalkedChannel> channels;
        lock (_gate)
        {
            channels = _memory.BeginWalk(_options.Policy);
        }

        OrderWalk walk = Scan(database =>
        {
            OrderWalk all = new(channels, now, before);
            all.Read(database);
            return all;
        });
        long most;
        lock (_gate)
        {
            most = _memory.EndWalk(channels);
        }

        LedgerStanding standing = new(now, walk.InputBytesADay, walk.ExposedUnits)
        {
            KeyInputBytes = most,
        };
        Standing = standing;
        return (standing, walk);
    }
}

/// <summary>What a look over all orders found.</summary>
/// <param name="At">When, Unix seconds.</param>
/// <param name="InputBytesADay">Bytes of the inputs whose orders' deadlines lie in the day before.
/// </param>
/// <param name="ExposedUnits">Units of each class, by its id, of the orders about which a court may
/// still decide: deadline + 26 days is not over, 30 of those that were promised. Reserved orders
/// count with their most, served ones with their receipt, paid or not.</param>
public sealed record LedgerStanding(
    ulong At, long InputBytesADay, IReadOnlyDictionary<Bytes32, UInt128> ExposedUnits)
{
    /// <summary>Bytes of inputs of the spend key that has most.</summary>
    public long KeyInputBytes { get; init; }
}
