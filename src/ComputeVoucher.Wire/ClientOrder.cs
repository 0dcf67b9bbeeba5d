using System;
using System.Buffers.Binary;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire;

/// <summary>An order in flight, on the client's side. Read it to its end.</summary>
public sealed class ClientOrder
{
    /// <summary>
    /// Events kept for a caller that does not read, 256: at 64 KiB each 16 MiB; then the connection
    /// is no longer read, and the node sees a slow reader.
    /// </summary>
    internal const int EventsMax = 256;

    private readonly ClientConnection _connection;
    private readonly SemaphoreSlim _slots;
    private readonly Channel<OrderEvent> _events = Channel.CreateBounded<OrderEvent>(
        new BoundedChannelOptions(EventsMax) { SingleWriter = true });

    private OrderEvent? _final;
    private int _finalRead;
    private volatile bool _abandoned;
    private bool _accepted;
    private bool _lastSeen;
    private uint _step;

    internal ClientOrder(ClientConnection connection, uint correlation, SemaphoreSlim slots)
    {
        _connection = connection;
        _slots = slots;
        Correlation = correlation;
    }

    /// <summary>Its number on this connection.</summary>
    public uint Correlation { get; }

    /// <summary>
    /// The next event, or null after the final one. A broken connection gives an Error event with
    /// reason Disconnected, retryable: the same order sent again is answered once and charged once.
    /// </summary>
    public async ValueTask<OrderEvent?> ReadAsync(CancellationToken cancellation = default)
    {
        while (await _events.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            if (_events.Reader.TryRead(out OrderEvent? next))
            {
                return next;
            }
        }

        // The final event has a place of its own, so that a full queue cannot lose it.
        OrderEvent? final = Volatile.Read(ref _final);
        return final is not null && Interlocked.Exchange(ref _finalRead, 1) == 0 ? final : null;
    }

    /// <summary>Sends a signed Cancel; the node still answers with a Receipt or an Error.</summary>
    /// <exception cref="WireException">The connection is gone.</exception>
    public async ValueTask CancelAsync(
        ReadOnlyMemory<byte> cancel, CancellationToken cancellation = default)
    {
        Statements.Check(cancel.Length);
        if (!await _connection.SendCancelAsync(
            Correlation, cancel, cancellation).ConfigureAwait(false))
        {
            throw _connection.Gone();
        }
    }

    /// <summary>Nobody reads on: what still comes is thrown away, so that it holds back no other
    /// order. It is in flight until its final event.</summary>
    public void Abandon()
    {
        _abandoned = true;
        while (_events.Reader.TryRead(out _))
        {
            // The one who waits for room goes on.
        }
    }

    /// <summary>One Accept and only first, Output in order of steps and nothing after its last.
    /// </summary>
    internal bool Accepts(Frame frame)
    {
        switch (frame.Header.Kind)
        {
            case FrameKind.Accept:
                bool first = !_accepted && _step == 0 && !_lastSeen;
                _accepted = true;
                return first;
            case FrameKind.Output:
                uint step = BinaryPrimitives.ReadUInt32LittleEndian(frame.Payload);
                bool fits = !_lastSeen && step >= Math.Max(1, _step);
                _step = step;
                _lastSeen = frame.Header.Flags.HasFlag(FrameFlags.Last);
                return fits;
            case FrameKind.Receipt or FrameKind.Error:
                return true;
            default:
                return false;
        }
    }

    /// <summary>Hands over an event; waits while too many are unread.</summary>
    internal ValueTask OfferAsync(OrderEvent one, CancellationToken closed) =>
        _abandoned || _events.Writer.TryWrite(one) || closed.IsCancellationRequested
            ? default
            : OfferSlowlyAsync(one, closed);

    /// <summary>Once: the last event; the slot is free.</summary>
    internal void Finish(OrderEvent final)
    {
        if (Interlocked.CompareExchange(ref _final, final, null) is null)
        {
            _events.Writer.TryComplete();
            _slots.Release();
        }
    }

    private async ValueTask OfferSlowlyAsync(OrderEvent one, CancellationToken closed)
    {
        try
        {
            await _events.Writer.WriteAsync(one, closed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The connection ended meanwhile: the final event says so.
        }
    }
}
