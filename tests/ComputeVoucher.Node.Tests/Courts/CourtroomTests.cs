using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>An honest node before the real court, on a chain: whatever its opponent asks, it
/// answers, through every restart, and is not convicted.</summary>
[Trait("Category", "load")]
public sealed class CourtroomTests : IAsyncLifetime
{
    private const ulong Wei = 10_000_000_000_000_000;
    private const ulong Day = 86_400;

    private CourtChain? _started;
    private CourtNode? _running;

    private CourtChain Chain => _started!;

    private CourtNode Node => _running!;

    public async Task InitializeAsync()
    {
        if (new CourtFactAttribute().Skip is null)
        {
            _started = await CourtChain.StartAsync();
            _running = CourtNode.Over(_started);
        }
    }

    public async Task DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        if (_started is not null)
        {
            await _started.DisposeAsync();
        }
    }

    /// <summary>The dispute begins while the node is down, and the node dies between any two
    /// moves: root, list, tensor, leaves and operands are answered all the same, also when a prune
    /// comes in between; the opener then has nothing to show.</summary>
    [CourtFact]
    public async Task HonestOrder_IsAnsweredToTheEnd_ThroughRestarts()
    {
        (ChannelTerms terms, StoredOrder order) = await ServedAsync();
        ulong id = await OpenAsync(terms, order, DisputePurpose.Trace);
        Matter matter = await MatterAsync(id);
        int answers = 0;
        for (bool isOpen = true; isOpen;)
        {
            Node.Restart();
            await UntilOpenersTurnAsync(id);
            answers++;
            Assert.Equal(0, await Node.Ledger.PruneAsync(
                order.Order.Deadline + 100 * Day, CourtLimits.InputKeepSeconds));
            Assert.NotEmpty(Node.Ledger.Input(order.Hash));
            Dispute state = await StateAsync(id);
            matter = matter.Hash() == state.Matter
                ? matter
                : matter.WithTraceRoot(await StatedRootAsync(id));
            isOpen = await MoveAsync(id, matter, state);
        }

        Assert.InRange(answers, 4, 10);
        Assert.Null(Node.Problem);
        await Chain.PassAsync(4 * Day);
        await Chain.SendAsync(
            Chain.Holder, Chain.Disputes.Address, DisputesContract.Timeout(id, matter));
        await AcquittedAsync(id);
        await Node.StepAsync();
        Assert.Equal(0, Node.Courts.Figures.Open);
    }

    /// <summary>A result of no steps is explained by the Cancel that is stored with it.</summary>
    [CourtFact]
    public async Task CancelledOrder_IsAnsweredWithItsCancel()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        StoredOrder order = await Node.CancelAsync(terms, 0, await DeadlineAsync());
        ulong id = await OpenAsync(terms, order, DisputePurpose.Cancel);
        await Node.UntilAsync(async () => (await StateAsync(id)).IsOver);
        await AcquittedAsync(id);
    }

    /// <summary>A node that has lost the input asks for it, and goes on with what is shown.
    /// </summary>
    [CourtFact]
    public async Task LostInput_IsShownByTheOpenerAndKept()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        StoredOrder order = await Node.ServeAsync(terms, 0, await DeadlineAsync(), input: []);
        ulong id = await OpenAsync(terms, order, DisputePurpose.Trace);
        await Node.UntilAsync(async () => (await StateAsync(id)).State == DisputeState.WantInput);
        byte[] input = CourtNode.InputOf(Chain.Model);
        await Chain.SendAsync(Chain.Holder, Chain.Disputes.Address,
            DisputesContract.ShowInput(id, await MatterAsync(id), input));
        Node.Restart();
        await UntilOpenersTurnAsync(id);
        Assert.Equal(DisputeState.WantPick, (await StateAsync(id)).State);
        Assert.Equal(input, Node.Ledger.Input(order.Hash));
    }

    /// <summary>What was accepted and given up is delivered when it is demanded.</summary>
    [CourtFact]
    public async Task AcceptedOrderThatWasGivenUp_IsDeliveredOnDemand()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        StoredOrder order = await Node.TakeAsync(
            terms, 0, await DeadlineAsync(), isAccepted: true);
        Assert.Equal(RefusalReason.None, Node.Ledger.ReleaseOrder(order.Hash));
        await Chain.PassAsync(Day);
        await Node.Ledger.PruneAsync(
            (await Chain.HeadAsync()).Timestamp, CourtLimits.InputKeepSeconds);
        await Chain.SendAsync(Chain.Holder, Chain.Claims.Address,
            ClaimsContract.Ask(
                new Brief(Chain.Class, terms, order.Order, order.Signature),
                order.Accept!.Accept.DueAt, order.Accept.Signature, RecordOpening.None), Wei);
        Node.Restart();
        await Node.UntilAsync(async () => (await DemandAsync(order)).IsEnded);
        await Chain.PassAsync(4 * Day);
        await Node.StepAsync();
        Assert.False(await Chain.Court.CondemnedAsync(
            Chain.Node.Address, Chain.Class.Token, BlockTag.Latest, default));
        Assert.Equal((0, null), (Node.Courts.Figures.Open, Node.Courts.Figures.SecondsLeft));
    }

    /// <summary>Orders that nobody acknowledged are claimed a day before a thaw lets their units
    /// go, and not sooner; once.</summary>
    [CourtFact]
    public async Task E2E_ClaimBeforeThaw()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        ulong now = (await Chain.HeadAsync()).Timestamp;
        UInt128 units = 0;
        for (ulong seq = 0; seq < 3; seq++)
        {
            units += (await Node.ServeAsync(terms, seq, now + 2 * Day + Day / 2))
                .Receipt!.Receipt.Units;
        }

        await Chain.SendAsync(
            Chain.Holder, Chain.Domain.Vouchers, VouchersContract.Thaw(Chain.Class, terms));
        await Node.Ledger.PutChannel(
            Node.Ledger.Channel(terms.HashStruct())!.Row with { ThawAt = now + 3 * Day });
        await Chain.PassAsync(2 * Day - 3_600);
        await Node.StepAsync();
        Assert.Empty(Node.Sent);
        await Chain.PassAsync(2 * 3_600);
        Node.Restart();
        await Node.UntilAsync(async () => (await RedeemedAsync(terms)) == units);
        await Node.StepAsync();
        await Node.StepAsync();
        Assert.Single(Node.Sent);
        Assert.Null(Node.Problem);
        Assert.Equal(0, Node.Courts.Figures.ClaimsPending);
    }

    /// <summary>A node that cannot answer says so, how long it has, and once more a day before it
    /// loses; with its model back it answers.</summary>
    [CourtFact]
    public async Task AnswerThatIsMissing_IsAnAlertOnItsLastDay()
    {
        (ChannelTerms terms, StoredOrder order) = await ServedAsync();
        ulong id = await OpenAsync(terms, order, DisputePurpose.Trace);
        Node.Serves = false;
        Node.Restart();
        await Node.StepAsync();
        Assert.Equal(1, Node.Courts.Figures.Open);
        Assert.InRange(Node.Courts.Figures.SecondsLeft!.Value, 3 * Day, 4 * Day);
        Assert.Equal(0, Node.Log.Count(LogEvents.DisputeUrgent));
        await Chain.PassAsync(2 * Day + Day / 2 + 600);
        await Node.StepAsync();
        await Chain.MineAsync(1);
        await Node.StepAsync();
        Assert.Equal(1, Node.Log.Count(LogEvents.DisputeStuck));
        Assert.Equal(1, Node.Log.Count(LogEvents.DisputeUrgent));
        Assert.InRange(Node.Courts.Figures.SecondsLeft!.Value, 1u, Day);
        Node.Serves = true;
        Node.Restart();
        await UntilOpenersTurnAsync(id);
        Assert.Null(Node.Problem);
    }

    /// <summary>No claim costs more than it pays: where a unit is worth a wei, none is made.
    /// </summary>
    [CourtFact]
    public async Task Claim_ThatPaysLessThanItsGas_IsNotMade()
    {
        await using CourtNode poor = CourtNode.Over(Chain, weiPerTokenUnit: 1);
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        await poor.ServeAsync(terms, 0, await DeadlineAsync());
        await Chain.PassAsync(2 * Day + 3_600);
        await Patience.UntilAsync(async () =>
        {
            await poor.StepAsync();
            return poor.Problem is not null;
        });
        Assert.Contains("its own cap", poor.Problem, StringComparison.Ordinal);
        Assert.Equal((UInt128)0, await RedeemedAsync(terms));
        await Chain.PassAsync(3 * Day / 4);
        await poor.StepAsync();
        await poor.StepAsync();
        Assert.True(Assert.Single(poor.Sent).Request.IsUrgent);
        Assert.Equal((UInt128)0, await RedeemedAsync(terms));
    }

    /// <summary>Who the holder appointed may ask the node for openings, until he takes it back.
    /// </summary>
    [CourtFact]
    public async Task AppointedWatcher_IsKnown_AlsoAfterARestart()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(1_000);
        Bytes32 channel = terms.HashStruct();
        Address watcher = Chain.Deployer.Address;
        await Node.TakeAsync(terms, 0, await DeadlineAsync());
        await AppointAsync(true);
        Assert.Equal((true, true),
            (Node.Courts.IsWatcher(channel, watcher), Node.Courts.IsWatcher(watcher)));
        Assert.False(Node.Courts.IsWatcher(channel, Chain.Holder.Address));
        await Chain.MineAsync(400);
        await Node.StepAsync();
        Node.Restart();
        Assert.True(Node.Courts.IsWatcher(channel, watcher));
        await AppointAsync(false);
        Node.Restart();
        Assert.False(Node.Courts.IsWatcher(watcher));

        async Task AppointAsync(bool isOn)
        {
            await Chain.SendAsync(Chain.Holder, Chain.Court.Address,
                CourtContract.Appoint(terms, watcher, isOn));
            await Node.StepAsync();
        }
    }

    /// <summary>Where everybody may dispute, two orders of the channel may wait for their first
    /// answer: the node counts both, also after a restart.</summary>
    [CourtFact]
    public async Task ChannelOpenToEverybody_CountsTwice_AlsoAfterARestart()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(1_000);
        StoredOrder order = await Node.TakeAsync(terms, 0, await DeadlineAsync());
        UInt128 one = order.Order.MaxUnits;
        Assert.Equal(one, Node.Ledger.DisputeUnits);
        await AppointAsync(true);
        Assert.Equal(2 * one, Node.Ledger.DisputeUnits);
        await Chain.MineAsync(400);
        await Node.StepAsync();
        Node.Restart();
        Assert.Equal(2 * one, Node.Ledger.DisputeUnits);
        await AppointAsync(false);
        Assert.Equal(one, Node.Ledger.DisputeUnits);

        async Task AppointAsync(bool isOn)
        {
            await Chain.SendAsync(Chain.Holder, Chain.Court.Address,
                CourtContract.Appoint(terms, CourtContract.Everybody, isOn));
            await Node.StepAsync();
        }
    }

    private async Task<ulong> DeadlineAsync() => (await Chain.HeadAsync()).Timestamp + 600;

    private async Task<(ChannelTerms Terms, StoredOrder Order)> ServedAsync()
    {
        ChannelTerms terms = await Chain.OpenChannelAsync(100_000_000);
        return (terms, await Node.ServeAsync(terms, 0, await DeadlineAsync()));
    }

    private async Task<ulong> OpenAsync(
        ChannelTerms terms, StoredOrder order, DisputePurpose purpose)
    {
        StoredReceipt receipt = order.Receipt!;
        await Chain.SendAsync(Chain.Holder, Chain.Challenges,
            ChallengesContract.Open(
                new Brief(Chain.Class, terms, order.Order, order.Signature),
                SignedStatement.Of(receipt.Receipt, receipt.Signature), purpose, [],
                RecordOpening.None), Wei);
        return await Chain.Disputes.CountAsync(BlockTag.Latest, default);
    }

    private Task<Dispute> StateAsync(ulong id) =>
        Chain.Disputes.DisputeAsync(id, BlockTag.Latest, default);

    private Task<Demand> DemandAsync(StoredOrder order) => Chain.Claims.DemandAsync(
        order.Order.Channel, order.Order.Seq, BlockTag.Latest, default);

    private async Task<UInt128> RedeemedAsync(ChannelTerms terms) => (await Chain.Vouchers
        .ChannelAsync(terms.HashStruct(), BlockTag.Latest, default)).Redeemed;

    private Task UntilOpenersTurnAsync(ulong id) => Node.UntilAsync(async () =>
        (await StateAsync(id)).State is DisputeState.WantPick or DisputeState.WantProof
            or DisputeState.WantRefutation);

    private async Task AcquittedAsync(ulong id)
    {
        Assert.Equal(DisputeState.Lapsed, (await StateAsync(id)).State);
        Assert.False(await Chain.Court.CondemnedAsync(
            Chain.Node.Address, Chain.Class.Token, BlockTag.Latest, default));
        Bond bond = await Chain.Providers.BondAsync(Chain.Node.Address, Chain.Class.Token,
            Chain.Class.Court, BlockTag.Latest, default);
        Assert.Equal((UInt128)CourtChain.Bond, bond.Amount);
    }

    private async Task<List<DisputeEvent>> EventsAsync(ulong id)
    {
        BlockHeader head = await Chain.HeadAsync();
        List<DisputeEvent> events = [];
        foreach (LogEntry log in await Chain.Rpc.LogsAsync(
            new LogFilter(Chain.Disputes.Address, 0, head.Number, []), default))
        {
            if (DisputeEvent.TryRead(log, out DisputeEvent read) && read.Id == id)
            {
                events.Add(read);
            }
        }

        return events;
    }

    private async Task<Matter> MatterAsync(ulong id) =>
        (await EventsAsync(id)).Find(one => one.Kind == DisputeEventKind.Opened)!.Matter;

    private async Task<Bytes32> StatedRootAsync(ulong id) =>
        (await EventsAsync(id)).Find(one => one.Kind == DisputeEventKind.RootStated)!.TraceRoot;

    /// <summary>Picks the last node of every answer, then asks for operands; false where there is
    /// nothing left to ask.</summary>
    private async Task<bool> MoveAsync(ulong id, Matter matter, Dispute state)
    {
        switch (state.State)
        {
            case DisputeState.WantPick when state.Wraps.HasFlag(DisputeWraps.Fresh):
                await SendAsync(DisputesContract.Pick(id, matter, 0, state.Commit, []));
                return true;
            case DisputeState.WantPick:
                (uint child, Bytes32 hash, Bytes32[] path) = await LastNodeAsync(id);
                await SendAsync(DisputesContract.Pick(id, matter, child, hash, path));
                return true;
            case DisputeState.WantProof:
                byte[] request = new byte[8];
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(request, state.Index);
                await SendAsync(DisputesContract.AskOperands(id, matter, request));
                return true;
            default:
                Assert.Equal(DisputeState.WantRefutation, state.State);
                return false;
        }
    }

    private Task<JsonElement> SendAsync(byte[] move) =>
        Chain.SendAsync(Chain.Holder, Chain.Disputes.Address, move, Wei);

    /// <summary>Of the last answer: the last node that exists, and its path.</summary>
    private async Task<(uint Child, Bytes32 Hash, Bytes32[] Path)> LastNodeAsync(ulong id)
    {
        DisputeEvent answered =
            (await EventsAsync(id)).FindLast(one => one.Kind == DisputeEventKind.Answered)!;
        TransactionInfo? move = await Chain.Rpc
            .TransactionAsync(answered.Log.TransactionHash, default);
        Assert.True(DisputesContract.TryReadAnswer(move!.Input, out _, out byte[] data));
        List<Bytes32> level = [];
        for (int at = 0; at < data.Length; at += Bytes32.Size)
        {
            level.Add(new Bytes32(data.AsSpan(at, Bytes32.Size)));
        }

        uint child = (uint)level.Count - 1;
        Bytes32 hash = level[^1];
        List<Bytes32> path = [];
        for (int i = level.Count - 1; level.Count > 1; i /= TraceTree.Arity)
        {
            while (level.Count % TraceTree.Arity != 0)
            {
                level.Add(default);
            }

            List<Bytes32> above = [];
            for (int at = 0; at < level.Count; at += TraceTree.Arity)
            {
                above.Add(Keccak256.Hash([1, .. level[at].Span, .. level[at + 1].Span,
                    .. level[at + 2].Span, .. level[at + 3].Span]));
                for (int k = at; k < at + TraceTree.Arity; k++)
                {
                    if (i / TraceTree.Arity == at / TraceTree.Arity && k != i)
                    {
                        path.Add(level[k]);
                    }
                }
            }

            level = above;
        }

        return (child, hash, [.. path]);
    }
}
