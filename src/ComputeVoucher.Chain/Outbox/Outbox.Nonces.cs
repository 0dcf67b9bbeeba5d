using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>Whose nonce it is: gaps, nonces that somebody else with this key has taken, and those
/// that an endpoint was wrong about.</summary>
public sealed partial class Outbox
{
    /// <summary>The kind of a self-transfer that closes a gap in the nonces.</summary>
    public const string FillerKind = "nonce-filler";

    // Nonces that are looked at for a gap, four times what may be in flight.
    private const ulong GapsMax = 64;

    // Endpoints that disagree on what the pool holds: so long the careful word counts, then the
    // lowest, so that one of them cannot stop everything.
    private static readonly TimeSpan s_heldPatience = TimeSpan.FromMinutes(5);

    private long? _heldSince;

    /// <summary>Nonces between the chain's and ours that no open row holds block everything
    /// behind them: the stored bytes go out again, or a self-transfer takes the place, unless
    /// somebody else's transaction has it.</summary>
    private async Task FillGapsAsync(Head head, CancellationToken cancel)
    {
        ulong end = _nextNonce;
        ulong? pending = null;
        for (ulong nonce = head.Nonce; nonce < end && nonce - head.Nonce < GapsMax; nonce++)
        {
            if (_byNonce.TryGetValue(nonce, out OutboxEntry? entry))
            {
                await RepeatFinalAsync(entry, head, cancel).ConfigureAwait(false);
                continue;
            }

            pending ??= (await _rpc.NonceRangeAsync(Account, BlockTag.Pending, cancel)
                .ConfigureAwait(false)).High;
            if (nonce >= pending)
            {
                await FillAsync(nonce, head, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task RepeatFinalAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        if (entry.IsOpen || entry.Attempts.Count == 0)
        {
            return;
        }

        // Final here, missing there: the endpoint is behind, or finality broke.
        Report(entry, "final, but not in the endpoint's chain; offered again");
        long? offered = ProgressOf(entry).OfferedAt;
        if (offered is null || Elapsed(offered) >= _options.RetryEvery)
        {
            await OfferAsync(entry, head, isFresh: false, cancel).ConfigureAwait(false);
        }
    }

    private async Task FillAsync(ulong nonce, Head head, CancellationToken cancel)
    {
        bool isUrgent = false;
        foreach (Judgement judged in _judged.Values)
        {
            isUrgent |= judged.IsUrgent;
        }

        OutboxEntry filler = new()
        {
            From = Account,
            Request = new OutboxRequest { Kind = FillerKind, To = Account, IsUrgent = isUrgent },
            CreatedAt = (ulong)_time.GetUtcNow().ToUnixTimeSeconds(),
        };
        FeeView fees = await Market.LookAsync(head.Latest, cancel).ConfigureAwait(false);
        FeeQuote market = fees.Market(dear: true);
        Price? price = await PriceAsync(
            filler, fees, market, fees.Floor, ChainLimits.TransactionGasMin, cancel)
            .ConfigureAwait(false);
        if (price is null)
        {
            return;
        }

        filler = await _store.InsertAsync(filler, cancel).ConfigureAwait(false);
        Remember(filler);
        await AttemptAsync(filler, nonce, price, head, cancel).ConfigureAwait(false);
    }

    /// <summary>Whether somebody else's transaction waits at the nonce that would be ours. It is
    /// waited for: whoever outbids it erases it.</summary>
    private async Task<bool> IsNonceHeldAsync(OutboxEntry entry, CancellationToken cancel)
    {
        ulong low;
        ulong high;
        try
        {
            (low, high) = await _rpc.NonceRangeAsync(Account, BlockTag.Pending, cancel)
                .ConfigureAwait(false);
        }
        catch (ChainException e) when (!e.IsTransient)
        {
            // A client without a pool to ask.
            return false;
        }

        if (high <= _nextNonce)
        {
            _heldSince = null;
            return false;
        }

        _heldSince ??= _time.GetTimestamp();
        if (low <= _nextNonce && Elapsed(_heldSince) >= s_heldPatience)
        {
            return false;
        }

        IsHeld = true;
        Report(entry, HeldLine(_nextNonce));
        return true;
    }

    private static string HeldLine(ulong nonce) => $"another transaction of this account waits at "
        + $"nonce {nonce}, not from this outbox; it is waited for, not outbid";

    /// <summary>The pool holds another transaction of this nonce. Where an endpoint knows an
    /// attempt of ours it is that one, and a higher fee replaces it; else it is somebody else's.
    /// </summary>
    private async Task NoteHeldAsync(
        OutboxEntry entry, Head head, bool isPublic, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        if (isPublic && await IsKnownAsync(entry, cancel).ConfigureAwait(false))
        {
            (progress.IsHeld, progress.IsFeeTooLow) = (false, true);
            return;
        }

        IsHeld = true;
        string line = HeldLine(entry.Nonce!.Value);
        progress.Complaint = line;
        Report(entry, line);
        if (!isPublic)
        {
            await WithdrawAsync(entry, head, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Nobody has the bytes, and the nonce is somebody else's: the request waits for
    /// another one.</summary>
    private async Task WithdrawAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        if (entry.Request.Kind == FillerKind)
        {
            await EndAsync(entry, OutboxOutcome.Cancelled, "the nonce is taken", cancel)
                .ConfigureAwait(false);
            return;
        }

        GiveBack(entry);
        Progress progress = new()
        {
            OfferedAt = _time.GetTimestamp(),
            HeldAtBlock = head.Latest.Number,
            Complaint = ProgressOf(entry).Complaint,
        };
        _progress[entry.Id] = progress;
        OutboxEntry again = entry with { State = OutboxState.Intent, Attempts = [] };
        await MoveAsync(again, null, cancel).ConfigureAwait(false);
    }

    /// <summary>Ends a row of which nothing is public.</summary>
    private async Task<OutboxEntry> EndAsync(
        OutboxEntry entry, OutboxOutcome outcome, string? reason, CancellationToken cancel)
    {
        if (entry.From == Account)
        {
            GiveBack(entry);
        }

        OutboxEntry ended = entry with
        {
            State = OutboxState.Abandoned,
            Outcome = outcome,
            Attempts = [],
            Note = reason,
        };
        return await MoveAsync(ended, null, cancel).ConfigureAwait(false);
    }

    /// <summary>The newest nonce is free again; an older one is a gap, which is filled.</summary>
    private void GiveBack(OutboxEntry entry)
    {
        if (entry.Nonce is not ulong nonce)
        {
            return;
        }

        _byNonce.Remove(nonce);
        _nextNonce = _nextNonce == nonce + 1 ? nonce : _nextNonce;
    }
}
