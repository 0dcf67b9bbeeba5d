using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// The node before the courts of its classes: looks, at every new block, what is open against it,
/// answers it, and claims what was served. One caller drives it, between two looks at the chain;
/// figures may be read from any thread.
/// </summary>
internal sealed class Courtroom
{
    /// <summary>An answer that is not out this long before its time is over is an alert, seconds.
    /// </summary>
    public const ulong AlertSeconds = 86_400;

    private readonly List<Bench> _benches = [];
    private readonly Func<List<Stake>> _stakes;
    private readonly ulong _weiPerTokenUnit;
    private ulong _seen = ulong.MaxValue;
    private volatile CourtFigures _figures = new(0, 0, null);

    /// <param name="serving">Ledger, models, node key.</param>
    /// <param name="rpc">The chain.</param>
    /// <param name="outbox">Takes the moves.</param>
    /// <param name="stakes">Bonds as they were seen last.</param>
    /// <param name="options">What the operator says of it.</param>
    public Courtroom(Serving serving, JsonRpcClient rpc, Outbox outbox, Func<List<Stake>> stakes,
        CourtOptions options)
    {
        (_stakes, _weiPerTokenUnit) = (stakes, options.WeiPerTokenUnit);
        Reruns<RecordedRun> records = new(serving);
        Reruns<byte[]> answers = new(serving);
        Reruns<RunResult> outputs = new(serving);
        CourtMoves moves = new(outbox, serving.Time);
        HashSet<Address> courts = [];
        foreach (VoucherClass terms in serving.Policy.Classes.Values)
        {
            if (terms.Court != default && courts.Add(terms.Court))
            {
                CourtParties court = new(rpc, terms.Court);
                CourtDocket docket = new(
                    court, serving.Ledger, serving.Policy.Node, options.StartBlock);
                _benches.Add(new Bench(court, docket,
                    new DisputeDesk(serving, court, docket, moves,
                        new DisputeRuns(records, answers, options.Threads), AtRiskWei),
                    new DemandDesk(serving, court, docket, moves, outputs, AtRiskWei),
                    new ClaimDesk(serving, court, moves, outputs, WorthWei)));
            }
        }
    }

    /// <summary>As the last look found it.</summary>
    public CourtFigures Figures => _figures;

    /// <summary>Whether its holder has appointed that watcher for a channel.</summary>
    public bool IsWatcher(Bytes32 channel, Address watcher) =>
        _benches.Exists(bench => bench.Docket.IsWatcher(channel, watcher));

    /// <summary>The same for any channel at all.</summary>
    public bool IsWatcher(Address watcher) =>
        _benches.Exists(bench => bench.Docket.IsWatcher(watcher));

    /// <summary>Looks, and makes the moves that are due.</summary>
    /// <param name="head">The newest block that the mirror has seen.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ChainException">No endpoint answers; the next look tries again.</exception>
    public async Task StepAsync(BlockHeader head, CancellationToken cancel)
    {
        // Between two blocks nothing changes on the chain; runs end on the workers.
        bool isNew = head.Number != _seen;
        foreach (Bench bench in _benches)
        {
            await bench.Court.OpenAsync(cancel).ConfigureAwait(false);
            if (isNew)
            {
                await bench.Docket.FollowAsync(head.Number, cancel).ConfigureAwait(false);
                await bench.Disputes.LookAsync(head, cancel).ConfigureAwait(false);
                await bench.Demands.LookAsync(head, cancel).ConfigureAwait(false);
            }

            await bench.Disputes.StepAsync(head, cancel).ConfigureAwait(false);
            await bench.Demands.StepAsync(head, cancel).ConfigureAwait(false);
            await bench.Claims.StepAsync(head, isNew, cancel).ConfigureAwait(false);
            bench.Docket.Save();
        }

        _seen = head.Number;
        _figures = Count(head.Timestamp);
    }

    private CourtFigures Count(ulong now)
    {
        (int open, int pending, ulong? left) = (0, 0, null);
        foreach (Bench bench in _benches)
        {
            pending += bench.Claims.Pending;
            foreach (DisputeCase one in bench.Docket.Disputes.Values)
            {
                open += one.OverAt == 0 ? 1 : 0;
                left = Sooner(left, one.EndsAt, now);
            }

            foreach (DemandCase one in bench.Docket.Demands.Values)
            {
                bool waits = one.OverAt == 0 && !one.State.WantsInput;
                open += one.OverAt == 0 ? 1 : 0;
                left = Sooner(left, waits ? one.State.RespondBy : 0, now);
            }
        }

        return new CourtFigures(open, pending, left);
    }

    private static ulong? Sooner(ulong? left, ulong endsAt, ulong now) => endsAt == 0
        ? left
        : Math.Min(left ?? ulong.MaxValue, endsAt - Math.Min(endsAt, now));

    /// <summary>What a dispute can cost; null where the bond or its worth is not known.</summary>
    private UInt128? AtRiskWei(Address token, Address court) =>
        _stakes().Find(stake => stake.Token == token && stake.Court == court)?.Bond is { } bond
            ? Wei(bond.Amount)
            : null;

    private UInt128? WorthWei(VoucherClass terms, UInt128 units) =>
        Wei(UnitRates.Price(terms, units));

    private UInt128? Wei(UInt256 tokenUnits) =>
        _weiPerTokenUnit == 0 ? null : Coins.Worth(tokenUnits, _weiPerTokenUnit);

    private sealed record Bench(CourtParties Court, CourtDocket Docket, DisputeDesk Disputes,
        DemandDesk Demands, ClaimDesk Claims);
}

/// <summary>What is open before the courts.</summary>
/// <param name="Open">Disputes and demands.</param>
/// <param name="ClaimsPending">Orders whose claim is due.</param>
/// <param name="SecondsLeft">Until the first answer is due; null where none is.</param>
internal sealed record CourtFigures(int Open, int ClaimsPending, ulong? SecondsLeft);

/// <summary>What a node's operator says of its side before the courts.</summary>
/// <param name="StartBlock">No event is older.</param>
/// <param name="WeiPerTokenUnit">Worth of a token base unit; 0 is unknown.</param>
/// <param name="Threads">Of one run.</param>
internal sealed record CourtOptions(ulong StartBlock, ulong WeiPerTokenUnit, int Threads);
