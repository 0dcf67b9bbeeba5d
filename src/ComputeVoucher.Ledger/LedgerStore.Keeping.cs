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

    /// <summary>Orders removed by one transaction of a prune.</summary>
    private const int PruneOrdersMax = 1024;

    /// <summary>Window of <see cref="LedgerStanding.InputBytesADay"/>, seconds.</summary>
    private const ulong DaySeconds = 86_400;

    private static readonly Dictionary<Bytes32, UInt128> s_none = [];

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

    /// <summary>Looks over all orders.</summary>
    /// <param name="now">Unix seconds.</param>
    public async Task<LedgerStanding> LookAsync(ulong now)
    {
        await FlushAsync().ConfigureAwait(false);
        return Look(now, AllOrders());
    }

    /// <summary>
    /// Removes finished orders, with inputs, receipts, cancels and accepts. Of a class with a
    /// court: acked ones whose deadline lies more than keepSeconds before now; of closed channels,
    /// the unpaid ones too, which writes them off. Of a class without one nobody will ever ask for
    /// an input again: acked ones behind their deadline go as soon as they are redeemed. What a
    /// dispute has pinned stays. Sums stay.
    /// </summary>
    /// <returns>Orders removed.</returns>
    public async Task<int> PruneAsync(ulong now, ulong keepSeconds)
    {
        ulong before = now > keepSeconds ? now - keepSeconds : 0;
        await FlushAsync().ConfigureAwait(false);
        List<OpenOrder> orders = AllOrders();
        HashSet<Bytes32> redeemed;
        lock (_gate)
        {
            redeemed = _memory.Redeemed(orders, _options.Policy);
        }

        Look(now, orders);
        List<OpenOrder> old = orders.FindAll(order => order.Order.Deadline < before
            || (order.Order.IsOver(now) && redeemed.Contains(order.Hash)));
        int removed = 0;
        for (int i = 0; i < old.Count; i += PruneOrdersMax)
        {
            List<OpenOrder> some = old.GetRange(i, Math.Min(PruneOrdersMax, old.Count - i));
            int[] bytes = InputBytes(some);
            await Change(batch =>
            {
                for (int k = 0; k < bytes.Length; k++)
                {
                    removed += _memory.Prune(some[k], bytes[k], batch) ? 1 : 0;
                }
            }).ConfigureAwait(false);
        }

        return removed;
    }

    /// <summary>Every order on the disk, by channel and from the highest sequence down.</summary>
    private List<OpenOrder> AllOrders()
    {
        List<OpenOrder> orders = Scan(database =>
        {
            List<OpenOrder> found = [];
            database.BeginRead();
            database.ReadState();
            database.ReadAll(Table.Orders, (key, _, body) => found.Add(Rows.Order(key, body)));
            return found;
        });
        orders.Sort(static (a, b) =>
        {
            int channel = a.Order.Channel.CompareTo(b.Order.Channel);
            return channel != 0 ? channel : b.Order.Seq.CompareTo(a.Order.Seq);
        });
        return orders;
    }

    private LedgerStanding Look(ulong now, List<OpenOrder> orders)
    {
        long inputs = 0;
        foreach (int bytes in InputBytes(orders.FindAll(order => order.Order.IsOver(now)
            && order.Order.Deadline + DaySeconds > now)))
        {
            inputs += bytes;
        }

        Dictionary<Bytes32, UInt128> exposed = [];
        lock (_gate)
        {
            foreach (OpenOrder order in orders)
            {
                if (CourtLimits.IsExposed(order.Order.Deadline, now)
                    && _memory.Channel(order.Order.Channel) is { } account)
                {
                    Bytes32 id = account.Row.Terms.ClassId;
                    exposed[id] = exposed.GetValueOrDefault(id) + order.Charge;
                }
            }
        }

        return Standing = new LedgerStanding(now, inputs, exposed);
    }

    private int[] InputBytes(List<OpenOrder> orders) => Scan(database =>
    {
        int[] bytes = new int[orders.Count];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = database.BodyBytes(Table.Inputs, orders[i].Hash.Span);
        }

        return bytes;
    });
}

/// <summary>What a look over all orders found.</summary>
/// <param name="At">When, Unix seconds.</param>
/// <param name="InputBytesADay">Bytes of the inputs whose orders' deadlines lie in the day before.
/// </param>
/// <param name="ExposedUnits">Units of each class, by its id, of the orders about which a court may
/// still decide: deadline + 26 days is not over. Reserved orders count with their most, served ones
/// with their receipt, paid or not.</param>
public sealed record LedgerStanding(
    ulong At, long InputBytesADay, IReadOnlyDictionary<Bytes32, UInt128> ExposedUnits);
