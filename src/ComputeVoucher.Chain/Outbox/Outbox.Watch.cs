using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What became of signed transactions.</summary>
public sealed partial class Outbox
{
    // Endpoints by whose word a transaction is not mined though its nonce is spent.
    private const int DenialsMin = 2;

    /// <summary>Passes that wait for a block of which only a receipt tells: the next one has it,
    /// and endpoints lag a block or two behind each other.</summary>
    private const int PromisedPassesMax = 3;

    /// <summary>The machines behind one endpoint lag so long behind each other at most: the count
    /// of one that is ahead says "spent" before another has the receipt of what spent it.
    /// </summary>
    private static readonly TimeSpan s_denialPatience = TimeSpan.FromSeconds(30);

    private readonly HashSet<long> _unwatched = [];

    /// <summary>One transaction that an endpoint chokes on must not hold up the others; two in a
    /// row that get no answer are an endpoint that is away.</summary>
    private async Task WatchAllAsync(Head head, CancellationToken cancel)
    {
        _unwatched.Clear();
        bool isAway = false;
        foreach (OutboxEntry entry in (OutboxEntry[])[.. _former.Values, .. _open.Values])
        {
            if (entry.Attempts.Count == 0)
            {
                continue;
            }

            try
            {
                await WatchAsync(entry, head, cancel).ConfigureAwait(false);
                isAway = false;
            }
            catch (ChainException e)
            {
                bool isUnheard = e.Fault is ChainFault.Unreachable or ChainFault.TimedOut
                    or ChainFault.RateLimited or ChainFault.Unavailable;
                if (isUnheard && isAway)
                {
                    throw;
                }

                isAway = isUnheard;
                _unwatched.Add(entry.Id);
                Report(entry, e.Message);
            }
        }
    }

    /// <summary>Looks for a receipt of any attempt, and moves the row to where it proves to
    /// be.</summary>
    private async Task WatchAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        bool isSpent = IsSpent(entry, head);
        bool isPromised = false;
        for (int i = entry.Attempts.Count - 1; i >= 0; i--)
        {
            OutboxAttempt attempt = entry.Attempts[i];
            TransactionReceipt? receipt = isSpent
                ? await ReceiptAnywhereAsync(entry, attempt, cancel).ConfigureAwait(false)
                : await _rpc.ReceiptAsync(attempt.TxHash, cancel).ConfigureAwait(false);
            if (receipt is null)
            {
                continue;
            }

            if (await IsCanonicalAsync(entry, attempt, receipt, head, cancel)
                .ConfigureAwait(false))
            {
                await MinedAsync(entry, attempt, receipt, head, cancel).ConfigureAwait(false);
                return;
            }

            if (IsNewer(attempt, receipt, head))
            {
                // Of a block that came since this pass read its head: the next one counts it.
                isPromised = true;
                continue;
            }

            Report(entry, "an endpoint's receipt does not fit the chain; ignored");
        }

        if (IsAwaited(entry, isPromised))
        {
            ProgressOf(entry).DeniedSince = null;
            return;
        }

        if (entry.State == OutboxState.Mined)
        {
            // A reorganisation took the block back: the same bytes go out again, at once.
            ProgressOf(entry).OfferedAt = null;
            entry = await MoveAsync(
                entry with
                {
                    State = OutboxState.Sent,
                    Outcome = OutboxOutcome.Open,
                    MinedBlock = 0,
                    MinedBlockHash = default,
                    MinedTxHash = default,
                },
                null,
                cancel).ConfigureAwait(false);
        }

