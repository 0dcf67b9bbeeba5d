using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Signing, offering, repeating and replacing.</summary>
public sealed partial class Outbox
{
    // Attempts that no endpoint took, signed anew as the price moves: then once in an hour, so
    // that a row has one left for days.
    private const int QuickAttempts = 32;

    // Of two endpoints one may call a price enough that nobody takes: so many blocks are the test.
    private const ulong DisputeBlocks = 2;

    private static readonly TimeSpan s_slowAttempts = TimeSpan.FromHours(1);

    private async Task SignAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        Judgement judged = JudgedOf(entry);
        if (judged.Needless is { } reason)
        {
            await EndAsync(entry, OutboxOutcome.Cancelled, reason, cancel).ConfigureAwait(false);
            return;
        }

        Progress progress = ProgressOf(entry);
        bool isPaused = progress.HeldAtBlock is ulong block && head.Latest.Number <= block
            && Elapsed(progress.OfferedAt) < _options.RetryEvery;
        IsHeld |= isPaused;
        if (isPaused || await GasAsync(entry, head, cancel).ConfigureAwait(false) is not ulong gas
            || await IsNonceHeldAsync(entry, cancel).ConfigureAwait(false))
        {
            return;
        }

        FeeView fees = await Market.LookAsync(head.Latest, cancel).ConfigureAwait(false);
        FeeQuote market = fees.Market(judged.IsUrgent);
        Price? price = await PriceAsync(entry, fees, market, fees.Floor, gas, cancel)
            .ConfigureAwait(false);
        if (price is not null)
        {
            await AttemptAsync(entry, _nextNonce, price, head, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Gas at the newest block, with room for a slot that is cold when it is mined; null
    /// where it cannot be signed now. Where it never can be, the row, of which nothing is public,
    /// has ended.</summary>
    private async Task<ulong?> GasAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        OutboxRequest request = entry.Request;
        ulong allowed = head.Latest.GasLimit;
        if (request.GasLimit != 0)
        {
            allowed = Math.Min(allowed, request.GasLimit);
        }

        ulong needed;
        try
        {
            CallRequest call = new(entry.From, request.To, request.Data, request.Value);
            needed = await _rpc.EstimateGasAsync(call, allowed, cancel).ConfigureAwait(false);
        }
        catch (ChainException e) when (e.Fault == ChainFault.Reverted)
        {
            await EndAsync(entry, OutboxOutcome.Refused, e.Message, cancel).ConfigureAwait(false);
            return null;
        }
        catch (ChainException e) when (!e.IsTransient)
        {
            Report(entry, e.Message);
            return null;
        }

        if (needed <= allowed)
        {
            return Math.Min(GasMargin.Above(needed), allowed);
        }

        string line = $"needs {needed} gas, {allowed} are allowed";
        Report(entry, line);
        if (request.Purpose is not null)
        {
            await EndAsync(entry, OutboxOutcome.Refused, line, cancel).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Signs, stores, and only then offers.</summary>
    private async Task AttemptAsync(
        OutboxEntry entry, ulong nonce, Price price, Head head, CancellationToken cancel)
    {
        byte[] raw = _sign(Asked(entry.Request, nonce, price.Gas, price.Quote));
        OutboxAttempt attempt = new(
            nonce,
            price.Quote.MaxFee,
            price.Quote.PriorityFee,
            price.Gas,
            Keccak256.Hash(raw),
            raw);
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
        _decisions.Add(new FeeDecision(
            signed,
            signed.Attempts.Count,
            price.BaseFee,
            price.DataFee,
            price.WorthWei,
            price.Cap));
        Progress progress = ProgressOf(signed);
        bool isFresh = signed.Attempts.Count == 1;
        progress.AttemptSince = _time.GetTimestamp();
        progress.SignedAtBlock = head.Latest.Number;
        progress.IsFeeTooLow = false;
        progress.IsBumpAsked = false;
        await OfferAsync(signed, head, isFresh, cancel).ConfigureAwait(false);
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
        string? flaw = SignedBytes.Flaw(asked, entry.From, attempt.Raw.Span, attempt.TxHash);
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
    /// <param name="isFresh">Its very first offer: nobody can have mined it yet.</param>
    private async Task OfferAsync(
        OutboxEntry entry, Head head, bool isFresh, CancellationToken cancel)
    {
        Check(entry, entry.Attempts[^1]);
        Progress progress = ProgressOf(entry);
        progress.OfferedAt = _time.GetTimestamp();
        progress.AttemptSince ??= progress.OfferedAt;
        progress.Complaint = null;
        SendVerdict verdict = SendVerdict.Known;
        bool isPublic = entry.State == OutboxState.Sent;
        try
        {
            await _rpc.SendRawAsync(entry.Attempts[^1].Raw, cancel).ConfigureAwait(false);
        }
        catch (ChainException e)
        {
            // An answer that never came may have been a yes, whatever the others say.
            verdict = SendVerdicts.Of(e);
            isPublic |= e.MayBeTaken;
            if (verdict is SendVerdict.NoFunds or SendVerdict.Refused or SendVerdict.Unknown)
            {
                string? funds = verdict == SendVerdict.NoFunds
                    ? await ShortOfFundsAsync(entry, cancel).ConfigureAwait(false)
                    : null;
                progress.Complaint = funds ?? e.Message;
                Report(entry, progress.Complaint);
            }
        }

        bool isDoubted = verdict == SendVerdict.NonceSpent
            && !isPublic && (isFresh || progress.IsNonceDoubted);
        progress.IsTaken = verdict is SendVerdict.Known or SendVerdict.NonceSpent && !isDoubted;
        progress.IsHeld = verdict == SendVerdict.NonceHeld;
        progress.IsFeeTooLow = verdict == SendVerdict.FeeTooLow;
        progress.IsRefused = !isPublic && verdict is not (SendVerdict.Known or SendVerdict.Unknown);
        if (progress.IsHeld)
        {
            await NoteHeldAsync(entry, head, isPublic, cancel).ConfigureAwait(false);
        }

        if (isDoubted)
        {
            progress.IsNonceDoubted = true;
            return;
        }

        bool isOut = isPublic
            || verdict is SendVerdict.Known or SendVerdict.NonceSpent or SendVerdict.Unknown;
        if (isOut && entry.State == OutboxState.Signed)
        {
            OutboxEntry sent = _open.TryGetValue(entry.Id, out OutboxEntry? noted) ? noted : entry;
            await MoveAsync(sent with { State = OutboxState.Sent }, null, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Whose account has how much for the newest attempt, and needs how much: endpoints
    /// say neither. Null where it has enough, or no endpoint tells.</summary>
    internal async Task<string?> ShortOfFundsAsync(
        OutboxEntry entry, CancellationToken cancel)
    {
        OutboxAttempt last = entry.Attempts[^1];
        UInt256 need = ((UInt256)last.MaxFee * last.GasLimit) + entry.Request.Value;
        try
        {
            UInt256 have = await _rpc.BalanceAsync(entry.From, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            return have >= need
                ? null
                : $"{entry.From} has {Coins.Describe(have)} for gas and needs up to "
                    + $"{Coins.Describe(need)} (send it {Coins.Describe(need - have)})";
        }
        catch (ChainException)
        {
            return null;
        }
    }

    /// <summary>Repeats the same bytes, or replaces them by others of the same nonce: at most once
    /// in a block.</summary>
    private async Task PushAsync(
        OutboxEntry entry, Head head, bool isFirst, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        if (entry.State == OutboxState.Signed && JudgedOf(entry).Needless is { } reason
            && !await IsKnownAsync(entry, cancel).ConfigureAwait(false))
        {
            await EndAsync(entry, OutboxOutcome.Cancelled, reason, cancel).ConfigureAwait(false);
            return;
        }

        progress.SignedAtBlock ??= head.Latest.Number;
        bool mayReplace = head.Nonce <= entry.Nonce && IsLater(head, progress.SignedAtBlock.Value)
            && entry.Attempts.Count < OutboxEntry.AttemptsMax && JudgedOf(entry).Needless is null;
        bool isReplaced = mayReplace && (entry.State == OutboxState.Signed
            ? progress.IsRefused
                && await RenewAsync(entry, head, cancel).ConfigureAwait(false)
            : (progress.IsBumpAsked
                || (isFirst && await IsStuckAsync(entry, head, cancel).ConfigureAwait(false)))
                && await ReplaceAsync(entry, head, cancel).ConfigureAwait(false));
        TimeSpan every = progress.IsTaken ? _options.RebroadcastEvery : _options.RetryEvery;
        if (!isReplaced && (progress.OfferedAt is null || Elapsed(progress.OfferedAt) >= every))
        {
            await OfferAsync(entry, head, isFresh: false, cancel).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsStuckAsync(
        OutboxEntry entry, Head head, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        if (progress.IsFeeTooLow || Elapsed(progress.AttemptSince) >= _options.ReplaceAfter)
        {
            return true;
        }

        FeeView fees = await Market.LookAsync(head.Latest, cancel).ConfigureAwait(false);
        OutboxAttempt last = entry.Attempts[^1];
        return JudgedOf(entry).IsUrgent ? last.MaxFee < fees.BaseFee.High
            : fees.IsDisputed && last.PriorityFee < fees.Tip.High
                && IsLater(head, progress.SignedAtBlock!.Value + DisputeBlocks - 1);
    }

    /// <summary>No endpoint took any attempt, so none was ever public: the next one is signed at
    /// today's gas and price, higher or lower. True where nothing more is to be done.</summary>
    private async Task<bool> RenewAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        OutboxAttempt last = entry.Attempts[^1];
        FeeQuote previous = new(last.MaxFee, last.PriorityFee);
        FeeView fees = await Market.LookAsync(head.Latest, cancel).ConfigureAwait(false);
        FeeQuote market = fees.Market(progress.IsFeeTooLow || JudgedOf(entry).IsUrgent);
        bool isLate = entry.Attempts.Count >= QuickAttempts
            && Elapsed(progress.AttemptSince) < s_slowAttempts;
        bool isWanted = progress.IsBumpAsked
            || (!isLate && (progress.IsFeeTooLow || previous.IsFarFrom(market)));
        if (!isWanted
            || await GasAsync(entry, head, cancel).ConfigureAwait(false) is not ulong gas)
        {
            return !_open.ContainsKey(entry.Id);
        }

        bool isRaised = progress.IsFeeTooLow
            || (progress.IsBumpAsked && market.MaxFee >= previous.MaxFee);
        FeeQuote wanted = isRaised ? FeeQuote.Replacement(previous, market) : market;
        Price? price = await PriceAsync(entry, fees, wanted, fees.Floor, gas, cancel)
            .ConfigureAwait(false);
        if (price is null || price.Quote == previous)
        {
            return false;
        }

        await AttemptAsync(entry, last.Nonce, price, head, cancel).ConfigureAwait(false);
        return true;
    }

    /// <summary>An eighth more than the attempt that is public: only while every endpoint calls
    /// it unmined, and only where the nonce is still ours. True where nothing more is to be done.
    /// </summary>
    private async Task<bool> ReplaceAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        OutboxAttempt last = entry.Attempts[^1];
        (_, ulong spent) = await _rpc.NonceRangeAsync(Account, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        if (spent > last.Nonce)
        {
            return false;
        }

        if (!await IsKnownAsync(entry, cancel).ConfigureAwait(false))
        {
            // Dropped, or pushed out by somebody else with this key: the pool says which.
            await OfferAsync(entry, head, isFresh: false, cancel).ConfigureAwait(false);
            if (ProgressOf(entry).IsHeld)
            {
                return true;
            }

            entry = _open[entry.Id];
        }

        FeeQuote previous = new(last.MaxFee, last.PriorityFee);
        FeeView fees = await Market.LookAsync(head.Latest, cancel).ConfigureAwait(false);
        FeeQuote wanted = FeeQuote.Replacement(previous, fees.Market(dear: true));
        Price? price = await PriceAsync(
            entry, fees, wanted, previous.Floor(), last.GasLimit, cancel).ConfigureAwait(false);
        if (price is null)
        {
            return false;
        }

        await AttemptAsync(entry, last.Nonce, price, head, cancel).ConfigureAwait(false);
        return true;
    }

    /// <summary>Above that block, or so far below it that somebody had invented it.</summary>
    private static bool IsLater(Head head, ulong block) => head.Latest.Number > block
        || block - head.Latest.Number > ChainLimits.HeadLeadBlocksMax;

    /// <summary>Whether an endpoint has any attempt, mined or waiting.</summary>
    private async Task<bool> IsKnownAsync(OutboxEntry entry, CancellationToken cancel)
    {
        for (int i = entry.Attempts.Count - 1; i >= 0; i--)
        {
            TransactionInfo? known = await _rpc
                .TransactionAsync(entry.Attempts[i].TxHash, cancel)
                .ConfigureAwait(false);
            if (known is not null)
            {
                return true;
            }
        }

        return false;
    }

    private TimeSpan Elapsed(long? since) =>
        since is long start ? _time.GetElapsedTime(start) : TimeSpan.Zero;
}
