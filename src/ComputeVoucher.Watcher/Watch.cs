using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>
/// Looks through the evidence, runs orders again, and brings what is wrong before their court, move
/// by move. A pass looks at everything once; what comes next is read from the chain each time.
/// </summary>
public sealed class Watch : IDisposable
{
    private readonly WatchOptions _options;
    private readonly WatchStore _store;
    private readonly WatchedModels _models;
    private readonly JsonRpcClient _rpc;
    private readonly WatchChecks _checks;
    private readonly CaseMoves _moves;
    private readonly Collection _collection;
    private readonly Dictionary<Address, CourtSite> _sites = [];
    private readonly HashSet<string> _said = [];
    private readonly HashSet<Bytes32> _shown = [];
    private readonly HashSet<Bytes32> _undeferred = [];
    // By hashes of the order and of what is stated of it.
    private readonly Dictionary<string, Complaint> _wrong = [];
    private (Bytes32 Order, RecordedRun Run)? _run;

    /// <param name="options">What is watched.</param>
    /// <param name="store">Its owner disposes of it, as of the models and of the client.</param>
    /// <param name="models">Whose orders can be run again.</param>
    /// <param name="rpc">The chain.</param>
    /// <param name="send">Sends and waits.</param>
    /// <param name="time">The clock that the chain is compared with.</param>
    public Watch(
        WatchOptions options, WatchStore store, WatchedModels models, JsonRpcClient rpc,
        WatchSend send, TimeProvider time)
    {
        (_options, _store, _models, _rpc) = (options, store, models, rpc);
        _checks = new WatchChecks(rpc, options, time);
        _moves = new CaseMoves(options, send);
        _collection = new Collection(rpc, options, send);
    }

