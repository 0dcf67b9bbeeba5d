using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// What is earned and not paid yet, what could lose it, and what paying for it costs. Looks at the
/// chain every <see cref="s_every"/>, at the ledger whenever it is asked.
/// </summary>
internal sealed class MoneyWatch
{
    /// <summary>Three calls to an endpoint; a scraper comes as often.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(15);

    private readonly LedgerStore _ledger;
    private readonly ChainParts _chain;
    private readonly ProvidersContract _providers;
    private readonly uint _confirmations;
    private readonly ServicePolicy _policy;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<Bytes32, ulong> _dueSince = [];
    private readonly Dictionary<Bytes32, ulong> _owedSince = [];
    private long? _lookedAt;
    private ChainFigures? _seen;
    private List<Stake> _bonds = [];
    private UInt256 _feesPaid = UInt256.Zero;
    private long _finalTransactions;

    public MoneyWatch(LedgerStore ledger, ChainParts chain, NodeOptions options,
        ServicePolicy policy, TimeProvider time)
    {
        (_ledger, _chain, _policy, _time) = (ledger, chain, policy, time);
        _confirmations = options.Confirmations;
        _providers = new ProvidersContract(chain.Rpc, options.Domain.Providers);
    }

    /// <summary>What the chain said last; null before.</summary>
    public ChainFigures? Seen => Volatile.Read(ref _seen);

    /// <summary>Bond and exposure now, a row for each token and court; bonds as they were seen
    /// last.</summary>
    public List<Stake> Stakes()
    {
        List<Stake> seen = Volatile.Read(ref _bonds);
        return Stake.Of(_policy.Classes.Values, _ledger.ExposedUnits)
            .ConvertAll(stake => stake with
            {
                Bond = seen.Find(one =>
                    one.Token == stake.Token && one.Court == stake.Court)?.Bond,
            });
    }

    private ulong Now => (ulong)Math.Max(0, _time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>Asks the chain when it is time; an endpoint that is away leaves the old figures.
    /// </summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        if (_lookedAt is long at && _time.GetElapsedTime(at) < s_every)
        {
            return;
        }

        _lookedAt = _time.GetTimestamp();
        Count();
        if (_chain.Service.Mirror.Head is not { } head)
        {
            return;
        }

        try
        {
            UInt256 balance = await _chain.Rpc
                .BalanceAsync(_chain.Payer, BlockTag.Latest, cancel).ConfigureAwait(false);
            ulong lag = _confirmations;
            if (lag == 0)
            {
                BlockHeader? final = await _chain.Rpc
                    .BlockAsync(BlockTag.Finalized, cancel).ConfigureAwait(false);
                lag = head.Number - Math.Min(head.Number, final?.Number ?? 0);
            }

            Volatile.Write(
                ref _seen, new ChainFigures(Clamp(balance), head.BaseFee, lag));
            Volatile.Write(ref _bonds, await Stake.ReadAsync(
                Stake.Of(_policy.Classes.Values, _ledger.ExposedUnits), _providers, _policy.Node,
                cancel).ConfigureAwait(false));
        }
        catch (ChainException)
        {
            // The mirror asks the same endpoints and says so.
        }
    }

    /// <summary>What a transaction cost, when it is final.</summary>
    public void Note(OutboxChange change)
    {
        if (change.Entry.State != OutboxState.Final || change.Receipt is not { } receipt)
        {
            return;
        }

        lock (_gate)
        {
            _feesPaid += (UInt256)receipt.GasUsed * receipt.EffectiveGasPrice;
            _finalTransactions++;
        }
    }

    /// <summary>The sums of the ledger now.</summary>
    public MoneyFigures Count()
    {
        MoneyFigures sums = new();
        ulong now = Now;
        lock (_gate)
        {
            foreach (ChannelState channel in _ledger.Channels())
            {
                UInt128 due = DueOf(channel);
                UInt128 owed = channel.Row.Status == ChannelStatus.Closed
                    ? 0
                    : channel.Sums.Unacked;
                sums.Unredeemed += due;
                sums.UnredeemedAge = Math.Max(
                    sums.UnredeemedAge, Age(_dueSince, channel.Id, due, now));
                sums.Unacked += owed;
                sums.UnackedAge = Math.Max(
                    sums.UnackedAge, Age(_owedSince, channel.Id, owed, now));
                if (channel.Row.ThawAt != 0 && channel.Row.Status == ChannelStatus.Open)
                {
                    ulong left = channel.Row.ThawAt - Math.Min(channel.Row.ThawAt, now);
                    sums.Thawing++;
                    sums.ThawingUnits += due;
                    sums.ThawSecondsLeft = Math.Min(sums.ThawSecondsLeft ?? left, left);
                }
            }
        }

        sums.OpenTransactions = _chain.Service.Outbox.Open.Count;
        foreach (OutboxEntry entry in _chain.Service.Outbox.Open)
        {
            sums.OldestTransaction = Math.Max(
                sums.OldestTransaction, now - Math.Min(now, entry.CreatedAt));
        }

        return sums;
    }

    /// <summary>Wei that one redemption of one channel may cost now; null before the chain was
    /// seen.</summary>
    public UInt128? RedemptionWei => Seen is { } seen
        ? Clamp(MoneyPrice.RedemptionWei(seen.BaseFee))
        : null;

    /// <summary>Redemptions of one channel that the account can pay; null before the chain was
    /// seen.</summary>
    public UInt128? RedemptionsPayable => Seen is { } seen && RedemptionWei is UInt128 price
        ? seen.BalanceWei / UInt128.Max(1, price)
        : null;

