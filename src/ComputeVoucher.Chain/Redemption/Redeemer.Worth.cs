using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What a redemption gains, what it costs, and whether it is of any use still.</summary>
public sealed partial class Redeemer
{
    private readonly Dictionary<Bytes32, ChannelState> _seen = [];

    private void Look(IReadOnlyList<ChannelState> channels)
    {
        _seen.Clear();
        foreach (ChannelState channel in channels)
        {
            _seen[channel.Id] = channel;
        }
    }

    /// <summary>What is known of a row of the outbox now, as the last step saw the channels.
    /// </summary>
    private Judgement JudgementOf(OutboxEntry entry)
    {
        if (entry.Request.Purpose is not { } purpose || _seen.Count == 0)
        {
            return new Judgement(entry.Request.IsUrgent, null, null);
        }

        UInt256 value = UInt256.Zero;
        bool isUrgent = false;
        bool isUseful = false;
        bool isKnown = true;
        foreach (RedeemedUnits units in purpose.Channels)
        {
            if (!_seen.TryGetValue(units.Channel, out ChannelState? channel)
                || _classOf(channel.Row.Terms.ClassId) is not VoucherClass terms)
            {
                (isUseful, isKnown) = (true, false);
                continue;
            }

            UInt128 to = UInt128.Min(units.CumUnits, channel.Row.Locked);
            if (IsOpen(channel) && to > channel.Row.Redeemed)
            {
                isUseful = true;
                isUrgent |= IsUrgent(channel, terms);
                value += Payout(terms, to) - Payout(terms, channel.Row.Redeemed);
            }
        }

        bool isPriced = isKnown && (value.IsZero || _options.WeiPerTokenUnit != UInt128.Zero);
        return new Judgement(
            isUrgent,
            isPriced ? Wei(value) : null,
            isUseful ? null : "redeemed already, or its channels are closed");
    }

    /// <summary>Rows that were never signed rest on what was known when they were made: they are
    /// made anew after a while, and at once where a thaw began since.</summary>
    private async Task DropStaleAsync(CancellationToken cancel)
    {
        foreach (OutboxEntry item in _outbox.Open)
        {
            if (item.State != OutboxState.Intent || item.Request.Purpose is null
                || item.From != _outbox.Account)
            {
                continue;
            }

            bool isUrgent = JudgementOf(item).IsUrgent;
            TimeSpan patience = isUrgent ? _options.UrgentRetryAfter : _options.RetryAfter;
            bool isOrdinary = isUrgent && !item.Request.IsUrgent;
            if (isOrdinary || item.CreatedAt + (ulong)patience.TotalSeconds <= Now)
            {
                await _outbox.DropAsync(item.Id, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The rows of a group that may go out: all of a group that is worth it, without those
    /// whose own gas costs more than they pay and that nothing threatens.</summary>
    private List<RedemptionDue> Worthy(List<RedemptionDue> group, FeeView fees, bool now)
    {
        List<RedemptionDue> worthy = [];
        UInt256 value = UInt256.Zero;
        bool isForced = now;
        foreach (RedemptionDue due in group)
        {
            _dueSince.TryAdd(due.Channel.Id, Now);
            UInt256 rowCost = (UInt256)fees.GasPrice * _options.RowGas;
            bool isPriced = _options.WeiPerTokenUnit != UInt128.Zero;
            if (isPriced && !due.IsUrgent && (UInt256)Wei(due.Value) < rowCost)
            {
                continue;
            }

            ulong age = Now - Math.Min(Now, _dueSince[due.Channel.Id]);
            isForced |= due.IsUrgent
                || (_options.IsAutomatic && age >= (ulong)_options.AgeMax.TotalSeconds);
            worthy.Add(due);
            value += due.Value;
        }

        if (isForced || worthy.Count == 0)
        {
            return worthy;
        }

        ulong gas = _options.BatchGas + _options.RowGas * (ulong)worthy.Count;
        UInt256 cost = (UInt256)fees.GasPrice * gas * _options.GasFactor;
        bool isWorth = _options.IsAutomatic && _options.WeiPerTokenUnit != UInt128.Zero
            && (UInt256)Wei(value) >= cost;
        return isWorth ? worthy : [];
    }

    /// <summary>Whether a batch pays more than it costs, the data fee of a rollup included.
    /// </summary>
    private async Task<bool> PaysAsync(
        RedeemBatch batch, FeeView fees, CancellationToken cancel)
    {
        if (_options.WeiPerTokenUnit == UInt128.Zero)
        {
            return true;
        }

        UInt128 dataFee = await _outbox.Market.DataFeeAsync(batch.Data, cancel)
            .ConfigureAwait(false);
        UInt256 cost = (UInt256)fees.GasPrice * batch.GasLimit + dataFee;
        UInt128 worth = Wei(batch.Paid);
        if ((UInt256)worth > cost)
        {
            return true;
        }

        Waiting = $"{batch.Rows.Count} rows worth {worth} wei wait: {batch.GasLimit} gas at "
            + $"{fees.GasPrice} wei and a data fee of {dataFee} cost {cost}";
        return false;
    }

    private static bool IsOpen(ChannelState channel) =>
        channel.Row.Status is ChannelStatus.Open or ChannelStatus.Pending;

    private bool IsUrgent(ChannelState channel, in VoucherClass terms) =>
        channel.Row.ThawAt != 0 || EndsSoon(terms);

    private bool EndsSoon(in VoucherClass terms)
    {
        UInt128 end = (UInt128)terms.Expiry + VoucherLimits.ExpiryGraceSeconds;
        return Now + (UInt128)_options.ExpiryMargin.TotalSeconds >= end;
    }

    /// <summary>Token base units that cumulative units have paid: rounded down, as the contract
    /// does.</summary>
    private static UInt256 Payout(in VoucherClass terms, UInt128 units) =>
        UnitRates.Price(terms, units);

    private UInt128 Wei(UInt256 tokenUnits) =>
        Coins.Worth(tokenUnits, _options.WeiPerTokenUnit);
}
