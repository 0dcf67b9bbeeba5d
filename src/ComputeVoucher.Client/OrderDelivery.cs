using System;
using System.Buffers;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client;

/// <summary>
/// One order on its way, until its final answer: sent, and after a break or a refusal for now sent
/// again, the same bytes each time. Its time is bounded whatever the node does: when the deadline
/// is over, or the holder wants to stop, a signed Cancel goes out, and its receipt is waited for as
/// long as the node's silence would be.
/// </summary>
internal sealed class OrderDelivery : IDisposable
{
    private readonly NodeConnection _node;
    private readonly PendingOrder _order;
    private readonly DeliveryRules _rules;
    private readonly CancellationToken _cancel;
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly WaitLog.Wait _wait;
    private TimeLimit _limit;
    private long? _blindSince;
    private bool _ending;
    private bool _isSent;
    private int _outputBytes;
    private long _outputsLeft;
    private long _sentAt;

    /// <param name="node">Where it goes.</param>
    /// <param name="order">Signed; in the journal.</param>
    /// <param name="rules">What it may take.</param>
    /// <param name="cancel">Leaves it as it is.</param>
    public OrderDelivery(
        NodeConnection node, PendingOrder order, DeliveryRules rules, CancellationToken cancel)
    {
        (_node, _order, _rules, _cancel) = (node, order, rules, cancel);
        _limit = new TimeLimit(node.Time, rules.Within, cancel, rules.Stop);
        _wait = node.Waits.Begin("order", order.Order.Seq);
        _wait.Limit = _limit;
    }

    /// <summary>The answer's bytes.</summary>
    public ReadOnlySpan<byte> Output => _output.WrittenSpan[.._outputBytes];

    /// <summary>Since the order was sent last.</summary>
    public TimeSpan Elapsed => _node.Time.GetElapsedTime(_sentAt);

    /// <summary>An order of this run of which nothing ever left: the holder stopped, or its time
    /// was over, before there was room for it.</summary>
    public bool IsUnsent => !_isSent && !_rules.IsResumed;

    /// <summary>A signed Cancel was sent, or may have been.</summary>
    public bool IsCancelled { get; private set; }

    /// <summary>An attempt ended without the node's word: it may have taken the order.</summary>
    public bool MayBeTaken { get; private set; }

    /// <summary>The final answer; a retryable Error, or null, when there is none in time.</summary>
    /// <exception cref="ClientException">The node is gone, or breaks the rules.</exception>
    public async Task<OrderEvent?> RunAsync()
    {
        BackOff pause = default;
        for (int attempt = 1; ; attempt++)
        {
            OrderEvent? last = await AttemptAsync().ConfigureAwait(false);
            bool refused = last is not null && IsWord(last);
            if (last is { Kind: FrameKind.Receipt } or { Retryable: false }
                || (_ending && (refused || _limit.IsOver)) || IsBlindTooLong(last))
            {
                return last;
            }

            if (!_limit.Token.IsCancellationRequested)
            {
                await PauseAsync(last, attempt, pause.Next(Left)).ConfigureAwait(false);
            }

            _cancel.ThrowIfCancellationRequested();
            if (!_ending && _limit.Token.IsCancellationRequested)
            {
                if (refused || IsUnsent)
                {
                    return last;
                }

                End();
            }
        }
    }

    public void Dispose()
    {
        _wait.Dispose();
        _limit.Dispose();
    }

    /// <summary>How long it is waited for; a node without its chain no longer than one that is not
    /// heard.</summary>
    private TimeSpan Left
    {
        get
        {
            TimeSpan patience = _blindSince is { } since
                ? _node.Patience - _node.Time.GetElapsedTime(since)
                : _limit.Left;
            return patience < _limit.Left ? patience : _limit.Left;
        }
    }

    /// <summary>A node that is heard and has said all the time that it does not see the chain: it
    /// takes no order, and has reserved nothing for this one.</summary>
    private bool IsBlindTooLong(OrderEvent? last)
    {
        _blindSince = last?.Reason == (ushort)RefusalReason.ChainUnavailable
            ? _blindSince ?? _node.Time.GetTimestamp()
            : null;
        return _blindSince is not null && Left <= TimeSpan.Zero;
    }

    /// <summary>Whether the node itself said it, and not the connection.</summary>
    private static bool IsWord(OrderEvent last) => last.Reason < (ushort)WireReason.BadFirstFrame;

    /// <summary>Sends it once. Null: no answer in time.</summary>
    private async Task<OrderEvent?> AttemptAsync()
    {
        ClientOrder? sent = null;
        OrderEvent? last = null;
        bool isQueued = false;
        try
        {
            WireClient client = await _node.GetAsync(_limit.Token).ConfigureAwait(false);
            sent = await client.SendOrderAsync(
                _order.Statement, _order.SignatureBytes, _order.Input, _limit.Token)
                .ConfigureAwait(false);
            _isSent = isQueued = true;
            _sentAt = _node.Time.GetTimestamp();
            last = await ReceiveAsync(sent).ConfigureAwait(false);
        }
        catch (WireException failure) when (Transient.Is(failure.Reason))
        {
            last = new OrderEvent
            {
                Kind = FrameKind.Error,
                Reason = failure.Reason,
                Text = failure.Message,
                Retryable = true,
            };
        }
        catch (OperationCanceledException) when (!_cancel.IsCancellationRequested)
        {
            // The time is over, or the holder stops: the caller looks which.
        }
        finally
        {
            sent?.Abandon();
        }

        MayBeTaken |= isQueued && (last is null || !IsWord(last));
        return last;
    }

