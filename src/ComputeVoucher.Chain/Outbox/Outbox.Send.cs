using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Signing, offering, repeating and replacing.</summary>
public sealed partial class Outbox
{
    /// <summary>The kind of a self-transfer that closes a gap in the nonces.</summary>
    public const string FillerKind = "nonce-filler";

    // Gas of a transfer to an account without code (Yellow Paper, G_transaction).
    private const ulong TransferGas = 21_000;

    /// <summary>Nonces between the chain's and ours that no open row holds block everything
    /// behind them: the stored bytes go out again, or a self-transfer takes the place.</summary>
    private async Task FillGapsAsync(Head head, CancellationToken cancel)
    {
        ulong end = _nextNonce;
        for (ulong nonce = head.Nonce; nonce < end && nonce - head.Nonce < 64; nonce++)
        {
            if (_byNonce.TryGetValue(nonce, out OutboxItem? item))
            {
                if (!item.IsOpen && item.Attempts.Count > 0)
                {
                    // Final here, missing there: the endpoint is behind, or finality broke.
                    Report(item, "final, but not in the endpoint's chain; offered again");
                    long? offered = ProgressOf(item).OfferedAt;
                    if (offered is null || Elapsed(offered) >= _options.RetryEvery)
                    {
                        await OfferAsync(item, cancel).ConfigureAwait(false);
                    }
                }

                continue;
            }

            OutboxItem filler = await _store
                .InsertAsync(
                    new OutboxItem
                    {
                        Id = 0,
                        From = Account,
                        Request = new OutboxRequest { Kind = FillerKind, To = Account },
                    },
                    cancel)
                .ConfigureAwait(false);
            Remember(filler);
            FeeQuote quote = FeeQuote.Market(head.Latest.BaseFee, _options.PriorityFee);
            await AttemptAsync(filler, nonce, TransferGas, quote, cancel).ConfigureAwait(false);
        }
    }

    private async Task SignAsync(OutboxItem item, Head head, CancellationToken cancel)
    {
        OutboxRequest request = item.Request;
        ulong gas = request.GasLimit;
        try
        {
            CallRequest call = new(Account, request.To, request.Data, request.Value, gas);
            ulong needed = await _rpc.EstimateGasAsync(call, cancel).ConfigureAwait(false);
            gas = gas == 0 ? needed + needed / 5 : gas;
        }
        catch (ChainException e) when (e.Fault == ChainFault.Reverted)
        {
            OutboxItem refused = item with
            {
                State = OutboxState.Abandoned,
                Outcome = OutboxOutcome.Refused,
                Note = e.Message,
            };
            await MoveAsync(refused, null, cancel).ConfigureAwait(false);
            return;
        }
        catch (ChainException e) when (!e.IsTransient)
        {
            Report(item, e.Message);
            return;
        }

        if (gas > head.Latest.GasLimit)
        {
            Report(item, $"needs {gas} gas, a block holds {head.Latest.GasLimit}");
            return;
        }

        FeeQuote market = FeeQuote.Market(head.Latest.BaseFee, _options.PriorityFee);
        FeeQuote floor = new(head.Latest.BaseFee + UInt128.One, UInt128.Zero);
        if (!FeeQuote.TryCap(market, floor, gas, request.CapWei, out FeeQuote quote))
        {
            Report(item, $"gas costs more than it is worth ({request.CapWei} wei); waiting");
            return;
        }

        await AttemptAsync(item, _nextNonce, gas, quote, cancel).ConfigureAwait(false);
    }

