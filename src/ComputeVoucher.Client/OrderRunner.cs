using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client;

/// <summary>
/// Sends orders, checks every receipt, and acknowledges. Whatever breaks on the way (the node, the
/// connection, this process), no order is paid twice and nothing that was served stays unpaid.
/// </summary>
public sealed class OrderRunner : IDisposable
{
    /// <summary>Bytes of an answer of a model that is not here, which is read to its receipt and
    /// thrown away: the 256 pieces of 64 KiB that a connection holds for a slow reader.</summary>
    private const long UnknownAnswerBytesMax = 256L * WireProtocol.OutputBytesMax;

    private readonly NodeConnection _node;
    private readonly ClientJournal _journal;
    private readonly IModel _model;
    private readonly PrivateKey _spendKey;
    private readonly ChannelTerms _channel;
    private readonly Bytes32 _separator;
    private readonly OrderSettings _settings;
    private readonly SemaphoreSlim _acking = new(1);

    public OrderRunner(NodeConnection node, ClientJournal journal, IModel model,
        PrivateKey spendKey, in ChannelTerms channel, in Bytes32 separator, OrderSettings settings)
    {
        (_node, _journal, _model, _spendKey) = (node, journal, model, spendKey);
        (_channel, _separator, _settings) = (channel, separator, settings);
        if (settings.DeadlineSeconds > CourtLimits.DeadlineAheadSecondsMax)
        {
            throw new ClientException($"a deadline {settings.DeadlineSeconds} s ahead: "
                + $"{CourtLimits.DeadlineAheadSecondsMax} s at most, or the node's bond could "
                + "leave before the order is decided");
        }
    }

    /// <summary>Asked before each order of a class with a court; null asks nothing.</summary>
    public NodeBond? Bond { get; init; }

    /// <summary>Holds each order, before it leaves, and all that is signed about it; null keeps
    /// nothing.</summary>
    public EvidenceFolder? Evidence { get; init; }

    /// <summary>Called for each piece of an answer, as it comes, once. Never for an order that an
    /// earlier run left: its answer stands behind no question of this one.</summary>
    public Action<ReadOnlyMemory<byte>>? OnOutput { get; init; }

    /// <summary>No more is wanted: what is in flight is cancelled, signed, and its receipt waited
    /// for.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Units that the node has confirmed as acknowledged.</summary>
    public UInt128 AckedUnits { get; private set; }