    /// <summary>Puts all of it on the page of figures.</summary>
    public void AddTo(Metrics metrics)
    {
        metrics.Gauge("gas_balance_wei", "Of the account that pays for redemptions",
            () => Signed(Seen?.BalanceWei));
        metrics.Gauge("redemptions_payable", "Redemptions of one channel that it pays now",
            () => Signed(RedemptionsPayable));
        metrics.Gauge("redemption_wei", "What a redemption of one channel may cost now",
            () => Signed(RedemptionWei));
        metrics.Gauge("units_unredeemed", "Acknowledged and not redeemed",
            () => (Int128)Count().Unredeemed);
        metrics.Gauge("unredeemed_age_seconds", "Since the oldest of them was seen",
            () => Count().UnredeemedAge);
        metrics.Gauge("units_unacked", "Reserved or served, not acknowledged",
            () => (Int128)Count().Unacked);
        metrics.Gauge("unacked_age_seconds", "Since the oldest of them was seen",
            () => Count().UnackedAge);
        metrics.Gauge("units_unacked_live", "Of them, what counts against the budget of all keys",
            () => (Int128)_ledger.Losses.LiveUnits);
        metrics.Gauge("units_lost", "Of them, what nobody is expected to pay",
            () => (Int128)_ledger.Losses.LostUnits);
        metrics.Gauge("keys_denied", "Spend keys refused until they acknowledge",
            () => _ledger.Losses.DeniedKeys);
        metrics.Gauge("channels_thawing", "Their holders may withdraw soon",
            () => Count().Thawing);
        metrics.Gauge("units_thawing", "Unredeemed units in them",
            () => (Int128)Count().ThawingUnits);
        metrics.Gauge("thaw_seconds_left", "Until the first of them may be withdrawn",
            () => Count().ThawSecondsLeft);
        metrics.Gauge("oldest_open_transaction_seconds", "Since it was asked for",
            () => Count().OldestTransaction);
        metrics.Gauge("head_age_seconds", "Of the newest block seen, by the clock",
            () => _chain.Service.Mirror.Head is { } head
                ? Now - Math.Min(Now, head.Timestamp)
                : null);
        metrics.Gauge("head_block", "The newest block seen",
            () => _chain.Service.Mirror.Head?.Number);
        metrics.Gauge("finality_lag_blocks", "Between the newest and the final block",
            () => Seen?.FinalLag);
        metrics.Counter("fees_paid_wei_total", "For transactions that became final",
            () => (Int128)FeesPaid);
        metrics.Counter("transactions_final_total", "Transactions that became final",
            () => Interlocked.Read(ref _finalTransactions));
        metrics.Labelled("rpc_requests_total", "Asked of an endpoint", "endpoint",
            () => ByEndpoint(figures => figures.Requests));
        metrics.Labelled("rpc_errors_total", "Of those, the ones that brought no answer",
            "endpoint", () => ByEndpoint(figures => figures.Errors));
    }

    /// <summary>Wei, since the start.</summary>
    public UInt128 FeesPaid
    {
        get
        {
            lock (_gate)
            {
                return Clamp(_feesPaid);
            }
        }
    }

    private UInt128 DueOf(ChannelState channel)
    {
        UInt128 claimable = UInt128.Min(channel.Ack?.CumUnits ?? 0, channel.Row.Locked);
        bool isPayable = channel.Row.Status is ChannelStatus.Open or ChannelStatus.Pending
            && _policy.Classes.ContainsKey(channel.Row.Terms.ClassId);
        return isPayable && claimable > channel.Row.Redeemed
            ? claimable - channel.Row.Redeemed
            : 0;
    }

    private static ulong Age(
        Dictionary<Bytes32, ulong> since, in Bytes32 channel, UInt128 units, ulong now)
    {
        if (units == 0)
        {
            since.Remove(channel);
            return 0;
        }

        since.TryAdd(channel, now);
        return now - Math.Min(now, since[channel]);
    }

    private static UInt128 Clamp(UInt256 value) =>
        value > (UInt256)(UInt128)Int128.MaxValue ? (UInt128)Int128.MaxValue : value.ToUInt128();

    private static Int128? Signed(UInt128? value) => value is UInt128 some
        ? (Int128)UInt128.Min(some, (UInt128)Int128.MaxValue)
        : null;

    private List<(string Label, long Value)> ByEndpoint(Func<EndpointFigures, long> read)
    {
        List<(string Label, long Value)> rows = [];
        foreach (EndpointFigures figures in _chain.Rpc.Figures)
        {
            rows.Add((figures.Name, read(figures)));
        }

        return rows;
    }
}

/// <summary>What the chain said at one moment.</summary>
/// <param name="BalanceWei">Of the account that pays for redemptions.</param>
/// <param name="BaseFee">Wei per gas.</param>
/// <param name="FinalLag">Blocks between the newest and the final one.</param>
internal sealed record ChainFigures(UInt128 BalanceWei, UInt128 BaseFee, ulong FinalLag);

/// <summary>Sums over all channels; units in compute units, ages in seconds.</summary>
internal sealed class MoneyFigures
{
    public UInt128 Unredeemed { get; set; }

    public ulong UnredeemedAge { get; set; }

    public UInt128 Unacked { get; set; }

    public ulong UnackedAge { get; set; }

    public int Thawing { get; set; }

    public UInt128 ThawingUnits { get; set; }

    /// <summary>Of the thaw that ends first; null while none runs.</summary>
    public ulong? ThawSecondsLeft { get; set; }

    public int OpenTransactions { get; set; }

    public ulong OldestTransaction { get; set; }
}
