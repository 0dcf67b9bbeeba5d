using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>
/// Transactions of one account, each waited for: for whoever sends a few and then ends. The rows
/// are in memory, so that a process killed meanwhile leaves its outcome to the chain.
/// </summary>
public sealed class TransactionSender : IDisposable
{
    /// <summary>How soon the chain is asked for the transaction, and how seldom in the end.
    /// </summary>
    private static readonly TimeSpan s_pollFirst = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_pollMax = TimeSpan.FromSeconds(2);

    private readonly JsonRpcClient _rpc;
    private readonly SenderOptions _options;
    private readonly TimeProvider _time;
    private readonly WatchedRows _rows;
    private readonly Outbox _outbox;
    private readonly List<string> _done = [];
    private readonly long _start;
    private int _expected;
    private int _begun;
    private string? _said;

    /// <param name="rpc">Where it sends.</param>
    /// <param name="key">Signs and pays; its owner disposes of it.</param>
    /// <param name="options">Chain, patience, and who is told.</param>
    /// <param name="time">Clock of the polls.</param>
    public TransactionSender(
        JsonRpcClient rpc, PrivateKey key, SenderOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_rpc, _options, _time, Key) = (rpc, options, time, key);
        _rows = new WatchedRows(options.Say, rpc.Endpoints.Count == 1);
        // Counted in blocks: a chain without the "finalized" tag serves as well.
        OutboxOptions rules = new()
        {
            ChainId = options.ChainId,
            Confirmations = Math.Max(1, options.Confirmations),
            // Whoever sends one waits for it; a deployment costs more than a redemption.
            Fees = new FeeLimits { TransactionMax = null, DayMax = null },
        };
        _outbox = new Outbox(rpc, _rows, key, rules, time);
        _start = time.GetTimestamp();
    }

    public PrivateKey Key { get; }

    public Address Account => Key.Address;

    /// <summary>What is in a block by now, a word and a hash each.</summary>
    public IReadOnlyList<string> Done => _done;

    /// <summary>So many transactions are to come, for "2/3" in what is said of them.</summary>
    public void Expect(int more) => _expected += more;

    /// <summary>Sends one transaction and waits until it is so deep in the chain as wanted.
    /// </summary>
    /// <param name="value">Wei that go with it.</param>
    /// <exception cref="ChainException">It was refused, and takes no effect.</exception>
    /// <exception cref="OutcomeUnknownException">It was sent, and then time or patience ran out.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled before anything was sent.
    /// </exception>
    public async Task<TransactionReceipt> SendAsync(
        string kind, Address? to, byte[] data, CancellationToken cancel, UInt128 value = default)
    {
        _begun++;
        _expected = Math.Max(_expected, _begun);
        string step = _expected > 1
            ? string.Create(CultureInfo.InvariantCulture, $"{kind} {_begun}/{_expected}")
            : kind;
        _rows.Begin(step);
        OutboxRequest request = new() { Kind = kind, To = to, Data = data, Value = value };
        OutboxEntry entry = await _outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
        OutboxChange change;
        try
        {
            change = await RunAsync(step, entry.Id, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (_rows.Hash is Bytes32 sent)
        {
            throw new OutcomeUnknownException(
                $"{step}: interrupted; {sent} is on its way, {RepeatLine}", sent, e);
        }

        if (change.Entry.Outcome == OutboxOutcome.Succeeded && change.Receipt is { } receipt)
        {
            _done.Add($"{kind} {change.Entry.MinedTxHash}");
            return receipt;
        }

        throw new ChainException(ChainFault.Reverted, change.Receipt is { } failed
            ? $"{step}: reverted in block {failed.BlockNumber}, {change.Entry.MinedTxHash}; only "
                + "its gas was paid"
            : $"{step}: refused, nothing was sent: {change.Entry.Note}");
    }

    public void Dispose() => _outbox.Dispose();

    private const string RepeatLine = "so look it up before you repeat anything: a repetition is "
        + "a second transaction and pays again";

    private async Task<OutboxChange> RunAsync(string step, long id, CancellationToken cancel)
    {
        TransactionReceipt? receipt = null;
        TimeSpan pause = s_pollFirst;
        while (true)
        {
            foreach (OutboxChange change in await _outbox.StepAsync(cancel).ConfigureAwait(false))
            {
                if (change.Entry.Id != id)
                {
                    continue;
                }

                receipt = change.Receipt ?? receipt;
                if (!change.Entry.IsOpen)
                {
                    return new OutboxChange(change.Entry, receipt);
                }
            }

            await CheckAsync(step, id, cancel).ConfigureAwait(false);
            await Task.Delay(pause, _time, cancel).ConfigureAwait(false);
            pause = pause * 2 < s_pollMax ? pause * 2 : s_pollMax;
        }
    }

    /// <summary>Goes on as long as time may help.</summary>
    private async Task CheckAsync(string step, long id, CancellationToken cancel)
    {
        OutboxEntry row = _rows.Row(id);
        string? problem = Problem(id);
        bool isHeld = _outbox.IsHeld;
        if (isHeld && problem is not null && problem != _said)
        {
            _said = problem;
            _options.Say($"{step}: {problem}");
        }

        if (problem is not null && row.State == OutboxState.Intent && !isHeld)
        {
            throw new ChainException(
                ChainFault.Rejected, $"{step}: nothing was sent: {problem}");
        }

        if (problem is not null && row.State == OutboxState.Signed)
        {
            throw await RefusedAsync(step, row, problem, cancel).ConfigureAwait(false);
        }

        if (_time.GetElapsedTime(_start) < _options.Timeout)
        {
            return;
        }

        string waited = $"after {_options.Timeout.TotalSeconds:0} s: "
            + (problem ?? "no block has taken it");
        throw _rows.Hash is not Bytes32 sent
            ? new ChainException(
                ChainFault.TimedOut, $"{step}: nothing was sent {waited}")
            : row.State == OutboxState.Mined
            ? new OutcomeUnknownException($"{step}: {row.MinedTxHash} is in block "
                + $"{row.MinedBlock}, not yet {_options.Confirmations} blocks deep {waited}; "
                + RepeatLine, row.MinedTxHash)
            : new OutcomeUnknownException(
                $"{step}: sent as {sent}, outcome unknown {waited}; {RepeatLine}", sent);
    }

    /// <summary>No endpoint took the bytes: not enough money, or something to read.</summary>
    private async Task<Exception> RefusedAsync(
        string step, OutboxEntry row, string problem, CancellationToken cancel)
    {
        if (row.Attempts.Count == 0)
        {
            return new ChainException(ChainFault.Rejected, $"{step}: nothing was sent: {problem}");
        }

        if (await _outbox.ShortOfFundsAsync(row, cancel).ConfigureAwait(false) is { } funds)
        {
            return new ChainException(ChainFault.Rejected, $"{step}: nothing was sent: {funds}");
        }

        Bytes32 sent = row.Attempts[^1].TxHash;
        return _rpc.Endpoints.Count == 1
            ? new ChainException(ChainFault.Rejected, $"{step}: nothing was sent: {problem}")
            : new OutcomeUnknownException($"{step}: sent as {sent}, refused by an endpoint: "
                + $"{problem}; {RepeatLine}", sent);
    }

    private string? Problem(long id)
    {
        if (_outbox.Problem is not { } problem)
        {
            return null;
        }

        foreach (OutboxEntry row in _outbox.Open)
        {
            if (row.Id == id && row.Note is { } note)
            {
                return note;
            }
        }

        return problem;
    }

    /// <summary>The outbox's rows, with somebody told of each signed attempt before it leaves.
    /// What may be public is never signed anew under another nonce: that could pay twice.
    /// </summary>
    private sealed class WatchedRows(Action<string> say, bool isAlone) : IOutboxStore
    {
        private readonly MemoryOutboxStore _rows = new();
        private readonly Dictionary<long, OutboxEntry> _newest = [];
        private string _step = "";

        /// <summary>Newest signed attempt of the step; null while there is none.</summary>
        public Bytes32? Hash { get; private set; }

        public void Begin(string step) => (_step, Hash) = (step, null);

        public OutboxEntry Row(long id) => _newest[id];

        public async ValueTask<OutboxEntry> InsertAsync(
            OutboxEntry entry, CancellationToken cancel)
        {
            OutboxEntry added = await _rows.InsertAsync(entry, cancel).ConfigureAwait(false);
            _newest[added.Id] = added;
            return added;
        }

        public ValueTask UpdateAsync(OutboxEntry entry, CancellationToken cancel)
        {
            OutboxEntry before = _newest[entry.Id];
            // With one endpoint, whose answer came, a refusal of the bytes is certain.
            bool mayBePublic = before.State is OutboxState.Sent or OutboxState.Mined
                || (before.State == OutboxState.Signed && !isAlone);
            if (entry.State == OutboxState.Intent && mayBePublic)
            {
                Bytes32 sent = before.Attempts[^1].TxHash;
                throw new OutcomeUnknownException($"{_step}: sent as {sent}, but its nonce "
                    + $"{before.Nonce} is spent and no endpoint shows it; {RepeatLine}", sent);
            }

            _newest[entry.Id] = entry;
            if (entry.Attempts.Count > 0 && entry.Attempts[^1].TxHash is var hash && hash != Hash
                && entry.Request.Kind != Outbox.FillerKind)
            {
                Hash = hash;
                say($"{_step} {hash}: waiting for a block");
            }

            return _rows.UpdateAsync(entry, cancel);
        }

        public ValueTask DeleteAsync(long id, CancellationToken cancel) =>
            _rows.DeleteAsync(id, cancel);

        public IReadOnlyList<OutboxEntry> List() => _rows.List();
    }
}

/// <summary>How one account's transactions are sent and waited for.</summary>
public sealed record SenderOptions
{
    /// <summary>What is waited for a block by default: 25 blocks of mainnet.</summary>
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromMinutes(5);

    public required ulong ChainId { get; init; }

    /// <summary>Blocks that make it done, its own included.</summary>
    public uint Confirmations { get; init; } = 1;

    /// <summary>From the sender's making to giving up.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutDefault;

    /// <summary>Told of every transaction, one line, before it leaves.</summary>
    public Action<string> Say { get; init; } = _ => { };
}