    /// <summary>
    /// Brings both sides to one state: adopts what only the node remembers, and finishes the orders
    /// that an earlier run left without an answer.
    /// </summary>
    public async Task ResumeAsync(Action<OrderOutcome> done, CancellationToken cancel)
    {
        await AdoptAsync(cancel).ConfigureAwait(false);
        if (_journal.NewestAckBytes is { } newest)
        {
            // An earlier run may have been killed behind its ack.
            Evidence?.AddAck(_journal.NewestAck, newest);
        }

        foreach (PendingOrder order in _journal.Pending())
        {
            Stop.ThrowIfCancellationRequested();
            done(await FinishAsync(-1, order, cancel).ConfigureAwait(false));
        }

        await AckAsync(force: true, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Signs an order for one input, sends it, and waits for its checked receipt.
    /// </summary>
    public async Task<OrderOutcome> RunAsync(
        int index, ReadOnlyMemory<byte> input, CancellationToken cancel)
    {
        InputInfo info = _model.CheckInput(
            input.Span, CostTable.ProofsOf((byte)_settings.Flags));
        if (Bond is not null)
        {
            await Bond.RequireAsync(Now() + _settings.DeadlineSeconds, cancel)
                .ConfigureAwait(false);
        }

        ulong deadline = Now() + _settings.DeadlineSeconds;
        PendingOrder order = _journal.Add(seq => PendingOrder.Sign(
            new Order(_node.ChannelId, seq, _model.ModelRoot, info.InputRoot,
                info.UnitsMax, deadline, _settings.Flags, Bytes32.Zero),
            _spendKey, _separator, input));
        OrderOutcome outcome = await FinishAsync(index, order, cancel).ConfigureAwait(false);
        await AckAsync(force: false, cancel).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>Acknowledges every receipt, and waits until the node has it on its disk.</summary>
    public async Task AckAsync(bool force, CancellationToken cancel)
    {
        if (!force && _journal.UnackedCount < _settings.AckEvery)
        {
            return;
        }

        await _acking.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_journal.TryNextAck(out Ack ack))
            {
                byte[] signed = SignedPayload.Encode(
                    ack, _spendKey.Sign(ack.Digest(_separator)));
                _journal.RecordAck(ack, signed);
                Evidence?.AddAck(ack, signed);
            }

            if (_journal.NewestAckBytes is { } newest
                && _journal.NewestAck.CumUnits > AckedUnits)
            {
                AckedUnits = await SendAckAsync(newest, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _acking.Release();
        }
    }

    public void Dispose() => _acking.Dispose();

    private TimeSpan Deadline => TimeSpan.FromSeconds(_settings.DeadlineSeconds);

    private ulong Now() =>
        (ulong)_node.Time.GetUtcNow().ToUnixTimeSeconds();

    private TimeSpan Until(ulong deadline) => DateTimeOffset.FromUnixTimeSeconds((long)deadline)
        - _node.Time.GetUtcNow();

    /// <summary>The node confirms after its flush; until then the same ack is sent again.</summary>
    private Task<UInt128> SendAckAsync(byte[] newest, CancellationToken cancel) => AskAsync(
        "the ack", token => _node.AckAsync(newest, token),
        Stop.IsCancellationRequested ? _node.Patience : Deadline, cancel);

    private async Task AdoptAsync(CancellationToken cancel)
    {
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(cancel, Stop);
        StateMessage state;
        ulong before;
        do
        {
            before = _journal.NewestAck.NextSeq;
            state = await AskStateAsync(either.Token).ConfigureAwait(false);
            await AckAsync(force: true, cancel).ConfigureAwait(false);
        }
        while (state.Entries.Count == StateMessage.EntriesMax
            && _journal.NewestAck.NextSeq > before);
    }

    /// <summary>A state in which every order has its answer, adopted.</summary>
    private async Task<StateMessage> AskStateAsync(CancellationToken cancel)
    {
        using TimeLimit limit = new(_node.Time, Deadline, cancel);
        BackOff pause = default;
        while (true)
        {
            StateMessage state = await AskAsync(
                "what it remembers of the channel", _node.StateAsync, limit.Left, cancel)
                .ConfigureAwait(false);
            if (Adopt(state))
            {
                return state;
            }

            if (limit.IsOver)
            {
                throw new ClientException("the node runs an order of this channel that this "
                    + "client does not hold (wait until it is done, or ask the provider)");
            }

            _node.Waits.Say("the node still runs an order of an earlier client", limit.Left);
            await Task.Delay(pause.Next(limit.Left), _node.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes over what only the node remembers. False while one of those orders still runs: its
    /// sequence must not be used again, and what it will cost is not known.
    /// </summary>
    internal bool Adopt(StateMessage state)
    {
        if (state.AckSigned is { } signed)
        {
            _journal.Adopt(state.Ack, signed, state.Ack.NextSeq);
            AckedUnits = UInt128.Max(AckedUnits, state.Ack.CumUnits);
        }

        foreach (StateMessage.Entry entry in state.Entries)
        {
            if (!AdoptEntry(entry))
            {
                return false;
            }
        }

        // A page that is full may hide later orders: what lies behind it is asked for again.
        bool isWhole = state.Entries.Count < StateMessage.EntriesMax;
        if (isWhole && state.NextSeq <= state.Ack.NextSeq + VoucherLimits.SequenceWindow)
        {
            _journal.Adopt(_journal.NewestAck, [], state.NextSeq);
        }

        // The node names every order that it charges; sequences between them are free of charge.
        _journal.FillGaps();
        return true;
    }

    internal bool AdoptEntry(StateMessage.Entry entry)
    {
        if (entry.ReceiptSigned.IsEmpty && SignedPayload.Decode(
            entry.OrderSigned.Span, out Order open, out _) == RefusalReason.None)
        {
            return _journal.IsKnown(open.Seq);
        }

        if (ReceiptCheck.Decode(
            entry.OrderSigned.Span, entry.ReceiptSigned.Span, _channel, _separator,
            out Order order, out Receipt receipt, out Signature signature) != RefusalReason.None)
        {
            throw new ClientException(
                "the node's state holds an order that is not ours, or a wrong receipt (nothing was "
                    + "acknowledged; keep the state and ask the provider)");
        }

        KeepReceipt(order, entry.ReceiptSigned, null);
        if (!_journal.IsPending(order.Seq))
        {
            _journal.AdoptReceipt(order, receipt, signature);
        }

        return true;
    }

    /// <summary>Asks until there is an answer, or the time is over.</summary>
    private async Task<T> AskAsync<T>(string what, Func<CancellationToken, Task<T>> ask,
        TimeSpan within, CancellationToken cancel)
    {
        using TimeLimit limit = new(_node.Time, within, cancel);
        using WaitLog.Wait wait = _node.Waits.Begin(what);
        wait.Limit = limit;
        BackOff pause = default;
        WireException? last = null;
        while (true)
        {
            try
            {
                return await ask(limit.Token).ConfigureAwait(false);
            }
            catch (WireException failure) when (Transient.Is(failure.Reason) && !limit.IsOver)
            {
                last = failure;
                _node.Waits.Say(
                    Transient.Describe(failure.Reason, failure.Message), limit.Left);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                if (last is not null)
                {
                    throw new WireException(last.Reason, last.Message);
                }

                throw new ClientException($"the node did not answer {what} within "
                    + $"{within.TotalSeconds:0} s (try again, or ask the provider)");
            }

            await Task.Delay(pause.Next(limit.Left), _node.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Sends one order until it has an answer, or its time is over.</summary>
    private async Task<OrderOutcome> FinishAsync(
        int index, PendingOrder order, CancellationToken cancel)
    {
        Evidence?.Expire(Now());
        Evidence?.Begin(order);
        // One of an earlier run may be behind its deadline, and served: its answer has new time.
        bool isResumed = index < 0;
        bool isOurs = order.Order.ModelRoot == _model.ModelRoot;
        DeliveryRules rules = new()
        {
            IsResumed = isResumed,
            Within = isResumed ? Deadline : Until(order.Order.Deadline),
            OutputBytesMax = isOurs
                ? _model.CheckInput(order.Input.Span).OutputBytesMax
                : UnknownAnswerBytesMax,
            CancelAfter = isResumed ? 0 : _settings.CancelAfter,
            Stop = Stop,
            Show = isResumed ? null : OnOutput,
            Cancel = () => SignCancel(order),
            Accepted = signed => TakeAccept(order, signed),
            Acknowledge = token => AckAsync(force: true, token),
        };
        using OrderDelivery delivery = new(_node, order, rules, cancel);
        OrderEvent? last = await delivery.RunAsync().ConfigureAwait(false);
        if (!isOurs && last is { Kind: FrameKind.Receipt })
        {
            return Open(index, order, "served, and not checked or paid: it is of model "
                + $"{order.Order.ModelRoot}; weights not held: not disputable (give that model "
                + "once)");
        }

        if (delivery.IsUnsent)
        {
            _journal.Refuse(order.Order.Seq);
            return Open(index, order, $"order {order.Order.Seq} was not sent, and costs nothing "
                + "(the node did not take it in time; raise the deadline)") with
            {
                IsStopped = Stop.IsCancellationRequested,
            };
        }

        return last is { Kind: FrameKind.Receipt }
            ? Accept(index, order, last, delivery.Output.ToArray(), delivery)
            : Refuse(index, order, last, delivery.MayBeTaken);
    }

    private byte[] SignCancel(PendingOrder order)
    {
        Cancel wish = new(order.Order.HashStruct());
        byte[] signed = SignedPayload.Encode(wish, _spendKey.Sign(wish.Digest(_separator)));
        Evidence?.Add(order.Order, bundle => bundle with { Cancel = signed });
        return signed;
    }

    /// <summary>A promise for later than the deadline could never be demanded.</summary>
    /// <exception cref="ClientException">Not the node's, of another order, or too late.</exception>
    private void TakeAccept(PendingOrder order, ReadOnlyMemory<byte> signed)
    {
        RefusalReason refusal = SignedPayload.Decode(
            signed.Span, out Accept accept, out Signature signature);
        refusal = refusal != RefusalReason.None ? refusal
            : accept.OrderHash != order.Order.HashStruct() ? RefusalReason.OrderUnknown
            : SignedPayload.CheckSigner(
                accept.HashStruct(), signature, _separator, _channel.Node);
        if (refusal != RefusalReason.None || accept.DueAt > order.Order.Deadline)
        {
            throw new ClientException($"order {order.Order.Seq}: the node's promise is "
                + (refusal == RefusalReason.None
                    ? $"for {accept.DueAt}, behind the deadline {order.Order.Deadline}"
                    : $"none: {Refusals.Describe(refusal)}")
                + " (nothing was acknowledged; ask the provider)");
        }

        Evidence?.Add(order.Order, bundle => bundle.Accept.IsEmpty
            ? bundle with { Accept = signed }
            : bundle);
    }

    /// <summary>Everything in a receipt that can be computed here is computed here.</summary>
    private OrderOutcome Accept(int index, PendingOrder order, OrderEvent last, byte[] output,
        OrderDelivery delivery)
    {
        RefusalReason refusal = SignedPayload.Decode(
            last.Bytes.Span, out Receipt receipt, out Signature signature);
        if (refusal == RefusalReason.None && receipt.OrderHash == order.Order.HashStruct()
            && SignedPayload.CheckSigner(receipt.HashStruct(), signature, _separator,
                _channel.Node) == RefusalReason.None)
        {
            KeepReceipt(order.Order, last.Bytes, output);
        }

        // An earlier run may have cancelled what it left.
        bool? isCancelled = delivery.IsCancelled ? true : index < 0 ? null : false;
        Settle(order, receipt, signature, output, isCancelled, refusal);
        return new OrderOutcome(
            index, order, receipt, signature, output, delivery.Elapsed, null);
    }

    /// <summary>Takes an answer that the node gave to a court, checked like any other.</summary>
    /// <param name="order">In the journal.</param>
    /// <param name="given">Out of calldata.</param>
    /// <param name="isCancelled">This holder sent a Cancel of it.</param>
    /// <exception cref="ClientException">It is not what was ordered; the evidence has it.
    /// </exception>
    public OrderOutcome TakeDelivery(PendingOrder order, in Delivery given, bool isCancelled)
    {
        SignedStatement said = given.Receipt;
        Receipt receipt = new(
            said.OrderHash, said.Steps, said.OutputRoot, said.TraceRoot, said.Units);
        byte[] output = given.Output.ToArray();
        KeepReceipt(order.Order, SignedPayload.Encode(receipt, said.Signature), output);
        Settle(order, receipt, said.Signature, output, isCancelled, RefusalReason.None);
        return new OrderOutcome(
            -1, order, receipt, said.Signature, output, TimeSpan.Zero, null);
    }

    /// <summary>The receipt is in the journal when this returns, all of it recomputed.</summary>
    private void Settle(PendingOrder order, in Receipt receipt, in Signature signature,
        byte[] output, bool? isCancelled, RefusalReason refusal)
    {
        OutputInfo info = _model.CheckOutput(
            order.Input.Span, output, CostTable.ProofsOf((byte)order.Order.Flags));
        refusal = refusal != RefusalReason.None ? refusal : ReceiptCheck.Check(
            order.Order, receipt, signature,
            new KnownWork
            {
                OutputRoot = info.OutputRoot,
                Steps = info.Steps,
                Units = info.Units,
                IsWhole = info.IsWhole,
                IsCancelled = isCancelled,
            },
            _channel.Node, _separator);
        if (refusal != RefusalReason.None)
        {
            throw new ClientException(
                $"sequence {order.Order.Seq}: {Refusals.Describe(refusal)}");
        }

        _journal.Resolve(order.Order, receipt, signature);
    }

    /// <summary>Before its sums are checked: a wrong one is the evidence. Two that contradict each
    /// other are worth the node's bond, and neither is paid.</summary>
    private void KeepReceipt(
        in Order order, ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte>? output)
    {
        if (Evidence?.Add(order, bundle => bundle.WithReceipt(signed, output)) is { } kept
            && kept.Bundle.IsEquivocation())
        {
            throw new ClientException($"order {order.Seq}: the node has signed two different "
                + $"results of it; both are in {kept.File} (nothing was acknowledged: whoever "
                + "watches the node can take its bond with them)");
        }
    }

    /// <summary>
    /// A refusal frees the sequence only when the node has reserved nothing for it.
    /// </summary>
    private OrderOutcome Refuse(int index, PendingOrder order, OrderEvent? last, bool mayBeTaken)
    {
        ulong seq = order.Order.Seq;
        string line = $"{last?.Reason ?? 0}: {last?.Text}";
        Evidence?.Add(order.Order, bundle => bundle with { Refusal = last?.Reason ?? 0 });
        RefusalReason reason = (RefusalReason)(last?.Reason ?? 0);
        bool isFree = last is { Retryable: false } || (!mayBeTaken && (reason
            is RefusalReason.ChannelUnknown or RefusalReason.ChannelNotFinal
            // A blind node may hold what an earlier run sent it.
            || (index >= 0 && reason == RefusalReason.ChainUnavailable)));
        if (isFree)
        {
            _journal.Refuse(seq);
        }
        else
        {
            string why = last is null ? "no answer to it in time" : last.Text;
            line = $"{last?.Reason ?? 0}: order {seq} may still be served and paid for: {why} "
                + "(the next request on this channel asks for it)";
        }

        return Open(index, order, line);
    }

    private static OrderOutcome Open(int index, PendingOrder order, string line) =>
        new(index, order, default, default, null, TimeSpan.Zero, line);
}

/// <summary>How a client orders.</summary>
/// <param name="DeadlineSeconds">From signing to the order's deadline.</param>
/// <param name="Flags">What is wanted beside the receipt.</param>
/// <param name="AckEvery">Receipts after which an ack is sent.</param>
/// <param name="CancelAfter">Steps after which each order is cancelled; 0 is never.</param>
public sealed record OrderSettings(
    ulong DeadlineSeconds, OrderFlags Flags, int AckEvery, uint CancelAfter);

/// <summary>What became of one order.</summary>
/// <param name="Index">Which input it was for; -1 for one left over from an earlier run.</param>
/// <param name="Order">As it was signed and sent.</param>
/// <param name="Receipt">The node's, checked; the default when refused.</param>
/// <param name="ReceiptSignature">Its signature.</param>
/// <param name="Output">The answer, checked against the receipt; null when refused.</param>
/// <param name="Latency">From the order's last byte to its receipt.</param>
/// <param name="Refusal">One line; null when served.</param>
public sealed record OrderOutcome(
    int Index,
    PendingOrder Order,
    Receipt Receipt,
    Primitives.Signature ReceiptSignature,
    byte[]? Output,
    TimeSpan Latency,
    string? Refusal)
{
    /// <summary>The holder stopped before it was sent: nothing became of it, and nothing will.
    /// </summary>
    public bool IsStopped { get; init; }
}
