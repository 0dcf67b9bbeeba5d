using System;
using System.Buffers;
using System.Threading;
using System.Threading.Tasks;
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
    /// <summary>Largest answer that is kept in memory.</summary>
    private const int OutputBytesMax = 64 << 20;

    /// <summary>Between two attempts of an order that the node cannot take yet.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

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
    }

    /// <summary>Called for each piece of an answer, as it comes.</summary>
    public Action<ReadOnlyMemory<byte>>? OnOutput { get; init; }

    /// <summary>Units that the node has confirmed as acknowledged.</summary>
    public UInt128 AckedUnits { get; private set; }

    /// <summary>
    /// Brings both sides to one state: adopts what only the node remembers, and finishes the orders
    /// that an earlier run left without an answer.
    /// </summary>
    public async Task ResumeAsync(Action<OrderOutcome> done, CancellationToken cancel)
    {
        await AdoptAsync(cancel).ConfigureAwait(false);
        foreach (PendingOrder order in _journal.Pending())
        {
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
        InputInfo info = _model.CheckInput(input.Span);
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
                _journal.RecordAck(ack, SignedPayload.Encode(
                    ack, _spendKey.Sign(ack.Digest(_separator))));
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

    private ulong Now() =>
        (ulong)_node.Time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The node confirms after its flush; until then the same ack is sent again.</summary>
    private async Task<UInt128> SendAckAsync(byte[] newest, CancellationToken cancel)
    {
        ulong until = Now() + _settings.DeadlineSeconds;
        while (true)
        {
            try
            {
                return await _node.AckAsync(newest, cancel).ConfigureAwait(false);
            }
            catch (WireException failure) when (IsTransient(failure.Reason) && Now() < until)
            {
                await Task.Delay(s_pause, _node.Time, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task AdoptAsync(CancellationToken cancel)
    {
        ulong until = Now() + _settings.DeadlineSeconds;
        StateMessage state;
        ulong before;
        do
        {
            before = _journal.NewestAck.NextSeq;
            state = await RetryAsync(_node.StateAsync, cancel).ConfigureAwait(false);
            while (!Adopt(state))
            {
                if (Now() > until)
                {
                    throw new ClientException("the node runs an order of this channel that this "
                        + "client does not hold (wait until it is done, or ask the provider)");
                }

                await Task.Delay(s_pause, _node.Time, cancel).ConfigureAwait(false);
                state = await RetryAsync(_node.StateAsync, cancel).ConfigureAwait(false);
            }

            await AckAsync(force: true, cancel).ConfigureAwait(false);
        }
        while (state.Entries.Count == StateMessage.EntriesMax
            && _journal.NewestAck.NextSeq > before);
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

        if (!_journal.IsPending(order.Seq))
        {
            _journal.AdoptReceipt(order, receipt, signature);
        }

        return true;
    }

    private async Task<T> RetryAsync<T>(
        Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        ulong until = Now() + _settings.DeadlineSeconds;
        while (true)
        {
            try
            {
                return await ask(cancel).ConfigureAwait(false);
            }
            catch (WireException failure) when (IsTransient(failure.Reason) && Now() < until)
            {
                await Task.Delay(s_pause, _node.Time, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends one order until it has an answer; the same bytes each time.</summary>
    private async Task<OrderOutcome> FinishAsync(
        int index, PendingOrder order, CancellationToken cancel)
    {
        while (true)
        {
            OrderEvent? last = null;
            ArrayBufferWriter<byte> output = new();
            long start = _node.Time.GetTimestamp();
            try
            {
                WireClient client = await _node.GetAsync(cancel).ConfigureAwait(false);
                ClientOrder sent = await client.SendOrderAsync(
                    order.Statement, order.SignatureBytes, order.Input, cancel)
                    .ConfigureAwait(false);
                start = _node.Time.GetTimestamp();
                last = await ReceiveAsync(order, sent, output, cancel).ConfigureAwait(false);
            }
            catch (WireException failure) when (IsTransient(failure.Reason))
            {
                last = new OrderEvent
                {
                    Kind = FrameKind.Error,
                    Reason = failure.Reason,
                    Text = failure.Message,
                    Retryable = true,
                };
            }

            if (last is { Kind: FrameKind.Receipt })
            {
                return Accept(index, order, last, output.WrittenSpan.ToArray(),
                    _node.Time.GetElapsedTime(start));
            }

            if (last is { Retryable: false } || Now() > order.Order.Deadline)
            {
                return Refuse(index, order, last);
            }

            await HelpAsync(last, cancel).ConfigureAwait(false);
        }
    }

    private async Task<OrderEvent?> ReceiveAsync(
        PendingOrder order, ClientOrder sent, ArrayBufferWriter<byte> output,
        CancellationToken cancel)
    {
        bool cancelled = false;
        while (await sent.ReadAsync(cancel).ConfigureAwait(false) is { } happened)
        {
            if (happened.Kind == FrameKind.Output)
            {
                if (output.WrittenCount + happened.Bytes.Length > OutputBytesMax)
                {
                    throw new ClientException($"the node sent more than {OutputBytesMax} bytes");
                }

                output.Write(happened.Bytes.Span);
                OnOutput?.Invoke(happened.Bytes);
                if (!cancelled && _settings.CancelAfter > 0
                    && happened.Step >= _settings.CancelAfter)
                {
                    cancelled = true;
                    await sent.CancelAsync(SignCancel(order), cancel).ConfigureAwait(false);
                }
            }
            else if (happened.IsFinal)
            {
                return happened;
            }
        }

        return null;
    }

    private byte[] SignCancel(PendingOrder order)
    {
        Cancel wish = new(order.Order.HashStruct());
        return SignedPayload.Encode(wish, _spendKey.Sign(wish.Digest(_separator)));
    }

    /// <summary>Everything in a receipt that can be computed here is computed here.</summary>
    private OrderOutcome Accept(
        int index, PendingOrder order, OrderEvent last, byte[] output, TimeSpan latency)
    {
        RefusalReason refusal = SignedPayload.Decode(
            last.Bytes.Span, out Receipt receipt, out Signature signature);
        OutputInfo info = _model.CheckOutput(order.Input.Span, output);
        refusal = refusal != RefusalReason.None ? refusal : ReceiptCheck.Check(
            order.Order, receipt, signature,
            new KnownWork { OutputRoot = info.OutputRoot, Steps = info.Steps, Units = info.Units },
            _channel.Node, _separator);
        if (refusal != RefusalReason.None)
        {
            throw new ClientException($"sequence {order.Order.Seq}: {Refusals.Describe(refusal)}");
        }

        _journal.Resolve(order.Order, receipt, signature);
        return new OrderOutcome(index, order, receipt, signature, output, latency, null);
    }

    /// <summary>
    /// A refusal frees the sequence only when the node has reserved nothing for it.
    /// </summary>
    private OrderOutcome Refuse(int index, PendingOrder order, OrderEvent? last)
    {
        string reason = last is null ? "the node ended the order without an answer" : last.Text;
        if (last is { Retryable: false })
        {
            _journal.Refuse(order.Order.Seq);
        }

        return new OrderOutcome(
            index, order, default, default, null, TimeSpan.Zero, $"{last?.Reason ?? 0}: {reason}");
    }

    /// <summary>What this client can do about the reason, before it tries again.</summary>
    private async Task HelpAsync(OrderEvent? last, CancellationToken cancel)
    {
        RefusalReason reason = (RefusalReason)(last?.Reason ?? 0);
        if (reason is RefusalReason.BudgetShort or RefusalReason.SequenceAhead
            or RefusalReason.GlobalBudgetShort)
        {
            await AckAsync(force: true, cancel).ConfigureAwait(false);
        }

        await Task.Delay(s_pause, _node.Time, cancel).ConfigureAwait(false);
    }

    private static bool IsTransient(ushort reason) =>
        reason is (ushort)WireReason.Disconnected or (ushort)WireReason.Draining
            or (ushort)WireReason.Busy or (ushort)WireReason.Internal or (ushort)WireReason.Silent
            or (ushort)WireReason.TooManyInFlight
        || ((RefusalReason)reason).IsRetryable();
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
    string? Refusal);