    private async Task<OrderEvent?> ReceiveAsync(ClientOrder sent)
    {
        _outputBytes = 0;
        _outputsLeft = _rules.OutputBytesMax + 1;
        bool cancelled = false;
        while (true)
        {
            if (_ending && !cancelled)
            {
                cancelled = IsCancelled = true;
                await sent.CancelAsync(_rules.Cancel(), _limit.Token).ConfigureAwait(false);
            }

            OrderEvent? happened;
            try
            {
                happened = await sent.ReadAsync(_limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
                when (!_ending && !_cancel.IsCancellationRequested)
            {
                End();
                continue;
            }

            _wait.Touch();
            if (happened is null or { IsFinal: true })
            {
                return happened;
            }

            if (happened.Kind == FrameKind.Accept)
            {
                _rules.Accepted(happened.Bytes);
            }
            else if (happened.Kind == FrameKind.Output)
            {
                Take(happened.Bytes);
                if (!cancelled && _rules.CancelAfter > 0 && happened.Step >= _rules.CancelAfter)
                {
                    cancelled = IsCancelled = true;
                    await sent.CancelAsync(_rules.Cancel(), _limit.Token).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>From now on only the receipt of what was done is waited for.</summary>
    private void End()
    {
        _ending = true;
        TimeLimit before = _limit;
        _limit = new TimeLimit(_node.Time, _node.Patience, _cancel);
        _wait.Limit = _limit;
        before.Dispose();
    }

    /// <summary>An answer that begins again has the bytes of before: they are not shown twice.
    /// </summary>
    private void Take(ReadOnlyMemory<byte> bytes)
    {
        if (_outputBytes + (long)bytes.Length > _rules.OutputBytesMax || --_outputsLeft < 0)
        {
            throw new ClientException($"order {_order.Order.Seq}: the node sends more than the "
                + $"{_rules.OutputBytesMax} bytes that its answer may have (nothing was "
                + "acknowledged; ask the provider)");
        }

        int known = Math.Min(bytes.Length, _output.WrittenCount - _outputBytes);
        if (!bytes.Span[..known].SequenceEqual(_output.WrittenSpan.Slice(_outputBytes, known)))
        {
            throw new ClientException($"order {_order.Order.Seq}: the node's second answer is not "
                + "its first (nothing was acknowledged; ask the provider)");
        }

        _outputBytes += bytes.Length;
        if (known < bytes.Length)
        {
            _output.Write(bytes.Span[known..]);
            _rules.Show?.Invoke(bytes[known..]);
        }
    }

    /// <summary>Says why, does what this client can do about it, and waits.</summary>
    private async Task PauseAsync(OrderEvent? last, int attempt, TimeSpan pause)
    {
        RefusalReason reason = (RefusalReason)(last?.Reason ?? 0);
        bool isFlow = reason is RefusalReason.BudgetShort or RefusalReason.SequenceAhead
            or RefusalReason.GlobalBudgetShort;
        if (last is not null && (!isFlow || attempt > 1))
        {
            _node.Waits.Say(Transient.Describe(last.Reason, last.Text), Left);
        }

        try
        {
            if (isFlow)
            {
                await _rules.Acknowledge(_limit.Token).ConfigureAwait(false);
            }

            await Task.Delay(pause, _node.Time, _limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_cancel.IsCancellationRequested)
        {
            // As above.
        }
    }
}

/// <summary>What an order may take, and what is done on its way.</summary>
internal sealed record DeliveryRules
{
    /// <summary>An earlier run may have sent it.</summary>
    public required bool IsResumed { get; init; }

    /// <summary>From now to its deadline.</summary>
    public required TimeSpan Within { get; init; }

    /// <summary>Bytes of the longest answer.</summary>
    public required long OutputBytesMax { get; init; }

    /// <summary>Steps after which it is cancelled; 0 is never.</summary>
    public required uint CancelAfter { get; init; }

    /// <summary>The holder wants no more of it.</summary>
    public required CancellationToken Stop { get; init; }

    /// <summary>Hears each byte of the answer once.</summary>
    public required Action<ReadOnlyMemory<byte>>? Show { get; init; }

    /// <summary>The order's Cancel, signed.</summary>
    public required Func<byte[]> Cancel { get; init; }

    /// <summary>Looks at the node's promise, signed; throws where it is none.</summary>
    public required Action<ReadOnlyMemory<byte>> Accepted { get; init; }

    /// <summary>Acknowledges what is finished, to make room.</summary>
    public required Func<CancellationToken, Task> Acknowledge { get; init; }
}

/// <summary>Reasons that pass.</summary>
internal static class Transient
{
    public static bool Is(ushort reason) =>
        reason is (ushort)WireReason.Disconnected or (ushort)WireReason.Draining
            or (ushort)WireReason.Busy or (ushort)WireReason.Internal or (ushort)WireReason.Silent
            or (ushort)WireReason.TooManyInFlight
        || ((RefusalReason)reason).IsRetryable();

    /// <summary>What is waited for, in our words where we have them.</summary>
    public static string Describe(ushort reason, string text) => (RefusalReason)reason switch
    {
        RefusalReason.ChannelUnknown => "the node does not know this channel yet (finality)",
        RefusalReason.ChannelNotFinal => "the opening of the channel is not final yet",
        RefusalReason.ChainUnavailable =>
            "the node does not see the chain, and takes no orders until it does",
        RefusalReason known when known.IsRetryable() => Refusals.Describe(known).Split(';')[0],
        _ => text,
    };
}
