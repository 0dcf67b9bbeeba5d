using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>One pass over the open rows.</summary>
public sealed partial class Outbox
{
    /// <summary>The chain at the start of the pass.</summary>
    /// <param name="FinalNumber">Blocks up to this one are final.</param>
    /// <param name="Nonce">Transactions of the account in the chain, at "latest".</param>
    private readonly record struct Head(BlockHeader Latest, ulong FinalNumber, ulong Nonce);

    private async Task PassAsync(CancellationToken cancel)
    {
        RefuseIfStopped();
        if (_open.Count == 0 && _isChainNonceKnown)
        {
            return;
        }

        ulong chainId = await _rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        if (chainId != _options.ChainId)
        {
            throw new ChainException(
                ChainFault.Disagreement,
                $"the RPC endpoint is chain {chainId}, the configuration says {_options.ChainId}; "
                    + "nothing is sent");
        }

        Head head = await HeadAsync(cancel).ConfigureAwait(false);
        if (head.Nonce > _nextNonce)
        {
            // Somebody else used the account, or this ledger is an old copy. One endpoint alone
            // must not send us beyond what the chain will ever reach.
            _nextNonce = Math.Max(
                _nextNonce,
                await _rpc.NonceEverywhereAsync(Account, BlockTag.Latest, cancel)
                    .ConfigureAwait(false));
        }

        _isChainNonceKnown = true;
        await WatchAllAsync(head, cancel).ConfigureAwait(false);

        await PruneAsync(cancel).ConfigureAwait(false);
        await FillGapsAsync(head, cancel).ConfigureAwait(false);
        ulong lowest = LowestUnmined();
        foreach (OutboxEntry entry in new List<OutboxEntry>(_open.Values))
        {
            switch (entry.State)
            {
                case OutboxState.Signed:
                case OutboxState.Sent:
                    await PushAsync(entry, head, entry.Nonce == lowest, cancel)
                        .ConfigureAwait(false);
                    break;
                case OutboxState.Intent when InFlight() < _options.InFlightMax:
                    await SignAsync(entry, head, cancel).ConfigureAwait(false);
                    break;
                default:
                    break;
            }
        }
    }

    private async Task<Head> HeadAsync(CancellationToken cancel)
    {
        BlockHeader latest = await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
        ulong final;
        if (_options.Confirmations > 0)
        {
            // N confirmations: the block itself is the first.
            ulong depth = _options.Confirmations - 1;
            final = latest.Number >= depth ? latest.Number - depth : 0;
        }
        else
        {
            BlockHeader? block = await _rpc.BlockAsync(BlockTag.Finalized, cancel)
                .ConfigureAwait(false);
            final = block?.Number ?? 0;
        }

        ulong nonce = await _rpc.NonceAsync(Account, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return new Head(latest, Math.Min(final, latest.Number), nonce);
    }

    private async Task WatchAllAsync(Head head, CancellationToken cancel)
    {
        foreach (OutboxEntry entry in new List<OutboxEntry>(_open.Values))
        {
            if (entry.Attempts.Count == 0)
            {
                continue;
            }

            try
            {
                await WatchAsync(entry, head, cancel).ConfigureAwait(false);
            }
            catch (ChainException e) when (!e.IsTransient)
            {
                // One transaction that an endpoint chokes on must not hold up the others.
                Report(entry, e.Message);
            }
        }
    }

    /// <summary>Looks for a receipt of any attempt, and moves the row to where it proves to
    /// be.</summary>
    private async Task WatchAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        for (int i = entry.Attempts.Count - 1; i >= 0; i--)
        {
            OutboxAttempt attempt = entry.Attempts[i];
            TransactionReceipt? receipt = await _rpc.ReceiptAsync(attempt.TxHash, cancel)
                .ConfigureAwait(false);
            if (receipt is null)
            {
                continue;
            }

            if (await IsCanonicalAsync(attempt, receipt, head, cancel).ConfigureAwait(false))
            {
                await MinedAsync(entry, attempt, receipt, head, cancel).ConfigureAwait(false);
                return;
            }

            Report(entry, "an endpoint's receipt does not fit the chain; ignored");
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

        if (head.Nonce > entry.Nonce)
        {
            await NonceSpentAsync(entry, head, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A receipt counts only when hash, sender and block are those of this chain.
    /// </summary>
    private async Task<bool> IsCanonicalAsync(
        OutboxAttempt attempt, TransactionReceipt receipt, Head head, CancellationToken cancel)
    {
        if (receipt.TransactionHash != attempt.TxHash || receipt.From != Account
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
        bool isFinal = receipt.BlockNumber <= head.FinalNumber && head.Nonce > entry.Nonce;
        OutboxEntry mined = entry with
        {
            State = isFinal ? OutboxState.Final : OutboxState.Mined,
            Outcome = OutcomeOf(entry, attempt, receipt),
            MinedBlock = receipt.BlockNumber,
            MinedBlockHash = receipt.BlockHash,
            MinedTxHash = attempt.TxHash,
            Note = null,
        };
        if (mined.Outcome == OutboxOutcome.WithoutLog)
        {
            Report(entry, "mined without the log that proves it; counted as nothing");
        }

        if (mined.State != entry.State || mined.MinedBlockHash != entry.MinedBlockHash
            || mined.MinedTxHash != entry.MinedTxHash || mined.Outcome != entry.Outcome)
        {
            await MoveAsync(mined, receipt, cancel).ConfigureAwait(false);
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
                return OutboxOutcome.Succeeded;
            }
        }

        return OutboxOutcome.WithoutLog;
    }

    /// <summary>The chain has another transaction of this nonce, or hides the receipt. Only when
    /// the nonce is spent in a final block, by every endpoint's count, can no attempt be mined any
    /// more; then the request gets a new nonce.</summary>
    private async Task NonceSpentAsync(OutboxEntry entry, Head head, CancellationToken cancel)
    {
        ulong final = await _rpc
            .NonceEverywhereAsync(Account, BlockTag.Number(head.FinalNumber), cancel)
            .ConfigureAwait(false);
        if (final <= entry.Nonce)
        {
            return;
        }

        _progress.Remove(entry.Id);
        bool isFiller = entry.Request.To == Account && entry.Request.Kind == FillerKind;
        OutboxEntry again = isFiller
            ? entry with { State = OutboxState.Final, Outcome = OutboxOutcome.Cancelled }
            : entry with { State = OutboxState.Intent, Attempts = [] };
        _byNonce.Remove(entry.Nonce!.Value);
        await MoveAsync(again, null, cancel).ConfigureAwait(false);
    }

    private ulong LowestUnmined()
    {
        ulong lowest = ulong.MaxValue;
        foreach (OutboxEntry entry in _open.Values)
        {
            if (entry.State is OutboxState.Signed or OutboxState.Sent)
            {
                lowest = Math.Min(lowest, entry.Nonce ?? ulong.MaxValue);
            }
        }

        return lowest;
    }

    private int InFlight()
    {
        int count = 0;
        foreach (OutboxEntry entry in _open.Values)
        {
            count += entry.State is OutboxState.Signed or OutboxState.Sent ? 1 : 0;
        }

        return count;
    }
}
