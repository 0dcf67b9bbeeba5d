using System;
using System.Globalization;
using System.Linq;
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
            if (_byNonce.TryGetValue(nonce, out OutboxEntry? entry))
            {
                if (!entry.IsOpen && entry.Attempts.Count > 0)
                {
                    // Final here, missing there: the endpoint is behind, or finality broke.
                    Report(entry, "final, but not in the endpoint's chain; offered again");
                    long? offered = ProgressOf(entry).OfferedAt;
                    if (offered is null || Elapsed(offered) >= _options.RetryEvery)
                    {
                        await OfferAsync(entry, cancel).ConfigureAwait(false);
                    }
                }

                continue;
            }

            OutboxEntry filler = await _store
                .InsertAsync(
                    new OutboxEntry
                    {
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

    private async Task SignAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        OutboxRequest request = entry.Request;
        ulong gas = request.GasLimit;
        try
        {
            CallRequest call = new(Account, request.To, request.Data, request.Value, gas);
            ulong needed = await _rpc.EstimateGasAsync(call, cancel).ConfigureAwait(false);
            gas = gas == 0 ? needed + needed / 5 : gas;
        }
        catch (ChainException e) when (e.Fault == ChainFault.Reverted)
        {
            OutboxEntry refused = entry with
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
            Report(entry, e.Message);
            return;
        }

        if (gas > head.Latest.GasLimit)
        {
            Report(entry, $"needs {gas} gas, a block holds {head.Latest.GasLimit}");
            return;
        }

        FeeQuote market = FeeQuote.Market(head.Latest.BaseFee, _options.PriorityFee);
        FeeQuote floor = new(head.Latest.BaseFee + UInt128.One, UInt128.Zero);
        if (!FeeQuote.TryCap(market, floor, gas, CapOf(request), out FeeQuote quote))
        {
            Report(entry, $"gas costs more than it is worth ({CapOf(request)} wei); waiting");
            return;
        }

        await AttemptAsync(entry, _nextNonce, gas, quote, cancel).ConfigureAwait(false);
    }

    /// <summary>Signs, stores, and only then offers.</summary>
    private async Task AttemptAsync(
        OutboxEntry entry, ulong nonce, ulong gas, FeeQuote quote, CancellationToken cancel)
    {
        byte[] raw = _sign(Asked(entry.Request, nonce, gas, quote));
        OutboxAttempt attempt = new(
            nonce, quote.MaxFee, quote.PriorityFee, gas, Keccak256.Hash(raw), raw);
        Check(entry, attempt);
        OutboxEntry signed = entry with
        {
            Attempts = [.. entry.Attempts, attempt],
            State = entry.State == OutboxState.Sent ? OutboxState.Sent : OutboxState.Signed,
            Note = null,
        };
        signed = entry.State == signed.State
            ? await StoreAsync(signed, cancel).ConfigureAwait(false)
            : await MoveAsync(signed, null, cancel).ConfigureAwait(false);
        Progress progress = ProgressOf(signed);
        progress.AttemptSince = _time.GetTimestamp();
        progress.IsFeeTooLow = false;
        await OfferAsync(signed, cancel).ConfigureAwait(false);
    }

    /// <summary>Two implementations agree on the bytes, or the outbox stops: before they are
    /// stored, and once after a restart before anything is sent.</summary>
    /// <exception cref="ChainException">They do not.</exception>
    private void Check(OutboxEntry entry, OutboxAttempt attempt)
    {
        if (FlawOf(entry, attempt) is { } flaw)
        {
            bool isStored = entry.Attempts.Contains(attempt);
            throw new ChainException(
                ChainFault.Disagreement, Stop(entry, flaw, isStored));
        }
    }

    private string? FlawOf(OutboxEntry entry, OutboxAttempt attempt)
    {
        Progress progress = ProgressOf(entry);
        if (progress.Checked == attempt.TxHash)
        {
            return null;
        }

        FeeQuote quote = new(attempt.MaxFee, attempt.PriorityFee);
        Transaction asked = Asked(entry.Request, attempt.Nonce, attempt.GasLimit, quote);
        string? flaw = SignedBytes.Flaw(asked, Account, attempt.Raw.Span, attempt.TxHash);
        progress.Checked = flaw is null ? attempt.TxHash : null;
        return flaw;
    }

    /// <summary>What a row was stored with. Older attempts are only looked for, by their hash: a
    /// receipt that is missed would sign the request again under another nonce.</summary>
    private void CheckStored(OutboxEntry entry)
    {
        if (entry.IsOpen && entry.State != OutboxState.Intent && entry.Attempts.Count == 0)
        {
            Problem = Stop(entry, "nothing is signed for it", isStored: true);
        }

        foreach (OutboxAttempt attempt in entry.IsOpen ? entry.Attempts : [])
        {
            string? flaw = attempt == entry.Attempts[^1] ? FlawOf(entry, attempt)
                : Keccak256.Hash(attempt.Raw.Span) != attempt.TxHash ? "its hash is another one"
                : null;
            if (flaw is not null)
            {
                Problem = Stop(entry, flaw, isStored: true);
            }
        }
    }

    private string Stop(OutboxEntry entry, string flaw, bool isStored)
    {
        string remedy = isStored
            ? "restore the ledger's backup"
            : "check this machine's memory and the binary, then restart";
        _stopped ??= $"{entry.Request.Kind} (outbox {entry.Id}, nonce {Nonce(entry)}): the "
            + $"{(isStored ? "stored" : "signed")} transaction is not what was asked: {flaw}; the "
            + $"outbox has stopped, nothing more is taken, signed or sent: {remedy}";
        return _stopped;
    }

    private Transaction Asked(OutboxRequest request, ulong nonce, ulong gas, FeeQuote quote) =>
        new()
        {
            ChainId = _options.ChainId,
            Nonce = nonce,
            To = request.To,
            Value = request.Value,
            GasLimit = gas,
            MaxFeePerGas = quote.MaxFee,
            MaxPriorityFeePerGas = quote.PriorityFee,
            Data = request.Data,
        };

    /// <summary>Offers the newest attempt. Whatever the answer, the row stays.</summary>
    private async Task OfferAsync(OutboxEntry entry, CancellationToken cancel)
    {
        Check(entry, entry.Attempts[^1]);
        Progress progress = ProgressOf(entry);
        // Signed in this run of the process, and never offered: nobody has these bytes.
        bool isFirst = progress.OfferedAt is null && progress.AttemptSince is not null;
        progress.OfferedAt = _time.GetTimestamp();
        progress.AttemptSince ??= progress.OfferedAt;
        SendVerdict verdict = SendVerdict.Known;
        try
        {
            await _rpc.SendRawAsync(entry.Attempts[^1].Raw, cancel).ConfigureAwait(false);
        }
        catch (ChainException e)
        {
            verdict = SendVerdicts.Of(e);
            progress.IsFeeTooLow = verdict == SendVerdict.FeeTooLow;
            if (verdict is SendVerdict.NoFunds or SendVerdict.Refused or SendVerdict.Unknown)
            {
                Report(entry, e.Message);
            }
        }

        progress.IsTaken = verdict is SendVerdict.Known or SendVerdict.NonceSpent;

        // An answer that never came may have been a yes: from here on it is out. A nonce that is
        // spent before anybody has the bytes was read from an endpoint that is behind.
        bool isOut = verdict is SendVerdict.Known or SendVerdict.Unknown
            || (verdict == SendVerdict.NonceSpent && !isFirst);
        if (isOut && entry.State == OutboxState.Signed)
        {
            OutboxEntry sent = _open.TryGetValue(entry.Id, out OutboxEntry? noted) ? noted : entry;
            await MoveAsync(sent with { State = OutboxState.Sent }, null, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Repeats the same bytes, or replaces them by dearer ones of the same nonce.
    /// </summary>
    private async Task PushAsync(
        OutboxEntry entry, Head head, bool isFirst, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        OutboxAttempt last = entry.Attempts[^1];
        FeeQuote previous = new(last.MaxFee, last.PriorityFee);
        bool isStuck = Elapsed(progress.AttemptSince) >= _options.ReplaceAfter
            || (entry.Request.IsUrgent && previous.MaxFee < head.Latest.BaseFee);
        bool isWanted = head.Nonce <= entry.Nonce && isFirst && (isStuck || progress.IsFeeTooLow);
        if (isWanted && entry.Attempts.Count < OutboxEntry.AttemptsMax)
        {
            FeeQuote market = FeeQuote.Market(head.Latest.BaseFee, _options.PriorityFee);
            FeeQuote wanted = FeeQuote.Replacement(previous, market);
            UInt128 cap = CapOf(entry.Request);
            if (FeeQuote.TryCap(wanted, previous.Floor(), last.GasLimit, cap, out FeeQuote quote))
            {
                await AttemptAsync(entry, last.Nonce, last.GasLimit, quote, cancel)
                    .ConfigureAwait(false);
                return;
            }

            string text = cap.ToString(CultureInfo.InvariantCulture);
            Report(entry, $"a higher fee would cost more than it is worth ({text} wei); waiting");
        }

        TimeSpan every = progress.IsTaken ? _options.RebroadcastEvery : _options.RetryEvery;
        if (progress.OfferedAt is null || Elapsed(progress.OfferedAt) >= every)
        {
            await OfferAsync(entry, cancel).ConfigureAwait(false);
        }
    }

    private static UInt128 CapOf(OutboxRequest request) =>
        request.IsUrgent ? request.UrgentCostMaxWei : request.CostMaxWei;

    private TimeSpan Elapsed(long? since) =>
        since is long start ? _time.GetElapsedTime(start) : TimeSpan.Zero;
}
