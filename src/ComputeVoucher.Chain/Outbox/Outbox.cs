using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Transactions of one account, from the wish to the final block, across crashes, stuck
/// fees, dropped transactions, reorganisations and endpoints that lie or are away.</summary>
/// <remarks>
/// <para>Order of every step: store, then act. A nonce is taken in the same write that stores the
/// signed bytes, so that a crash leaves either neither or both. The nonce is ours: the chain's
/// count at "latest" raises it; "pending" only tells whether somebody else with this key is before
/// us, and then waits.</para>
/// <para>Nothing happens by itself: <see cref="StepAsync"/> does one pass and is driven from
/// outside. Calls are serialised; any thread may make them.</para>
/// </remarks>
public sealed partial class Outbox : IDisposable
{
    private readonly JsonRpcClient _rpc;
    private readonly IOutboxStore _store;
    private readonly Func<Transaction, byte[]> _sign;
    private readonly OutboxOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SortedDictionary<long, OutboxEntry> _open = [];
    private readonly SortedDictionary<long, OutboxEntry> _closed = [];
    private readonly Dictionary<ulong, OutboxEntry> _byNonce = [];
    private readonly Dictionary<long, Progress> _progress = [];
    private readonly List<OutboxChange> _changes = [];
    private ulong _nextNonce;
    private bool _isChainNonceKnown;
    private string? _stopped;

    /// <summary>Reads the stored rows; asks the chain nothing yet.</summary>
    /// <param name="key">Signs; stays owned by the caller.</param>
    public Outbox(
        JsonRpcClient rpc,
        IOutboxStore store,
        PrivateKey key,
        OutboxOptions options,
        TimeProvider time)
        : this(rpc, store, key.Address, transaction => transaction.Sign(key), options, time)
    {
    }

    /// <param name="account">Whose signature <paramref name="sign"/> gives.</param>
    /// <param name="sign">The signed bytes; they are not trusted.</param>
    internal Outbox(
        JsonRpcClient rpc,
        IOutboxStore store,
        Address account,
        Func<Transaction, byte[]> sign,
        OutboxOptions options,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _rpc = rpc;
        _store = store;
        _sign = sign;
        _options = options;
        _time = time;
        Account = account;
        Market = new FeeMarket(rpc, options.Fees);
        foreach (OutboxEntry entry in store.List())
        {
            Remember(entry);
            CheckStored(entry);
        }
    }

    /// <summary>Who signs and pays the gas.</summary>
    public Address Account { get; }

    /// <summary>Signed bytes were not what was asked: until a restart nothing is taken, signed or
    /// sent any more.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) is not null;

    /// <summary>One line on what keeps the outbox waiting; null where nothing does.</summary>
    public string? Problem { get; private set; }

    /// <summary>The last pass left a row alone because somebody else's transaction has its nonce:
    /// a block helps.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Rows that are not final, oldest first, those of a former key before ours; a
    /// snapshot.</summary>
    public IReadOnlyList<OutboxEntry> Open => Snapshot(closed: false);

    /// <summary>Those, and before them the closed rows that are kept.</summary>
    public IReadOnlyList<OutboxEntry> All => Snapshot(closed: true);

