using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>One pass over the open rows.</summary>
public sealed partial class Outbox
{
    /// <summary>The chain at the start of the pass.</summary>
    /// <param name="Nonce">Transactions of the account in the chain, at "latest".</param>
    private sealed record Head(BlockHeader Latest, ulong Nonce)
    {
        /// <summary>Blocks up to this one are final; null until somebody asks.</summary>
        public ulong? FinalNumber { get; set; }
    }

    private async Task PassAsync(CancellationToken cancel)
    {
        RefuseIfStopped();
        if (_open.Count == 0 && _former.Count == 0 && _isChainNonceKnown)
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
        JudgeAll();
        await FillGapsAsync(head, cancel).ConfigureAwait(false);
        ulong lowest = LowestUnmined();
        List<OutboxEntry> rows = [.. _open.Values];
        foreach (OutboxEntry entry in rows)
        {
            if (entry.State is OutboxState.Signed or OutboxState.Sent
                && !_unwatched.Contains(entry.Id))
            {
                await PushAsync(entry, head, entry.Nonce == lowest, cancel).ConfigureAwait(false);
            }
        }

        rows.Sort((a, b) => RankOf(b).CompareTo(RankOf(a)) is not 0 and int n
            ? n
            : a.Id.CompareTo(b.Id));
        foreach (OutboxEntry entry in rows)
        {
            // What is about to be lost does not wait for what is not.
            if (entry.State == OutboxState.Intent
                && (JudgedOf(entry).IsUrgent || InFlight() < _options.InFlightMax))
            {
                await SignAsync(entry, head, cancel).ConfigureAwait(false);
            }
        }

        await PushFormerAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Who is signed first: what is about to be lost, then what may be, and then what
    /// waits as well as it goes.</summary>
    private int RankOf(OutboxEntry entry) =>
        JudgedOf(entry).IsUrgent ? 2 : entry.Request.Purpose is not null ? 1 : 0;

    private async Task<Head> HeadAsync(CancellationToken cancel)
    {
        BlockHeader latest = await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
        ulong nonce = await _rpc.NonceAsync(Account, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return new Head(latest, nonce);
    }

    /// <summary>Asked only when something may be final: whoever waits for a block alone needs no
    /// chain that has the tag.</summary>
    private async Task<ulong> FinalAsync(Head head, CancellationToken cancel)
    {
        if (head.FinalNumber is ulong known)
        {
            return known;
        }

        ulong final;
        if (_options.Confirmations > 0)
        {
            // N confirmations: the block itself is the first.
            ulong depth = _options.Confirmations - 1;
            final = head.Latest.Number >= depth ? head.Latest.Number - depth : 0;
        }
        else
        {
            final = await FinalizedAsync(cancel).ConfigureAwait(false);
        }

        head.FinalNumber = Math.Min(final, head.Latest.Number);
        return head.FinalNumber.Value;
    }

    private async Task<ulong> FinalizedAsync(CancellationToken cancel)
    {
        try
        {
            BlockHeader? block = await _rpc.BlockAsync(BlockTag.Finalized, cancel)
                .ConfigureAwait(false);
            return block?.Number ?? 0;
        }
        catch (ChainException e) when (e.Fault == ChainFault.Rejected)
        {
            throw new ChainException(
                ChainFault.Misconfigured,
                $"the chain names no finalized block, set chain:confirmations: {e.Message}",
                e);
        }
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
