using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Turns acks into redemption transactions when that is worth it, and without regard to
/// the gas when waiting would lose them.</summary>
/// <remarks>Marks nothing as redeemed: only the mirror does, from the chain. So a lost, repeated or
/// reverted transaction costs gas and nothing else.</remarks>
public sealed partial class Redeemer
{
    /// <summary>The kind of outbox rows that redeem.</summary>
    public const string Kind = "redeem";

    // Longer than finality takes anywhere and than an endpoint that lags is asked; what did not
    // move after all is due again then, or as soon as it is urgent.
    private const ulong DoneSeconds = 3_600;

    private readonly Func<IReadOnlyList<ChannelState>> _channels;
    private readonly Func<Bytes32, VoucherClass?> _classOf;
    private readonly BatchBuilder _builder;
    private readonly Outbox _outbox;
    private readonly JsonRpcClient _rpc;
    private readonly Address _vouchers;
    private readonly RedeemerOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<Bytes32, ulong> _dueSince = [];
    private readonly Dictionary<Bytes32, ulong> _waitUntil = [];

    /// <param name="channels">The ledger's channels, with their newest acks.</param>
    /// <param name="classOf">The pinned class of that id; null for any other.</param>
    /// <param name="vouchers">The Vouchers contract.</param>
    public Redeemer(
        Func<IReadOnlyList<ChannelState>> channels,
        Func<Bytes32, VoucherClass?> classOf,
        BatchBuilder builder,
        Outbox outbox,
        JsonRpcClient rpc,
        Address vouchers,
        RedeemerOptions options,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(classOf);
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _channels = channels;
        _classOf = classOf;
        _builder = builder;
        _outbox = outbox;
        _rpc = rpc;
        _vouchers = vouchers;
        _options = options;
        _time = time;
        _outbox.Judge = JudgementOf;
    }

    /// <summary>One line on what keeps it from redeeming; null where nothing does.</summary>
    public string? Problem { get; private set; }

    /// <summary>One line with the figures of what is held back because it is not worth its gas now;
    /// null where nothing is.</summary>
    public string? Waiting { get; private set; }

    private ulong Now => (ulong)_time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>What is due now, worth it or not.</summary>
    public IReadOnlyList<RedemptionDue> Due() => DueOf(_channels());

    private List<RedemptionDue> DueOf(IReadOnlyList<ChannelState> channels)
    {
        Dictionary<Bytes32, InFlight> inFlight = InFlightOf();
        List<RedemptionDue> due = [];
        foreach (ChannelState channel in channels)
        {
            UInt128 claimable = UInt128.Min(channel.Ack?.CumUnits ?? 0, channel.Row.Locked);
            bool isPaid = channel.Row.Status is not (ChannelStatus.Open or ChannelStatus.Pending)
                || claimable <= channel.Row.Redeemed;
            if (isPaid || _classOf(channel.Row.Terms.ClassId) is not VoucherClass terms)
            {
                _dueSince.Remove(channel.Id);
                continue;
            }

            UInt256 value = Payout(terms, claimable) - Payout(terms, channel.Row.Redeemed);
            bool isUrgent = IsUrgent(channel, terms);
            InFlight sent = inFlight.GetValueOrDefault(channel.Id) ?? new(0, 0);
            due.Add(new RedemptionDue(
                channel,
                terms,
                claimable - channel.Row.Redeemed,
                value,
                isUrgent,
                (isUrgent ? sent.SafeUnits : sent.Units) >= claimable));
        }

        return due;
    }

    /// <summary>Submits what is worth it. Never throws a <see cref="ChainException"/>: it becomes
    /// <see cref="Problem"/>.</summary>
    /// <param name="now">True redeems everything that is due, as the redeem command does.</param>
    /// <returns>The rows that were added to the outbox.</returns>
    public async Task<IReadOnlyList<OutboxEntry>> StepAsync(bool now, CancellationToken cancel)
    {
        Problem = null;
        Waiting = null;
        List<OutboxEntry> submitted = [];
        try
        {
            IReadOnlyList<ChannelState> channels = _channels();
            Look(channels);
            await DropStaleAsync(cancel).ConfigureAwait(false);
            List<RedemptionDue> due = DueOf(channels);
            await HurryAsync(due, cancel).ConfigureAwait(false);
            Dictionary<Bytes32, List<RedemptionDue>> groups = Groups(due);
            if (groups.Count == 0)
            {
                return submitted;
            }

            BlockHeader head = await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
                ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
            FeeView fees = await _outbox.Market.LookAsync(head, cancel).ConfigureAwait(false);
            foreach ((Bytes32 classId, List<RedemptionDue> group) in groups)
            {
                bool mayTry = now || !_waitUntil.TryGetValue(classId, out ulong until)
                    || Now >= until;
                List<RedemptionDue> worthy = mayTry ? Worthy(group, fees, now) : [];
                if (worthy.Count > 0)
                {
                    await SubmitAsync(classId, worthy, fees, now, submitted, cancel)
                        .ConfigureAwait(false);
                }
            }
        }
        catch (ChainException e)
        {
            Problem = e.Message;
        }

        return submitted;
    }

    /// <summary>Tells the redeemer what became of its transactions: a reverted one is not
    /// repeated at once.</summary>
    public void Note(OutboxChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        OutboxEntry item = change.Entry;
        bool isBad = item.Outcome
            is OutboxOutcome.Reverted or OutboxOutcome.WithoutLog or OutboxOutcome.Refused
            or OutboxOutcome.NoEffect;
        if (isBad && item.Request.Purpose is { } purpose)
        {
            Wait(purpose.ClassId);
        }
    }