    /// <summary>Stores a request; it is signed and sent by later steps.</summary>
    /// <returns>The row: durable when the task completes; an open row of the same
    /// <see cref="OutboxRequest.Key"/> where there is one.</returns>
    /// <exception cref="ChainException">The outbox has stopped.</exception>
    public async Task<OutboxEntry> SubmitAsync(OutboxRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            RefuseIfStopped();
            foreach (OutboxEntry entry in _open.Values)
            {
                if (request.Key.Length > 0 && entry.Request.Key == request.Key)
                {
                    return entry;
                }
            }

            OutboxEntry added = await _store
                .InsertAsync(
                    new OutboxEntry
                    {
                        Request = request,
                        From = Account,
                        CreatedAt = (ulong)_time.GetUtcNow().ToUnixTimeSeconds(),
                    },
                    cancel)
                .ConfigureAwait(false);
            Remember(added);
            return added;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>From now on the higher cap holds for this row, and it is replaced without
    /// waiting.</summary>
    public async Task MakeUrgentAsync(long id, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            RefuseIfStopped();
            if (_open.TryGetValue(id, out OutboxEntry? entry) && !entry.Request.IsUrgent)
            {
                OutboxRequest urgent = entry.Request with { IsUrgent = true };
                await StoreAsync(entry with { Request = urgent }, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets a row that was never signed: whatever it was computed from is old.
    /// </summary>
    internal async Task DropAsync(long id, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            RefuseIfStopped();
            if (_open.TryGetValue(id, out OutboxEntry? entry) && entry.State == OutboxState.Intent)
            {
                await EndAsync(entry, OutboxOutcome.Cancelled, null, cancel).ConfigureAwait(false);
                await _store.DeleteAsync(id, cancel).ConfigureAwait(false);
                _closed.Remove(id);
                Tell(id, null);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>One pass: watches, repeats, replaces, signs, sends.</summary>
    /// <returns>The rows that changed their stage.</returns>
    /// <remarks>Never throws a <see cref="ChainException"/>: it becomes <see cref="Problem"/>, and
    /// the next pass tries again, except where signed bytes are not what was asked: then nothing
    /// is taken, signed or sent any more. An exception of the store passes through.</remarks>
    public async Task<IReadOnlyList<OutboxChange>> StepAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            _changes.Clear();
            _decisions.Clear();
            (Problem, IsHeld) = (null, false);
            try
            {
                await PassAsync(cancel).ConfigureAwait(false);
            }
            catch (ChainException e)
            {
                Problem = _stopped ?? Problem ?? e.Message;
            }

            RepeatComplaint();
            Decisions = [.. _decisions];
            return [.. _changes];
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Steps until a row reaches a stage; for whoever sends one transaction.</summary>
    /// <returns>The row, and its receipt where it is mined.</returns>
    /// <exception cref="ChainException">What a service would wait for: somebody is still there,
    /// and is told.</exception>
    public async Task<OutboxChange> RunAsync(
        long id, OutboxState until, TimeSpan pollEvery, CancellationToken cancel)
    {
        TransactionReceipt? receipt = null;
        while (true)
        {
            foreach (OutboxChange change in await StepAsync(cancel).ConfigureAwait(false))
            {
                if (change.Entry.Id != id)
                {
                    continue;
                }

                receipt = change.Receipt ?? receipt;
                if (change.Entry.State >= until)
                {
                    return new OutboxChange(change.Entry, receipt);
                }
            }

            if (Problem is { } problem)
            {
                RefuseIfStopped();
                throw new ChainException(ChainFault.Unavailable, problem);
            }

            await Task.Delay(pollEvery, _time, cancel).ConfigureAwait(false);
        }
    }

    public void Dispose() => _gate.Dispose();

    private void RefuseIfStopped()
    {
        if (_stopped is { } reason)
        {
            throw new ChainException(ChainFault.Disagreement, reason);
        }
    }

    private void Remember(OutboxEntry entry)
    {
        if (entry.From != Account)
        {
            _former.Remove(entry.Id);
            if (entry.IsOpen)
            {
                _former[entry.Id] = entry;
            }

            return;
        }

        if (entry.IsOpen)
        {
            _open[entry.Id] = entry;
        }
        else
        {
            _open.Remove(entry.Id);
            _progress.Remove(entry.Id);
            _closed[entry.Id] = entry;
        }

        if (entry.Nonce is ulong nonce)
        {
            _byNonce[nonce] = entry;
            _nextNonce = Math.Max(_nextNonce, nonce + 1);
        }
    }

    private OutboxEntry[] Snapshot(bool closed)
    {
        _gate.Wait();
        try
        {
            OutboxEntry[] open = [.. _former.Values, .. _open.Values];
            return closed ? [.. _closed.Values, .. open] : open;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets the oldest closed rows, except the one that says which nonces are
    /// spent.</summary>
    private async Task PruneAsync(CancellationToken cancel)
    {
        while (_closed.Count > ChainLimits.ClosedRowsMax)
        {
            OutboxEntry? oldest = null;
            foreach (OutboxEntry entry in _closed.Values)
            {
                if (entry.Nonce is not ulong nonce || nonce + 1 < _nextNonce)
                {
                    oldest = entry;
                    break;
                }
            }

            if (oldest is null)
            {
                return;
            }

            await _store.DeleteAsync(oldest.Id, cancel).ConfigureAwait(false);
            _closed.Remove(oldest.Id);
            _paid.Remove(oldest.Id);
            Tell(oldest.Id, null);
            if (oldest.Nonce is ulong spent && _byNonce.GetValueOrDefault(spent)?.Id == oldest.Id)
            {
                _byNonce.Remove(spent);
            }
        }
    }

    private async Task<OutboxEntry> StoreAsync(OutboxEntry entry, CancellationToken cancel)
    {
        // Before the row: whoever sees that it ended finds the reason.
        Tell(entry.Id, entry.Note);
        await _store.UpdateAsync(entry, cancel).ConfigureAwait(false);
        Remember(entry);
        return entry;
    }

    private async Task<OutboxEntry> MoveAsync(
        OutboxEntry entry, TransactionReceipt? receipt, CancellationToken cancel)
    {
        await StoreAsync(entry, cancel).ConfigureAwait(false);
        _changes.Add(new OutboxChange(entry, receipt));
        return entry;
    }

    private static string Nonce(OutboxEntry entry) =>
        entry.Nonce?.ToString(CultureInfo.InvariantCulture) ?? "none yet";

    private void Report(OutboxEntry entry, string line)
    {
        Problem ??= $"{entry.Request.Kind} (outbox {entry.Id}, nonce {Nonce(entry)}): {line}";
        if (_open.ContainsKey(entry.Id))
        {
            _open[entry.Id] = entry with { Note = line };
            Tell(entry.Id, line);
        }
    }

    /// <summary>What an offer was told stands until the next offer: between the two nothing has
    /// become better.</summary>
    private void RepeatComplaint()
    {
        foreach (OutboxEntry entry in new List<OutboxEntry>(_open.Values))
        {
            if (Problem is null && ProgressOf(entry).Complaint is { } line
                && entry.State < OutboxState.Mined)
            {
                Report(entry, line);
            }
        }
    }

    private Progress ProgressOf(OutboxEntry entry)
    {
        if (!_progress.TryGetValue(entry.Id, out Progress? progress))
        {
            progress = new Progress();
            _progress.Add(entry.Id, progress);
        }

        return progress;
    }

    /// <summary>What need not survive a restart: after one, everything is offered again at once
    /// and the patience of a replacement starts anew.</summary>
    private sealed class Progress
    {
        public long? OfferedAt { get; set; }

        public long? AttemptSince { get; set; }

        /// <summary>No second price is signed in this block.</summary>
        public ulong? SignedAtBlock { get; set; }

        public bool IsTaken { get; set; }

        public bool IsFeeTooLow { get; set; }

        /// <summary>Every endpoint said no to it, and it was never out.</summary>
        public bool IsRefused { get; set; }

        /// <summary>Somebody else's transaction has its nonce in the pool.</summary>
        public bool IsHeld { get; set; }

        /// <summary>Where that was seen before anything of it was out.</summary>
        public ulong? HeldAtBlock { get; set; }

        /// <summary>Its first offer was told that the nonce is spent.</summary>
        public bool IsNonceDoubted { get; set; }

        /// <summary>Since when every pass saw its nonce spent and no receipt.</summary>
        public long? DeniedSince { get; set; }

        /// <summary>Passes in a row that saw a receipt of a block above the head.</summary>
        public int PromisedPasses { get; set; }

        /// <summary>The operator wants a dearer attempt, stuck or not.</summary>
        public bool IsBumpAsked { get; set; }

        /// <summary>What the last offer was told, where that is for the operator.</summary>
        public string? Complaint { get; set; }

        /// <summary>The attempt whose bytes were found to be what they should be.</summary>
        public Bytes32? Checked { get; set; }
    }
}

/// <summary>A row that moved to another stage, with the receipt where it is mined.</summary>
public sealed record OutboxChange(OutboxEntry Entry, TransactionReceipt? Receipt);

/// <summary>How transactions are priced, repeated and believed.</summary>
public sealed record OutboxOptions
{
    public required ulong ChainId { get; init; }

    /// <summary>0 waits for the "finalized" tag; N ≥ 1 for N blocks on top, itself
    /// included, for chains without the tag.</summary>
    public uint Confirmations { get; init; }

    /// <summary>The same bytes again while no endpoint has said that it has them: back well
    /// within 10 s after a fault ends.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The same bytes again while an endpoint that had them does not mine them: pools
    /// forget.</summary>
    public TimeSpan RebroadcastEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A higher fee when an attempt that is out was not mined for so long: three slots.
    /// </summary>
    public TimeSpan ReplaceAfter { get; init; } = TimeSpan.FromSeconds(36);

    /// <summary>What transactions may cost.</summary>
    public FeeLimits Fees { get; init; } = new();

    /// <summary>Open nonces at a time.</summary>
    public int InFlightMax { get; init; } = ChainLimits.InFlightMax;
}
