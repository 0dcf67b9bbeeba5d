using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>
/// Takes the open orders of a channel whose promise was broken through the court, as far as it goes
/// now: what is still open then, the next run goes on with.
/// </summary>
public sealed class DemandRunner
{
    /// <summary>Between two looks at the chain: a block of the fast ones.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    public required DemandDesk Desk { get; init; }

    /// <summary>Holds the promises.</summary>
    public required EvidenceFolder Evidence { get; init; }

    /// <summary>Holds the orders that have no answer.</summary>
    public required ClientJournal Journal { get; init; }

    /// <summary>Checks the answers and takes them.</summary>
    public required OrderRunner Runner { get; init; }

    /// <summary>Of the orders that are demanded; those of another wait for it.</summary>
    public required IModel Model { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Hears what is done, what it costs, and what is missing.</summary>
    public required Action<string> Say { get; init; }

    /// <summary>Who pays the deposit and sends; asked once something is to be sent.</summary>
    public required TransactionSender Sender { get; init; }

    /// <summary>What the account has, wei.</summary>
    public required Func<CancellationToken, Task<UInt256>> Balance { get; init; }

    /// <summary>Fetches what a conviction brought, and the deposits.</summary>
    public required Collector Collector { get; init; }

    /// <summary>How long an answer is waited for; the demand itself stands for days.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>Open orders that the node accepted and did not answer.</summary>
    public static List<PendingOrder> Promised(ClientJournal journal, EvidenceFolder evidence) =>
        [.. journal.Pending().Where(order => evidence.Find(order.Order)
            is { Accept.IsEmpty: false, Receipt.IsEmpty: true })];

    /// <summary>One turn of every demand that was made, and nothing else: the node may answer over
    /// the wire yet.</summary>
    /// <param name="done">Told of each order that has come to an end.</param>
    /// <param name="cancel">Leaves it as it is.</param>
    /// <exception cref="ChainException">The chain does not answer, or refuses.</exception>
    public Task ContinueAsync(Action<OrderOutcome> done, CancellationToken cancel) =>
        RunAsync(TimeSpan.Zero, mayAsk: false, done, cancel);

    /// <summary>Demands what was promised, and waits for the outcome as long as it may.</summary>
    /// <param name="done">Told of each order that has come to an end.</param>
    /// <param name="cancel">Leaves it as it is.</param>
    /// <exception cref="ChainException">The chain does not answer, or refuses.</exception>
    public Task RunAsync(Action<OrderOutcome> done, CancellationToken cancel) =>
        RunAsync(Wait, mayAsk: true, done, cancel);

    private async Task RunAsync(TimeSpan wait, bool mayAsk, Action<OrderOutcome> done,
        CancellationToken cancel)
    {
        List<PendingOrder> open = Promised(Journal, Evidence)
            .FindAll(order => order.Order.ModelRoot == Model.ModelRoot);
        using TimeLimit limit = new(Time, wait, cancel);
        while (open.Count > 0)
        {
            List<PendingOrder> waiting = [];
            foreach (PendingOrder order in open)
            {
                EvidenceBundle bundle = Evidence.Find(order.Order)!;
                DemandLook look = await Desk.LookAsync(bundle, cancel).ConfigureAwait(false);
                bool isNew = look.Stage is DemandStage.Due or DemandStage.NotDue;
                if ((mayAsk || !isNew)
                    && await TurnAsync(order, bundle, look, done, cancel).ConfigureAwait(false))
                {
                    waiting.Add(order);
                }

                if (mayAsk && limit.IsOver && look.Stage == DemandStage.Asked)
                {
                    Say($"order {order.Order.Seq}: demanded, and to be answered by "
                        + $"{Date(look.Until)} (the next request on this channel collects it)");
                }
            }

            if (limit.IsOver)
            {
                return;
            }

            open = waiting;
            if (open.Count > 0)
            {
                await Task.Delay(s_look, Time, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Does what can be done now; true while there is something to wait for.</summary>
    private async Task<bool> TurnAsync(PendingOrder order, EvidenceBundle bundle,
        DemandLook look, Action<OrderOutcome> done, CancellationToken cancel)
    {
        ulong seq = order.Order.Seq;
        switch (look.Stage)
        {
            case DemandStage.Due:
                return await AskAsync(bundle, cancel).ConfigureAwait(false);
            case DemandStage.InputWanted:
                Say($"order {seq}: the node says that it has lost the input; it is shown");
                await Desk.ShowAsync(bundle, Sender, cancel).ConfigureAwait(false);
                return true;
            case DemandStage.Asked:
                return true;
            case DemandStage.NotDue:
                Say($"order {seq}: promised by {Date(look.Until)} (the next request after that "
                    + "demands it)");
                return false;
            case DemandStage.Silent:
                await Desk.TimeoutAsync(bundle, Sender, cancel).ConfigureAwait(false);
                return true;
            case DemandStage.Answered:
                done(Runner.TakeDelivery(order, look.Delivery!.Value, !bundle.Cancel.IsEmpty));
                await CollectAsync(bundle, cancel).ConfigureAwait(false);
                return false;
            case DemandStage.Convicted:
                Journal.Refuse(seq);
                Say($"order {seq}: the node did not answer the demand, and was convicted: its bond "
                    + "is slashed, and the order costs nothing");
                await CollectAsync(bundle, cancel).ConfigureAwait(false);
                return false;
            case DemandStage.Lapsed:
                Say($"order {seq}: its demand has ended, and no answer can be read from the chain");
                await CollectAsync(bundle, cancel).ConfigureAwait(false);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Explains the cost, and demands, where the account can and may.</summary>
    private async Task<bool> AskAsync(EvidenceBundle bundle, CancellationToken cancel)
    {
        Order order = bundle.Ordered();
        string? missing = null;
        UInt256 deposit = 0;
        if (!DemandDesk.IsAskable(Model, bundle.Input.Span))
        {
            missing = $"its output may have more than {EvidenceBundle.OutputBytesMax} bytes, which "
                + "no court takes";
        }
        else if (!await Desk.MayActAsync(bundle.Channel, Sender.Account, cancel)
            .ConfigureAwait(false))
        {
            missing = $"{Sender.Account} may not act for the channel (the key of its holder, of "
                + "its orders, or of an appointed watcher is wanted)";
        }
        else
        {
            deposit = await Desk.DepositAsync(Model, bundle, cancel).ConfigureAwait(false);
            UInt256 has = await Balance(cancel).ConfigureAwait(false);
            missing = has > deposit ? null
                : $"{Sender.Account} has {has} wei, and a deposit of {deposit} wei and gas are "
                    + "wanted (send it ether, or name another account)";
        }

        if (missing is not null)
        {
            Say($"order {order.Seq}: accepted, not answered, and not demanded: {missing}");
            return false;
        }

        Say($"order {order.Seq}: accepted and not answered in time; it is demanded before court "
            + $"{bundle.Class.Court}. {deposit} wei are deposited for the answer; what it does not "
            + "cost comes back, all of it where the node stays silent. Gas comes on top");
        await Desk.AskAsync(bundle, Model, deposit, Sender, cancel).ConfigureAwait(false);
        return true;
    }

    private Task<Collected> CollectAsync(EvidenceBundle bundle, CancellationToken cancel) =>
        Collector.CollectAsync(bundle.Class, bundle.Channel, Sender, Say, cancel);

    internal static string Date(ulong seconds) => DateTimeOffset
        .FromUnixTimeSeconds((long)Math.Min(seconds, 1UL << 40))
        .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