    /// <summary>A thaw that is seen when the batch is on its way raises that batch's cap: the
    /// units are in no other transaction.</summary>
    private async Task HurryAsync(IReadOnlyList<RedemptionDue> due, CancellationToken cancel)
    {
        HashSet<Bytes32> urgent = [];
        foreach (RedemptionDue item in due)
        {
            if (item.IsUrgent && item.InFlight)
            {
                urgent.Add(item.Channel.Id);
            }
        }

        if (urgent.Count == 0)
        {
            return;
        }

        foreach (OutboxEntry item in _outbox.Open)
        {
            if (!item.Request.IsUrgent && item.Request.Purpose is { } purpose
                && Redeems(purpose, urgent))
            {
                await _outbox.MakeUrgentAsync(item.Id, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task SubmitAsync(
        Bytes32 classId,
        List<RedemptionDue> group,
        FeeView fees,
        bool now,
        List<OutboxEntry> submitted,
        CancellationToken cancel)
    {
        List<RedeemRow> rows = [];
        bool isUrgent = false;
        Address node = group[0].Channel.Row.Terms.Node;
        foreach (RedemptionDue due in group)
        {
            ChannelState channel = due.Channel;
            rows.Add(RedeemRow.From(channel.Row.Terms, channel.Ack!.Value, channel.AckSignature));
            isUrgent |= due.IsUrgent;
        }

        BatchPlan plan = await _builder
            .BuildAsync(group[0].Terms, node, rows, cancel)
            .ConfigureAwait(false);
        if (plan.LeftOut.Count > 0)
        {
            Problem = $"class {classId}: {plan.LeftOut[0]}";
            Wait(classId);
        }

        foreach (RedeemBatch batch in plan.Batches)
        {
            bool isWorth = now || isUrgent
                || await PaysAsync(batch, fees, cancel).ConfigureAwait(false);
            if (!isWorth)
            {
                Wait(classId);
                continue;
            }

            OutboxRequest request = new()
            {
                Kind = Kind,
                Key = $"redeem {Keccak256.Hash(batch.Data)}",
                To = _vouchers,
                Data = batch.Data,
                IsUrgent = isUrgent,
                ExpectedTopic = BatchRedeemedEvent.Topic,
                ExpectedContract = _vouchers,
                Purpose = RedeemRow.PurposeOf(batch.Rows, batch.Node, classId),
            };
            submitted.Add(await _outbox.SubmitAsync(request, cancel).ConfigureAwait(false));
        }
    }

    private static Dictionary<Bytes32, List<RedemptionDue>> Groups(
        IReadOnlyList<RedemptionDue> due)
    {
        Dictionary<Bytes32, List<RedemptionDue>> groups = [];
        foreach (RedemptionDue item in due)
        {
            if (item.InFlight || item.Value.IsZero)
            {
                continue;
            }

            Bytes32 classId = item.Channel.Row.Terms.ClassId;
            if (!groups.TryGetValue(classId, out List<RedemptionDue>? group))
            {
                group = [];
                groups.Add(classId, group);
            }

            group.Add(item);
        }

        return groups;
    }

    /// <summary>Per channel the units that open transactions redeem, and those that did lately:
    /// an endpoint that lags shows them as due, and of two answers one is half.</summary>
    private Dictionary<Bytes32, InFlight> InFlightOf()
    {
        Dictionary<Bytes32, InFlight> inFlight = [];
        foreach (OutboxEntry item in _outbox.All)
        {
            bool isMine = item.Request.To == _vouchers
                && item.Outcome is OutboxOutcome.Open or OutboxOutcome.Succeeded;
            bool isOver = !item.IsOpen && item.CreatedAt + DoneSeconds <= Now;
            if (!isMine || isOver || item.Request.Purpose is not { } purpose)
            {
                continue;
            }

            // What waits under an ordinary cap, or what nobody can make dearer, saves nothing.
            bool isSafe = item.IsOpen
                && (item.State > OutboxState.Intent || item.Request.IsUrgent)
                && item.From == _outbox.Account;
            foreach (RedeemedUnits units in purpose.Channels)
            {
                InFlight before = inFlight.GetValueOrDefault(units.Channel) ?? new(0, 0);
                inFlight[units.Channel] = new InFlight(
                    UInt128.Max(before.Units, units.CumUnits),
                    isSafe ? UInt128.Max(before.SafeUnits, units.CumUnits) : before.SafeUnits);
            }
        }

        return inFlight;
    }

    private static bool Redeems(RedemptionPurpose purpose, HashSet<Bytes32> anyOf)
    {
        foreach (RedeemedUnits units in purpose.Channels)
        {
            if (anyOf.Contains(units.Channel))
            {
                return true;
            }
        }

        return false;
    }

    private void Wait(Bytes32 classId) =>
        _waitUntil[classId] = Now + (ulong)_options.RetryAfter.TotalSeconds;

    /// <param name="Units">Of any open transaction, and of those that did it lately.</param>
    /// <param name="SafeUnits">Of those that are on their way under the urgent cap or signed, by
    /// the key that may raise their fee.</param>
    private sealed record InFlight(UInt128 Units, UInt128 SafeUnits);
}

/// <summary>A channel with acked units that the chain has not paid yet.</summary>
/// <param name="Units">Acked, at most locked, less what is redeemed.</param>
/// <param name="Value">Token base units that redeeming now pays.</param>
/// <param name="IsUrgent">A thaw runs, or the time to redeem ends soon.</param>
/// <param name="InFlight">An open transaction redeems at least this much already.</param>
public sealed record RedemptionDue(
    ChannelState Channel,
    VoucherClass Terms,
    UInt128 Units,
    UInt256 Value,
    bool IsUrgent,
    bool InFlight);