    /// <summary>Signs, stores, and only then offers.</summary>
    private async Task AttemptAsync(
        OutboxItem item, ulong nonce, ulong gas, FeeQuote quote, CancellationToken cancel)
    {
        Transaction transaction = new()
        {
            ChainId = _options.ChainId,
            Nonce = nonce,
            To = item.Request.To,
            Value = item.Request.Value,
            GasLimit = gas,
            MaxFeePerGas = quote.MaxFee,
            MaxPriorityFeePerGas = quote.PriorityFee,
            Data = item.Request.Data,
        };
        byte[] raw = transaction.Sign(_key);
        List<OutboxAttempt> attempts =
            [.. item.Attempts, new OutboxAttempt(Keccak256.Hash(raw), raw)];
        OutboxItem signed = item with
        {
            Nonce = nonce,
            Attempts = attempts,
            State = item.State == OutboxState.Sent ? OutboxState.Sent : OutboxState.Signed,
            Note = null,
        };
        signed = item.State == signed.State
            ? await StoreAsync(signed, cancel).ConfigureAwait(false)
            : await MoveAsync(signed, null, cancel).ConfigureAwait(false);
        Progress progress = ProgressOf(signed);
        progress.AttemptSince = _time.GetTimestamp();
        progress.IsFeeTooLow = false;
        await OfferAsync(signed, cancel).ConfigureAwait(false);
    }

    /// <summary>Offers the newest attempt. Whatever the answer, the row stays.</summary>
    private async Task OfferAsync(OutboxItem item, CancellationToken cancel)
    {
        Progress progress = ProgressOf(item);
        progress.OfferedAt = _time.GetTimestamp();
        progress.AttemptSince ??= progress.OfferedAt;
        SendVerdict verdict = SendVerdict.Known;
        try
        {
            await _rpc.SendRawAsync(item.Attempts[^1].Raw, cancel).ConfigureAwait(false);
        }
        catch (ChainException e)
        {
            verdict = SendVerdicts.Of(e);
            progress.IsFeeTooLow = verdict == SendVerdict.FeeTooLow;
            if (verdict is SendVerdict.NoFunds or SendVerdict.Refused or SendVerdict.Unknown)
            {
                Report(item, e.Message);
            }
        }

        progress.IsTaken = verdict is SendVerdict.Known or SendVerdict.NonceSpent;

        // An answer that never came may have been a yes: from here on it is out.
        bool isOut = verdict
            is SendVerdict.Known or SendVerdict.NonceSpent or SendVerdict.Unknown;
        if (isOut && item.State == OutboxState.Signed)
        {
            OutboxItem sent = _open.TryGetValue(item.Id, out OutboxItem? noted) ? noted : item;
            await MoveAsync(sent with { State = OutboxState.Sent }, null, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Repeats the same bytes, or replaces them by dearer ones of the same nonce.
    /// </summary>
    private async Task PushAsync(
        OutboxItem item, Head head, bool isFirst, CancellationToken cancel)
    {
        Progress progress = ProgressOf(item);
        Transaction last = Transaction.Decode(item.Attempts[^1].Raw.Span);
        FeeQuote previous = new(
            last.MaxFeePerGas.ToUInt128(), last.MaxPriorityFeePerGas.ToUInt128());
        bool isStuck = Elapsed(progress.AttemptSince) >= _options.ReplaceAfter
            || (item.Request.IsUrgent && previous.MaxFee < head.Latest.BaseFee);
        bool isWanted = head.Nonce <= item.Nonce && isFirst && (isStuck || progress.IsFeeTooLow);
        if (isWanted && item.Attempts.Count < ChainLimits.AttemptsMax)
        {
            FeeQuote market = FeeQuote.Market(head.Latest.BaseFee, _options.PriorityFee);
            FeeQuote wanted = FeeQuote.Replacement(previous, market);
            UInt128 cap = item.Request.CapWei;
            if (FeeQuote.TryCap(wanted, previous.Floor(), last.GasLimit, cap, out FeeQuote quote))
            {
                await AttemptAsync(item, last.Nonce, last.GasLimit, quote, cancel)
                    .ConfigureAwait(false);
                return;
            }

            string text = cap.ToString(CultureInfo.InvariantCulture);
            Report(item, $"a higher fee would cost more than it is worth ({text} wei); waiting");
        }

        TimeSpan every = progress.IsTaken ? _options.RebroadcastEvery : _options.RetryEvery;
        if (progress.OfferedAt is null || Elapsed(progress.OfferedAt) >= every)
        {
            await OfferAsync(item, cancel).ConfigureAwait(false);
        }
    }

    private TimeSpan Elapsed(long? since) =>
        since is long start ? _time.GetElapsedTime(start) : TimeSpan.Zero;
}
