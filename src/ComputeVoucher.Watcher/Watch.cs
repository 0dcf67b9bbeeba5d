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
    /// <summary>A case is over by then, seconds from the deadline of its order: the last verdict
    /// comes within 30 days, and a share waits at most 26 more for the disputes of others
    /// (Rewards.POT_MAX); and a few in hand.</summary>
    private const ulong CaseKeepSeconds = 60 * 86_400;

    /// <summary>Nobody is asked when the time to open a dispute ends sooner, seconds: the talks
    /// of a pass, the last one's 9 minutes, and a transaction needs its block.</summary>
    private const ulong AskSecondsInHand = 3_600;

    /// <summary>No talk of a pass begins later after its first, seconds: half of the above, so that
    /// whoever comes last still has its time.</summary>
    private const ulong TalkSeconds = AskSecondsInHand / 2;

    private readonly WatchOptions _options;
    private readonly WatchStore _store;
    private readonly WatchedModels _models;
    private readonly JsonRpcClient _rpc;
    private readonly WatchChecks _checks;
    private readonly CaseMoves _moves;
    private readonly Collection _collection;
    private readonly NodeQuestions? _questions;
    private readonly Dictionary<Address, CourtSite> _sites = [];
    private readonly HashSet<string> _said = [];
    private readonly HashSet<Bytes32> _shown = [];
    private readonly HashSet<Bytes32> _undeferred = [];
    private readonly HashSet<Bytes32> _kept = [];
    private readonly Reruns _reruns;

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
        _reruns = new Reruns(options, store, models);
        _checks = new WatchChecks(rpc, options, time);
        _moves = new CaseMoves(options, send);
        _collection = new Collection(rpc, options, send);
        _questions = options.Nodes is { } nodes ? new NodeQuestions(options, nodes) : null;
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
        HashSet<Bytes32> seen = [];
        foreach (string file in Files())
        {
            await TryAsync(Path.GetFileName(file), pass, async () =>
            {
                if (Read(EvidenceFolder.Read(file), Path.GetFileName(file)) is { } order)
                {
                    _ = seen.Add(order.Hash);
                    await LookAsync(order, head, problem, pass, cancel).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
        }

        foreach (Bytes32 kept in _store.Cases())
        {
            await TryAsync($"{kept}", pass, async () =>
            {
                if (!seen.Contains(kept) && ReadKept(kept, head) is { } order)
                {
                    await LookAsync(order, head, problem, pass, cancel).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
        }

        foreach (CourtSite site in _sites.Values)
        {
            await TryAsync("deposits", pass, async () => pass.Sent |= await _collection
                .FeesAsync(site, head, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        }

        // A talk takes its time: whatever needs none was done before.
        foreach (Func<Task> question in pass.Questions)
        {
            await question().ConfigureAwait(false);
        }

        return pass;
    }

    public void Dispose() => _reruns.Dispose();

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

    /// <summary>What goes wrong with one order keeps nobody from the others.</summary>
    private async Task TryAsync(string what, WatchPass pass, Func<Task> look)
    {
        try
        {
            await look().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is ChainException or WatchException
            or ModelException or ClientException)
        {
            pass.Failures++;
            _options.Say($"{what}: {failure.Message}");
        }
    }

    private WatchedOrder? Read(EvidenceBundle bundle, string name)
    {
        WatchedOrder? order = WatchedOrder.Of(bundle, _options.Domain, out string fault);
        Once(order is null ? $"{name}: {fault}" : null);
        if (order is null || order.Brief.Class.Court == default)
        {
            return null;
        }

        if (_store.Case(order.Hash) is { } kept)
        {
            order.Learn(kept);
        }

        return order;
    }

    /// <summary>A case whose evidence is in the folder no more.</summary>
    private WatchedOrder? ReadKept(in Bytes32 hash, BlockHeader head)
    {
        EvidenceBundle bundle = _store.Case(hash)!;
        if (head.Timestamp <= (UInt128)bundle.Ordered().Deadline + CaseKeepSeconds)
        {
            return Read(bundle, $"{hash}");
        }

        _store.Drop(hash);
        return null;
    }

    /// <summary>What nobody else may keep as long as its case lasts.</summary>
    private void Keep(WatchedOrder order)
    {
        if (_kept.Add(order.StatedHash))
        {
            _store.Keep(order.Hash, order.Bundle);
        }
    }

    private async Task LookAsync(
        WatchedOrder order, BlockHeader head, string? problem, WatchPass pass,
        CancellationToken cancel)
    {
        pass.Orders++;
        CourtSite site = await SiteAsync(order.Brief.Class.Court, cancel).ConfigureAwait(false);
        ulong from = _store.FirstBlock!.Value;
        CaseState found = await site.Court.CaseAsync(
            order.Channel, order.Order.Seq, BlockTag.Number(head.Number), cancel)
            .ConfigureAwait(false);
        if (found.ClaimedAt != 0)
        {
            await Claims.AddAsync(_rpc, site, order, from, head.Number, cancel)
                .ConfigureAwait(false);
        }

        if (found.IsConvicted || found.IsLate)
        {
            pass.Convicted++;
            Keep(order);
            Once($"{order.Name}: convicted" + (found.IsConvicted ? "" : ": it was late"));
            await CollectAsync(site, order, found, head, pass, cancel).ConfigureAwait(false);
        }
        else if (found.ClaimedAt != 0)
        {
            pass.Sent |= await SmallerAsync(site, order, found, from, head, cancel)
                .ConfigureAwait(false);
        }

        if (_models.Find(order.Order.ModelRoot) is null)
        {
            pass.NotHeld++;
        }

        bool isDone = found.IsConvicted || _store.IsSettled(order.Hash, order.StatedHash);
        if (!isDone && _reruns.Judge(order) is { } complaint)
        {
            pass.Wrong++;
            Keep(order);
            await PursueAsync(site, order, complaint, found, head, problem, pass, cancel)
                .ConfigureAwait(false);
        }
    }

    /// <summary>What a conviction brings, as soon as the court gives it.</summary>
    private async Task CollectAsync(CourtSite site, WatchedOrder order, CaseState found,
        BlockHeader head, WatchPass pass, CancellationToken cancel)
    {
        ulong from = _store.FirstBlock!.Value;
        if (found.IsConvicted && await _collection
            .RaiseAsync(site, order, found, from, head, cancel).ConfigureAwait(false))
        {
            // What it allows shows at the next look.
            pass.Sent = true;
            return;
        }

        pass.Sent |= await _collection.RefundAsync(site, order, found, from, head, cancel)
            .ConfigureAwait(false);
        if (found.IsConvicted && found.Disputes > 0)
        {
            await EndAsync(site, order, head, pass, cancel).ConfigureAwait(false);
        }

        pass.Sent |= await _collection.ShareAsync(site, order, head, cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Own disputes of an order that was decided otherwise.</summary>
    private async Task EndAsync(CourtSite site, WatchedOrder order, BlockHeader head,
        WatchPass pass, CancellationToken cancel)
    {
        foreach ((_, DisputeEvent opened) in await site.FindAsync(
            order, _options.Account, _store.FirstBlock!.Value, head.Number, cancel)
            .ConfigureAwait(false))
        {
            Dispute dispute = await site.Disputes.DisputeAsync(
                opened.Id, BlockTag.Number(head.Number), cancel).ConfigureAwait(false);
            if (!dispute.IsOver)
            {
                pass.Open++;
                pass.Sent |= await _moves.EndAsync(
                    site, order, new DisputeRecord(site, opened, head.Number),
                    head.Number, cancel).ConfigureAwait(false);
            }
        }
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

        complaint = (isMore ? _reruns.Judge(order) : null) ?? complaint;
        if (complaint.IsDispute
            && records.TryGetValue(CaseMoves.PurposeOf(complaint), out DisputeRecord? ours))
        {
            await GoOnAsync(site, order, ours, found, head, pass, cancel)
                .ConfigureAwait(false);
        }
        else if (problem is null && (records.Count > 0 || IsOpenable(
                order, found, await NowAsync(cancel).ConfigureAwait(false)))
            && _reruns.IsStillWrong(order, complaint))
        {
            ulong now = await NowAsync(cancel).ConfigureAwait(false);
            if (_questions?.MayAsk(order, complaint) is true
                && IsInTime(order, found, (UInt128)now + AskSecondsInHand))
            {
                pass.Questions.Add(() => TryAsync(order.Name, pass, () =>
                    AskAsync(site, order, complaint, found, pass, cancel)));
                return;
            }

            await _moves.ComplainAsync(site, order, complaint, cancel).ConfigureAwait(false);
            pass.Sent = true;
        }
    }

    /// <summary>The node has the first word: it may convict by it, or show that nothing is wrong.
    /// </summary>
    private async Task AskAsync(CourtSite site, WatchedOrder order, Complaint complaint,
        CaseState found, WatchPass pass, CancellationToken cancel)
    {
        byte[]? proven = null;
        ulong now = await NowAsync(cancel).ConfigureAwait(false);
        pass.TalksFrom ??= now;
        if (now - pass.TalksFrom <= TalkSeconds && _questions!.MayAsk(order, complaint)
            && IsInTime(order, found, (UInt128)now + AskSecondsInHand))
        {
            proven = await _questions
                .AskAsync(order, complaint, _reruns.Run(order, complaint.About.Steps), cancel)
                .ConfigureAwait(false);
            Keep(order);
            if (_reruns.Judge(order) is not { } still)
            {
                return;
            }

            complaint = still;
        }

        await (proven is not null && complaint.IsDispute
            ? _moves.ConvictAsync(site, proven, cancel)
            : _moves.ComplainAsync(site, order, complaint, cancel)).ConfigureAwait(false);
        pass.Sent = true;
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

        if (order.Smallest is not { } smallest || smallest.Units >= found.Charged
            || _shown.Contains(order.Hash))
        {
            return false;
        }

        try
        {
            await _moves.ShowAsync(site, order, smallest, cancel).ConfigureAwait(false);
        }
        catch (ChainException failure) when (failure.Fault == ChainFault.Reverted)
        {
            // It would be refused again, and what else is wrong with the order must not wait.
            _ = _shown.Add(order.Hash);
            throw;
        }

        return _shown.Add(order.Hash);
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
            return;
        }

        pass.Open++;
        bool isMoved = await _moves.MoveAsync(
            site, order, record, dispute, head.Number, steps => _reruns.Run(order, steps), cancel)
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
        catch (ChainException failure) when (failure.Fault == ChainFault.Reverted)
        {
            _ = _undeferred.Add(order.Hash);
            _options.Say($"{order.Name}: its money is not put off: {failure.Message}");
        }
    }

    /// <summary>Whether a dispute can be opened then, Unix seconds.</summary>
    private static bool IsInTime(WatchedOrder order, CaseState found, UInt128 time)
    {
        UInt128 last = (UInt128)order.Order.Deadline + CourtLimits.OpenSeconds;
        UInt128 claimed = found.ClaimedAt == 0
            ? 0 : (UInt128)found.ClaimedAt + CourtLimits.OpenAfterClaimSeconds;
        return time <= UInt128.Max(last, claimed);
    }

    /// <summary>The chain's time, Unix seconds: runs and talks take long, and the block at which a
    /// pass began is old by then.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    private async Task<ulong> NowAsync(CancellationToken cancel) =>
        (await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no newest block"))
        .Timestamp;

    private bool IsOpenable(WatchedOrder order, CaseState found, ulong now)
    {
        bool isOpenable = IsInTime(order, found, now);
        Once(isOpenable ? null : $"{order.Name}: too late, it cannot be disputed any more");
        return isOpenable;
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

    /// <summary>Among them those of models whose weights are not held: nobody disputes them here.
    /// </summary>
    public int NotHeld { get; internal set; }

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

    /// <summary>What nodes are asked when all else is done.</summary>
    internal List<Func<Task>> Questions { get; } = [];

    /// <summary>Chain time of the first of them, Unix seconds.</summary>
    internal ulong? TalksFrom { get; set; }
}