    /// <summary>Looks at every order once and makes the moves that are due.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    /// <exception cref="WatchException">The evidence cannot be read.</exception>
    public async Task<WatchPass> StepAsync(CancellationToken cancel)
    {
        (BlockHeader head, string? problem) = await _checks
            .LookAsync(_store.FirstBlock, cancel).ConfigureAwait(false);
        _store.FirstBlock ??= await _checks.FirstBlockAsync(head, cancel).ConfigureAwait(false);
        Once(problem is null ? null : $"nothing is opened: {problem}");
        WatchPass pass = new();
        foreach (string file in Files())
        {
            try
            {
                if (Read(file) is { } order)
                {
                    pass.Orders++;
                    await LookAsync(order, head, problem, pass, cancel).ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (failure is ChainException or WatchException
                or ModelException or ClientException)
            {
                pass.Failures++;
                _options.Say($"{Path.GetFileName(file)}: {failure.Message}");
            }
        }

        return pass;
    }

    public void Dispose() => _run?.Run.Dispose();

    private string[] Files()
    {
        try
        {
            string[] files = Directory.GetFiles(_options.Evidence, "*.evidence");
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new WatchException(
                $"{_options.Evidence}: no evidence can be read: {failure.Message}", failure);
        }
    }

    private WatchedOrder? Read(string file)
    {
        WatchedOrder? order = WatchedOrder.Of(
            EvidenceFolder.Read(file), _options.Domain, out string fault);
        Once(order is null ? $"{Path.GetFileName(file)}: {fault}" : null);
        return order is null || order.Brief.Class.Court == default ? null : order;
    }

    private async Task LookAsync(
        WatchedOrder order, BlockHeader head, string? problem, WatchPass pass,
        CancellationToken cancel)
    {
        CourtSite site = await SiteAsync(order.Brief.Class.Court, cancel).ConfigureAwait(false);
        ulong from = _store.FirstBlock!.Value;
        CaseState found = await site.Court.CaseAsync(
            order.Channel, order.Order.Seq, BlockTag.Number(head.Number), cancel)
            .ConfigureAwait(false);
        if (found.IsConvicted)
        {
            pass.Convicted++;
            Once($"{order.Name}: convicted");
            pass.Sent |= await _collection.RefundAsync(site, order, found, from, head, cancel)
                .ConfigureAwait(false);
            pass.Sent |= await _collection.ShareAsync(site, order, head, cancel)
                .ConfigureAwait(false);
            pass.Sent |= await _collection.FeesAsync(site, head, cancel).ConfigureAwait(false);
            return;
        }

        if (found.ClaimedAt != 0)
        {
            await Claims.AddAsync(_rpc, site, order, from, head.Number, cancel)
                .ConfigureAwait(false);
            pass.Sent |= await SmallerAsync(site, order, found, from, head, cancel)
                .ConfigureAwait(false);
        }

        if (_store.IsSettled(order.Hash, order.StatedHash) || Judge(order) is not { } complaint)
        {
            return;
        }

        pass.Wrong++;
        await PursueAsync(site, order, complaint, found, head, problem, pass, cancel)
            .ConfigureAwait(false);
    }

    private async Task PursueAsync(
        CourtSite site, WatchedOrder order, Complaint complaint, CaseState found,
        BlockHeader head, string? problem, WatchPass pass, CancellationToken cancel)
    {
        Dictionary<DisputePurpose, DisputeEvent> opened = await site.FindAsync(
            order, _options.Account, _store.FirstBlock!.Value, head.Number, cancel)
            .ConfigureAwait(false);
        Dictionary<DisputePurpose, DisputeRecord> records = [];
        bool isAsked = order.Statements.Any(s => s.TraceRoot.IsZero);
        bool isMore = false;
        foreach ((DisputePurpose purpose, DisputeEvent one) in opened)
        {
            DisputeRecord record = records[purpose] = new(site, one, head.Number);
            if (isAsked)
            {
                // A root that the node had to state is a statement like any other.
                await record.ReadAsync(cancel).ConfigureAwait(false);
                isMore |= record.Stated is { } stated && order.Add(stated);
            }
        }

        complaint = (isMore ? Judge(order) : null) ?? complaint;
        if (complaint.IsDispute
            && records.TryGetValue(CaseMoves.PurposeOf(complaint), out DisputeRecord? ours))
        {
            await GoOnAsync(site, order, ours, found, head, pass, cancel)
                .ConfigureAwait(false);
        }
        else if (problem is null && (records.Count > 0 || IsOpenable(order, found, head))
            && IsStillWrong(order, complaint))
        {
            await _moves.ComplainAsync(site, order, complaint, cancel).ConfigureAwait(false);
            pass.Sent = true;
        }
    }

    /// <summary>A claim that charged for more steps than the holder was served: the difference
    /// comes back.</summary>
    private async Task<bool> SmallerAsync(
        CourtSite site, WatchedOrder order, CaseState found, ulong from, BlockHeader head,
        CancellationToken cancel)
    {
        if (found.Refundable > found.Refunded)
        {
            return await _collection.RefundAsync(site, order, found, from, head, cancel)
                .ConfigureAwait(false);
        }

        bool isCharged = order.Smallest is { } smallest && smallest.Units < found.Charged;
        return isCharged && _shown.Add(order.Hash) && await _moves
            .ShowAsync(site, order, order.Smallest!, cancel).ConfigureAwait(false);
    }

    private async Task GoOnAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, CaseState found,
        BlockHeader head, WatchPass pass, CancellationToken cancel)
    {
        Dispute dispute = await site.Disputes.DisputeAsync(
            record.Id, BlockTag.Number(head.Number), cancel).ConfigureAwait(false);
        if (dispute.IsOver)
        {
            Once($"{order.Name}: dispute {record.Id} has lapsed");
            pass.Sent |= await _collection.FeesAsync(site, head, cancel).ConfigureAwait(false);
            return;
        }

        pass.Open++;
        bool isMoved = await _moves.MoveAsync(
            site, order, record, dispute, head.Number, steps => Run(order, steps), cancel)
            .ConfigureAwait(false);
        pass.Sent |= isMoved;
        if (!isMoved)
        {
            await DeferAsync(site, order, record, dispute, found, head, pass, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>What cannot be put off does not hold up the dispute.</summary>
    private async Task DeferAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, Dispute dispute, CaseState found,
        BlockHeader head, WatchPass pass, CancellationToken cancel)
    {
        try
        {
            pass.Sent |= !_undeferred.Contains(order.Hash) && await _collection.DeferAsync(
                site, order, record, dispute, found, _store.FirstBlock!.Value, head, cancel)
                .ConfigureAwait(false);
        }
        catch (ChainException failure)
        {
            _ = _undeferred.Add(order.Hash);
            _options.Say($"{order.Name}: its money is not put off: {failure.Message}");
        }
    }

    /// <summary>What is wrong; null where nothing is, or where nobody can say.</summary>
    private Complaint? Judge(WatchedOrder order)
    {
        Bytes32 stated = order.StatedHash;
        if (_wrong.TryGetValue($"{order.Hash} {stated}", out Complaint? known))
        {
            return known;
        }

        if (order.Statements.Count == 0)
        {
            return null;
        }

        IModel? model = _models.Find(order.Order.ModelRoot);
        Once(model is null
            ? $"model {order.Order.ModelRoot}: weights not held: its orders are not judged" : null);
        if (model is null)
        {
            return null;
        }

        bool isTaken = _options.Takes(order.Hash);
        Complaint? complaint = isTaken
            ? Complaints.Find(model, order.Ordered, order.Statements, _options.Threads) : null;
        _options.Say($"{order.Name}: " + (!isTaken ? "left out by the share"
            : complaint is null ? "right" : $"wrong: {complaint.Kind}"));
        if (complaint is null)
        {
            _store.Settle(order.Hash, stated);
        }
        else
        {
            _wrong[$"{order.Hash} {stated}"] = complaint;
        }

        return complaint;
    }

    /// <summary>Before money is put down: the model read anew, and the order run once more.
    /// </summary>
    private bool IsStillWrong(WatchedOrder order, Complaint complaint)
    {
        using IModel model = _models.Again(order.Order.ModelRoot);
        Complaint? again =
            Complaints.Find(model, order.Ordered, order.Statements, _options.Threads);
        bool isSame = again is not null && again.Kind == complaint.Kind
            && again.About == complaint.About;
        if (!isSame)
        {
            _wrong.Remove($"{order.Hash} {order.StatedHash}");
            _options.Say($"{order.Name}: two runs here disagree: nothing is opened "
                + "(check this machine's memory)");
        }

        return isSame;
    }

    private bool IsOpenable(WatchedOrder order, CaseState found, BlockHeader head)
    {
        UInt128 last = (UInt128)order.Order.Deadline + CourtLimits.OpenSeconds;
        UInt128 claimed = found.ClaimedAt == 0
            ? 0 : (UInt128)found.ClaimedAt + CourtLimits.OpenAfterClaimSeconds;
        bool isOpenable = head.Timestamp <= UInt128.Max(last, claimed);
        Once(isOpenable ? null : $"{order.Name}: too late, it cannot be disputed any more");
        return isOpenable;
    }

    private RecordedRun Run(WatchedOrder order, uint steps)
    {
        if (_run is { } kept && kept.Order == order.Hash && kept.Run.Steps == steps)
        {
            return kept.Run;
        }

        // One at a time is in memory; the others run again.
        Dispose();
        _run = null;
        IModel model = _models.Find(order.Order.ModelRoot)
            ?? throw new WatchException($"model {order.Order.ModelRoot}: weights not held");
        RecordedRun run = RecordedRun.Of(
            model, order.Bundle.Input.ToArray(), steps, _options.Threads);
        _run = (order.Hash, run);
        return run;
    }

    private async Task<CourtSite> SiteAsync(Address court, CancellationToken cancel)
    {
        if (!_sites.TryGetValue(court, out CourtSite? site))
        {
            _sites[court] = site =
                await CourtSite.OpenAsync(_rpc, _options.Domain, court, cancel)
                    .ConfigureAwait(false);
        }

        return site;
    }

    private void Once(string? line)
    {
        if (line is not null && _said.Add(line))
        {
            _options.Say(line);
        }
    }
}

/// <summary>What one pass saw and did.</summary>
public sealed class WatchPass
{
    /// <summary>Orders with a court.</summary>
    public int Orders { get; internal set; }

    /// <summary>Among them wrong ones that are not decided yet.</summary>
    public int Wrong { get; internal set; }

    /// <summary>Open disputes of the watcher's own.</summary>
    public int Open { get; internal set; }

    /// <summary>Orders whose node was convicted.</summary>
    public int Convicted { get; internal set; }

    /// <summary>Orders that could not be looked at.</summary>
    public int Failures { get; internal set; }

    /// <summary>Whether a transaction was sent: more may follow at once.</summary>
    public bool Sent { get; internal set; }
}
