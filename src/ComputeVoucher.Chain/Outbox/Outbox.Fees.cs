using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>What a transaction may cost, and what all of them cost.</summary>
public sealed partial class Outbox
{
    // The window of the daily cap, seconds.
    private const ulong DaySeconds = 86_400;

    private readonly List<FeeDecision> _decisions = [];
    private readonly Dictionary<long, Judgement> _judged = [];
    private readonly Dictionary<long, UInt128> _paid = [];

    /// <summary>Every price that the last step signed, with the figures behind it.</summary>
    public IReadOnlyList<FeeDecision> Decisions { get; private set; } = [];

    /// <summary>What is known about the use of rows; asked at every pass.</summary>
    internal Func<OutboxEntry, Judgement>? Judge { get; set; }

    /// <summary>What gas costs now.</summary>
    internal FeeMarket Market { get; }

    private Judgement JudgedOf(OutboxEntry entry) =>
        _judged.TryGetValue(entry.Id, out Judgement? judged)
            ? judged
            : new Judgement(entry.Request.IsUrgent, null, null);

    /// <summary>Judges all rows. What stands before an urgent one in the nonces is as urgent, for
    /// nothing behind it is mined before.</summary>
    private void JudgeAll()
    {
        _judged.Clear();
        ulong last = 0;
        UInt128? atRisk = 0;
        bool isAny = false;
        foreach (OutboxEntry entry in _open.Values)
        {
            Judgement judged = Judge?.Invoke(entry) ?? JudgedOf(entry);
            judged = judged with { IsUrgent = judged.IsUrgent || entry.Request.IsUrgent };
            _judged[entry.Id] = judged;
            if (judged.IsUrgent && judged.Needless is null && entry.State < OutboxState.Mined)
            {
                isAny = true;
                last = Math.Max(last, entry.Nonce ?? ulong.MaxValue);
                atRisk = atRisk is { } a && judged.WorthWei is { } b ? UInt128.Max(a, b) : null;
            }
        }

        foreach (OutboxEntry entry in _open.Values)
        {
            if (isAny && entry.Nonce < last && entry.State < OutboxState.Mined)
            {
                Judgement own = _judged[entry.Id];
                bool isOut = entry.State == OutboxState.Sent;
                UInt128? worth = atRisk is { } a && own.WorthWei is { } b
                    ? UInt128.Max(a, b)
                    : atRisk;
                _judged[entry.Id] = new Judgement(true, worth, isOut ? null : own.Needless);
            }
        }
    }

    /// <summary>The wanted fees under all caps; null where they forbid even the floor, which is
    /// reported.</summary>
    private async Task<Price?> PriceAsync(
        OutboxEntry entry,
        FeeView fees,
        FeeQuote wanted,
        FeeQuote floor,
        ulong gas,
        CancellationToken cancel)
    {
        Judgement judged = JudgedOf(entry);
        UInt128 dataFee = await Market.DataFeeAsync(entry.Request.Data, cancel)
            .ConfigureAwait(false);
        FeeCap cap = FeeCap.Of(
            _options.Fees, judged, entry.Request, gas, dataFee, SpentToday(entry.Id));
        UInt128 tip = UInt128.Min(wanted.PriorityFee, fees.TipMax);
        if (floor.PriorityFee > fees.TipMax)
        {
            Report(entry, "its tip is a multiple of what blocks were paid; it is not raised");
            return null;
        }

        bool fits = FeeQuote.TryCap(
            wanted with { PriorityFee = tip }, floor, gas, cap.Wei, out FeeQuote quote);
        if (cap.IsCeiling && quote.MaxFee < wanted.MaxFee)
        {
            Report(entry, $"ALERT: the ceiling of urgent fees ({cap.Name}) is below what the chain "
                + "asks, and units are lost when the thaw ends: raise it");
        }
        else if (!fits)
        {
            Report(entry, $"gas costs more than {cap.Name} allows ({cap.Wei} wei for {gas} gas); "
                + "waiting");
        }

        return fits
            ? new Price(quote, gas, fees.BaseFee.High, dataFee, judged.WorthWei, cap)
            : null;
    }

    /// <summary>Wei that the transactions of the last 24 hours cost; one that is not mined, or
    /// was before this process began, counts with the most that it may cost.</summary>
    internal UInt128 SpentToday(long except)
    {
        ulong now = (ulong)_time.GetUtcNow().ToUnixTimeSeconds();
        UInt128 spent = 0;
        foreach (SortedDictionary<long, OutboxEntry> rows in new[] { _open, _closed })
        {
            foreach (OutboxEntry entry in rows.Values)
            {
                if (entry.Id == except || entry.CreatedAt + DaySeconds <= now
                    || entry.Attempts.Count == 0)
                {
                    continue;
                }

                OutboxAttempt last = entry.Attempts[^1];
                spent += _paid.TryGetValue(entry.Id, out UInt128 paid)
                    ? paid
                    : UInt128.Min(last.MaxFee, UInt128.One << 60) * last.GasLimit;
            }
        }

        return spent;
    }

    /// <summary>A price that every cap allows.</summary>
    private sealed record Price(
        FeeQuote Quote,
        ulong Gas,
        UInt128 BaseFee,
        UInt128 DataFee,
        UInt128? WorthWei,
        FeeCap Cap);
}