        ulong nonce = entry.From == Account
            ? head.Nonce
            : await _rpc.NonceAsync(entry.From, BlockTag.Latest, cancel).ConfigureAwait(false);
        if (nonce > entry.Nonce)
        {
            await NonceSpentAsync(entry, head, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Its nonce is taken at the head; of another account's row nothing is known, and it
    /// counts as if.</summary>
    private bool IsSpent(OutboxEntry entry, Head head) =>
        entry.From != Account || head.Nonce > entry.Nonce;

    /// <summary>Where its nonce is spent, one endpoint that hides a receipt would have it paid for
    /// twice. What is urgent does not wait for a second one: gas is less than what it saves.
    /// </summary>
    private Task<TransactionReceipt?> ReceiptAnywhereAsync(
        OutboxEntry entry, OutboxAttempt attempt, CancellationToken cancel) =>
        _rpc.ReceiptAnywhereAsync(
            attempt.TxHash, JudgedOf(entry).IsUrgent ? 1 : DenialsMin, cancel);

    /// <summary>Whether it would be the next pass's: its nonce is spent by it then, and by nobody
    /// else, also for an endpoint that answers every question from its newest state.</summary>
    private static bool IsNewer(OutboxAttempt attempt, TransactionReceipt receipt, Head head) =>
        receipt.TransactionHash == attempt.TxHash
        && receipt.BlockNumber > head.Latest.Number
        && receipt.BlockNumber - head.Latest.Number <= ChainLimits.HeadLeadBlocksMax;

    /// <summary>A few passes wait for such a block: an endpoint that speaks of one without an end
    /// keeps no row open, and no spent nonce.</summary>
    private bool IsAwaited(OutboxEntry entry, bool isPromised)
    {
        Progress progress = ProgressOf(entry);
        progress.PromisedPasses = isPromised ? progress.PromisedPasses + 1 : 0;
        if (progress.PromisedPasses > PromisedPassesMax)
        {
            Report(entry, "an endpoint's receipt is of a block that does not come; ignored");
        }

        return isPromised && progress.PromisedPasses <= PromisedPassesMax;
    }

    /// <summary>A receipt counts only when hash, sender and block are those of this chain.
    /// </summary>
    private async Task<bool> IsCanonicalAsync(
        OutboxEntry entry,
        OutboxAttempt attempt,
        TransactionReceipt receipt,
        Head head,
        CancellationToken cancel)
    {
        if (receipt.TransactionHash != attempt.TxHash || receipt.From != entry.From
            || receipt.BlockNumber > head.Latest.Number)
        {
            return false;
        }

        BlockHeader? block = await _rpc.BlockAsync(BlockTag.Number(receipt.BlockNumber), cancel)
            .ConfigureAwait(false);
        return block is not null && block.Number == receipt.BlockNumber
            && block.Hash == receipt.BlockHash;
    }

    private async Task MinedAsync(
        OutboxEntry entry,
        OutboxAttempt attempt,
        TransactionReceipt receipt,
        Head head,
        CancellationToken cancel)
    {
        ProgressOf(entry).DeniedSince = null;
        _paid[entry.Id] = UInt128.Min(receipt.EffectiveGasPrice, attempt.MaxFee)
            * Math.Min(receipt.GasUsed, attempt.GasLimit);
        OutboxEntry mined = entry with
        {
            State = OutboxState.Mined,
            Outcome = OutcomeOf(entry, attempt, receipt),
            MinedBlock = receipt.BlockNumber,
            MinedBlockHash = receipt.BlockHash,
            MinedTxHash = attempt.TxHash,
            Note = null,
        };
        if (mined.Outcome is OutboxOutcome.WithoutLog or OutboxOutcome.NoEffect)
        {
            Report(entry, mined.Outcome == OutboxOutcome.NoEffect
                ? "mined, and redeemed nothing: the gas is lost"
                : "mined without the log that proves it; counted as nothing");
        }

        if (mined.State != entry.State || mined.MinedBlockHash != entry.MinedBlockHash
            || mined.MinedTxHash != entry.MinedTxHash || mined.Outcome != entry.Outcome)
        {
            await MoveAsync(mined, receipt, cancel).ConfigureAwait(false);
        }

        if (IsSpent(entry, head)
            && receipt.BlockNumber <= await FinalAsync(head, cancel).ConfigureAwait(false))
        {
            await MoveAsync(mined with { State = OutboxState.Final }, receipt, cancel)
                .ConfigureAwait(false);
        }
    }

    private static OutboxOutcome OutcomeOf(
        OutboxEntry entry, OutboxAttempt attempt, TransactionReceipt receipt)
    {
        if (receipt.IsSuccess != true || receipt.To != entry.Request.To)
        {
            return OutboxOutcome.Reverted;
        }

        if (entry.Request.ExpectedTopic is not Bytes32 topic)
        {
            return OutboxOutcome.Succeeded;
        }

        Address? contract = entry.Request.ExpectedContract ?? entry.Request.To;
        foreach (LogEntry log in receipt.Logs)
        {
            bool isProof = log.Contract == contract && !log.IsRemoved
                && log.Topics.Length > 0 && log.Topics[0] == topic
                && log.TransactionHash == attempt.TxHash && log.BlockHash == receipt.BlockHash;
            if (isProof)
            {
                return entry.Request.Purpose is { } purpose && IsIdle(log, purpose)
                    ? OutboxOutcome.NoEffect
                    : OutboxOutcome.Succeeded;
            }
        }

        return OutboxOutcome.WithoutLog;
    }

    /// <summary>A batch is mined whatever its rows do: only its bitmap says that one of those that
    /// it is for moved.</summary>
    private static bool IsIdle(LogEntry log, RedemptionPurpose purpose)
    {
        UInt256 rows = purpose.Channels.Count == RedemptionPurpose.ChannelsMax
            ? UInt256.MaxValue
            : UInt256.FromBigInteger((BigInteger.One << purpose.Channels.Count) - 1);
        return !BatchRedeemedEvent.TryRead(log, out BatchRedeemedEvent batch)
            || batch.ClassId != purpose.ClassId || batch.Bitmap.IsZero || batch.Units.IsZero
            || batch.Bitmap > rows;
    }

    /// <summary>The chain has another transaction of this nonce, or hides the receipt. Only when
    /// the nonce is spent in a final block, by every endpoint's count, can no attempt be mined any
    /// more; then the request gets a new nonce. A first offer that was told so waits for no final
    /// block: it is not public, or is the very one that spent it. Both wait until a receipt would
    /// be everywhere.</summary>
    private async Task NonceSpentAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        Progress progress = ProgressOf(entry);
        ulong block = progress.IsNonceDoubted && entry.State == OutboxState.Signed
            ? head.Latest.Number
            : await FinalAsync(head, cancel).ConfigureAwait(false);
        ulong spent = await _rpc
            .NonceEverywhereAsync(entry.From, BlockTag.Number(block), cancel)
            .ConfigureAwait(false);
        progress.DeniedSince = spent > entry.Nonce
            ? progress.DeniedSince ?? _time.GetTimestamp()
            : null;
        if (progress.DeniedSince is null || Elapsed(progress.DeniedSince) < s_denialPatience)
        {
            return;
        }

        _progress.Remove(entry.Id);
        if (entry.From != Account)
        {
            await EndAsync(entry, OutboxOutcome.Cancelled, "its nonce is spent", cancel)
                .ConfigureAwait(false);
            return;
        }

        bool isFiller = entry.Request.To == Account && entry.Request.Kind == FillerKind;
        OutboxEntry again = isFiller
            ? entry with { State = OutboxState.Final, Outcome = OutboxOutcome.Cancelled }
            : entry with { State = OutboxState.Intent, Attempts = [] };
        _byNonce.Remove(entry.Nonce!.Value);
        await MoveAsync(again, null, cancel).ConfigureAwait(false);
    }
}
