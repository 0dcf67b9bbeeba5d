using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Orders of one court that were served and never acknowledged are claimed before the court stops
/// paying for them, which is 3 days after their deadline, or a thaw lets their units go.
/// </summary>
internal sealed class ClaimDesk
{
    /// <summary>Seconds before the end at which a claim is made: a client has two days to
    /// acknowledge, and the chain one for the transaction.</summary>
    private const ulong MarginSeconds = 86_400;

    /// <summary>From here on the transaction may cost all that it pays, seconds.</summary>
    private const ulong UrgentSeconds = 12 * 3_600;

    /// <summary>Nothing is claimed that ends sooner, seconds: it would revert.</summary>
    private const ulong LastSeconds = 600;

    /// <summary>Orders of one claim: some 60,000 gas each, 6 million in all.</summary>
    private const int OrdersMax = 100;

    /// <summary>Bytes of outputs and of what goes with each in one claim, within the 128 KiB of a
    /// transaction.</summary>
    private const int BytesMax = 96 << 10;

    /// <summary>Bytes of a Delivery beside its output: order, receipt, signatures, offsets.
    /// </summary>
    private const int OrderBytes = 24 * 32;

    /// <summary>Between two looks over the unacknowledged orders, which read the disk.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);

    private readonly Serving _serving;
    private readonly CourtParties _court;
    private readonly CourtMoves _moves;
    private readonly Reruns<RunResult> _runs;
    private readonly Func<VoucherClass, UInt128, UInt128?> _worthWei;
    private readonly Dictionary<Bytes32, (string Key, long At)> _sent = [];
    private long? _looked;

    /// <param name="serving">Ledger, models.</param>
    /// <param name="court">That pays.</param>
    /// <param name="moves">Takes the claims.</param>
    /// <param name="runs">Of the orders, for their outputs.</param>
    /// <param name="worthWei">Of units of a class; null where nobody can say.</param>
    public ClaimDesk(Serving serving, CourtParties court, CourtMoves moves,
        Reruns<RunResult> runs, Func<VoucherClass, UInt128, UInt128?> worthWei) =>
        (_serving, _court, _moves, _runs, _worthWei) = (serving, court, moves, runs, worthWei);

    /// <summary>Orders that wait to be claimed.</summary>
    public int Pending { get; private set; }

    /// <summary>Claims what is due.</summary>
    /// <param name="head">The newest block.</param>
    /// <param name="isNew">It was not looked at before.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task StepAsync(BlockHeader head, bool isNew, CancellationToken cancel)
    {
        bool rests = _looked is long at && _serving.Time.GetElapsedTime(at) < s_every;
        if (rests && (Pending == 0 || !isNew))
        {
            return;
        }

        _looked = _serving.Time.GetTimestamp();
        int pending = 0;
        foreach (ChannelState channel in _serving.Ledger.Channels())
        {
            bool isDue = channel.Row.Status == ChannelStatus.Open && channel.Sums.Unacked > 0
                && _serving.Policy.Classes.TryGetValue(
                    channel.Row.Terms.ClassId, out VoucherClass terms)
                && terms.Court == _court.Address;
            if (isDue)
            {
                pending += await ClaimAsync(channel, head, cancel).ConfigureAwait(false);
            }
        }

        Pending = pending;
    }

    /// <summary>Unix seconds after which an order's pay is lost.</summary>
    private static ulong EndOf(StoredOrder order, ChannelState channel)
    {
        ulong end = order.Order.Deadline + CourtLimits.ClaimSeconds;
        return channel.Row.ThawAt == 0 ? end : Math.Min(end, channel.Row.ThawAt);
    }

    /// <returns>Orders that wait.</returns>
    private async Task<int> ClaimAsync(
        ChannelState channel, BlockHeader head, CancellationToken cancel)
    {
        ulong now = head.Timestamp;
        ulong start = channel.Ack?.NextSeq ?? 0;
        List<StoredOrder> due = [];
        ulong end = ulong.MaxValue;
        foreach (StoredOrder order in await _serving.Ledger.OrdersAsync(
            channel.Id, start, (int)VoucherLimits.SequenceWindow).ConfigureAwait(false))
        {
            if (order.Receipt?.Receipt.Units > 0 && EndOf(order, channel) > now + LastSeconds)
            {
                due.Add(order);
                end = Math.Min(end, EndOf(order, channel));
            }
        }

        if (due.Count == 0 || now + MarginSeconds < end)
        {
            return 0;
        }

        (ClaimStart from, int claimed) = await StartAsync(channel, due, cancel)
            .ConfigureAwait(false);
        due.RemoveRange(0, claimed);
        if (due.Count > 0)
        {
            await SubmitAsync(channel, from, due, now + UrgentSeconds >= end, cancel)
                .ConfigureAwait(false);
        }

        return due.Count;
    }

    /// <summary>Behind the orders that an earlier claim has listed; those that were claimed may be
    /// listed again, and pay nothing more.</summary>
    private async Task<(ClaimStart Start, int Claimed)> StartAsync(
        ChannelState channel, List<StoredOrder> due, CancellationToken cancel)
    {
        ClaimStart start = channel.Ack is { } ack
            ? ClaimStart.Of(ack, channel.AckSignature)
            : default;
        int claimed = 0;
        UInt128 cum = start.CumUnits;
        for (int i = 0; i < due.Count; i++)
        {
            CaseState state = await _court.Court.CaseAsync(
                channel.Id, due[i].Order.Seq, BlockTag.Latest, cancel).ConfigureAwait(false);
            if (state.ClaimedAt == 0)
            {
                return (start, claimed);
            }

            cum += UnitsOf(due[i]);
            ulong next = due[i].Order.Seq + 1;
            if (await _court.Claims.IsCheckpointAsync(
                channel.Id, cum, next, BlockTag.Latest, cancel).ConfigureAwait(false))
            {
                (start, claimed) = (new ClaimStart(cum, next, default), i + 1);
            }
        }

        return (start, due.Count);
    }

    private async Task SubmitAsync(ChannelState channel, ClaimStart start,
        List<StoredOrder> due, bool isUrgent, CancellationToken cancel)
    {
        VoucherClass terms = _serving.Policy.Classes[channel.Row.Terms.ClassId];
        string key = string.Create(CultureInfo.InvariantCulture,
            $"claim {channel.Id} {start.NextSeq} {due[^1].Order.Seq}");
        if (_moves.IsSent(key, _sent.GetValueOrDefault(channel.Id))
            || DeliveriesOf(due) is not { Count: > 0 } deliveries)
        {
            return;
        }

        UInt128 units = 0;
        foreach (Delivery delivery in deliveries)
        {
            units += UInt128.Min(delivery.Receipt.Units, delivery.Order.MaxUnits);
        }

        _sent[channel.Id] = await _moves.SendAsync("claim", key, _court.Claims.Address,
            ClaimsContract.Claim(terms, channel.Row.Terms, start, deliveries.ToArray()),
            _worthWei(terms, units), isUrgent, cancel).ConfigureAwait(false);
        _serving.Log.Claimed(channel.Id, deliveries.Count, units);
    }

    /// <summary>As many as one transaction carries, without those that none carries; null while
    /// their outputs are made.</summary>
    private List<Delivery>? DeliveriesOf(List<StoredOrder> due)
    {
        List<Delivery> deliveries = [];
        bool isWhole = true;
        int bytes = 0;
        foreach (StoredOrder order in due)
        {
            if (deliveries.Count == OrdersMax
                || !_serving.Models.TryGetValue(order.Order.ModelRoot, out IModel? model))
            {
                break;
            }

            byte[] input = _serving.Ledger.Input(order.Hash);
            if (input.Length == 0)
            {
                continue;
            }

            Rerun what = Rerun.Of(order, model, input);
            RunResult? result = _runs.TryGet(what, "output", what.Run);
            isWhole &= result is not null;
            if (result is null || result.Output.Length > EvidenceBundle.OutputBytesMax)
            {
                continue;
            }

            bytes += OrderBytes + result.Output.Length;
            if (bytes > BytesMax)
            {
                break;
            }

            deliveries.Add(DemandDesk.DeliveryOf(_serving, order, result));
        }

        return isWhole ? deliveries : null;
    }

    private static UInt128 UnitsOf(StoredOrder order) =>
        UInt128.Min(order.Receipt!.Receipt.Units, order.Order.MaxUnits);
}
