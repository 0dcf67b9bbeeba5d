using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Internal;

/// <summary>One client on the node's side: handshake, what is in flight, the cancel rule.</summary>
[SuppressMessage(
    "Reliability",
    "CA1001",
    Justification = "the token source has no timer and no wait handle: nothing to free")]
internal sealed class ServerConnection : IWireConnection, IFrameSink
{
    private readonly WireServer _server;
    private readonly WireServerOptions _options;
    private readonly IWireHandler _handler;
    private readonly Account _address;
    private readonly Lock _gate = new();
    private readonly LinkedListNode<ServerConnection> _stranger;
    private Account? _payer;
    private long _held;
    private long _unsent;
    private long _lastAsked;
    private Dictionary<uint, InFlight>? _inFlight;
    private CancellationTokenSource? _closed;
    private int _orders;
    private int _requests;
    private long _cancelWindow;
    private int _cancels;
    private bool _goodbyeSaid;

    internal ServerConnection(
        WireServer server,
        WireServerOptions options,
        IWireHandler handler,
        Socket socket,
        IPEndPoint remote,
        Account address,
        long id)
    {
        _server = server;
        _options = options;
        _handler = handler;
        _address = address;
        Id = id;
        RemoteEndPoint = remote;
        _lastAsked = options.Time.GetTimestamp();
        Frames = new FrameSocket(socket, WireRole.Client, this, options.Time, options.Limits,
            OrderBytesMax);
        Frames.BoundAsStrangers(server.Strangers.Turns);
        _stranger = server.Strangers.Add(this);
    }

    public long Id { get; }

    public IPEndPoint RemoteEndPoint { get; }

    public Bytes32 Nonce { get; private set; }

    public bool IsOpen => Frames.IsOpen;

    public object? Tag { get; set; }

    public CancellationToken Closed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new CancellationTokenSource();
                    if (!Frames.IsOpen)
                    {
                        _closed.Cancel();
                    }
                }

                return _closed.Token;
            }
        }
    }

    internal FrameSocket Frames { get; }

    /// <summary>Connections of its address, this one included.</summary>
    internal int OfItsAddress => _address.Connections;

    /// <summary>Who pays, once that is shown.</summary>
    internal Account? Payer
    {
        get
        {
            lock (_gate)
            {
                return _payer;
            }
        }
    }

    /// <summary>Answers that wait because the other end does not read them.</summary>
    internal long UnreadBytes => Frames.IsBlocked ? Volatile.Read(ref _unsent) : 0;

    /// <summary>What comes back at once where this connection is cut off.</summary>
    internal long ReclaimableBytes => Frames.HeldBytes + UnreadBytes;

    private WireLimits Limits => _options.Limits;

    /// <summary>What Welcome says of frames holds for requests too.</summary>
    private int OrderBytesMax =>
        Math.Max(_options.OrderBytesMax, WireProtocol.StatementBytesMax);

    public bool Prove(in Address payer)
    {
        lock (_gate)
        {
            if (_payer is not null || !Frames.IsOpen)
            {
                return true;
            }

            if (_server.Addresses.EnterPayer(payer) is not { } account)
            {
                return false;
            }

            _server.HeldByStrangers.Add(-_held);
            _address.Held.Add(-_held);
            _server.HeldByPayers.Add(_held);
            account.Held.Add(_held);
            _payer = account;
        }

        Frames.LiftStrangersBound();
        _server.Strangers.Remove(_stranger);
        return true;
    }

    public void Close(ushort reason, string text, bool abusive = false)
    {
        if (abusive && Frames.IsOpen)
        {
            // A payer answers for itself, and not for everybody behind one address.
            Account? payer = Payer;
            if (payer is null || !_server.Addresses.Punish(payer))
            {
                _server.Addresses.Punish(_address);
            }
        }

        Frames.Close(reason, text);
    }

    /// <summary>Serves until the connection ends.</summary>
    internal async Task RunAsync()
    {
        try
        {
            await Frames.RunAsync().ConfigureAwait(false);
            if (Frames.Greeted)
            {
                _handler.OnClosed(this, Frames.Reason);
            }
        }
        finally
        {
            _server.Strangers.Remove(_stranger);
            _server.Addresses.Leave(_address);
            lock (_gate)
            {
                if (_payer is not null)
                {
                    _server.Addresses.Leave(_payer);
                }
            }
        }
    }

    public ValueTask OnFrame(Frame frame)
    {
        _server.CountFrame();
        switch (frame.Header.Kind)
        {
            case FrameKind.Hello:
                Greet(frame.Payload);
                return default;
            case FrameKind.Order:
                return TakeOrder(frame);
            case FrameKind.Cancel:
                TakeCancel(frame);
                return default;
            case FrameKind.Ping:
                Frames.Send(FrameKind.Pong, FrameFlags.None, 0, default, frame.Payload);
                return default;
            case FrameKind.Pong:
                return default;
            case FrameKind.Error:
                Frames.Close(0, null);
                return default;
            default:
                return TakeRequest(frame);
        }
    }

    public bool OnHeldBytes(int change) => Hold(change);

    public bool OnUnsentBytes(int change)
    {
        Interlocked.Add(ref _unsent, change);
        _server.CountUnsent(change);
        return Hold(change);
    }

    public void OnReceived(int bytes) => _server.CountReceived(bytes);

    public void OnClosing()
    {
        CancellationTokenSource? closed;
        lock (_gate)
        {
            closed = _closed;
        }

        try
        {
            closed?.Cancel();
        }
        catch (AggregateException e)
        {
            // Thrown by what the handler registered, on a thread that is not the handler's.
            OnFault(e);
        }
    }

    public void OnFault(Exception fault) => _handler.OnFault("frame of connection " + Id, fault);

    /// <summary>Called by the server's one timer.</summary>
    internal void Sweep(long now, bool draining)
    {
        Frames.Sweep(now);
        if (IsIdleStranger(now))
        {
            const string text = "no order or question of a payer came in time; connect for one";
            Frames.Close((ushort)WireReason.Silent, text, retryable: true);
        }

        if (!draining || !Frames.IsOpen)
        {
            return;
        }

        if (!_goodbyeSaid && Frames.Greeted)
        {
            _goodbyeSaid = true;
            Frames.Send(FrameKind.Goodbye, FrameFlags.None, 0, default, default);
        }
        else if (IsQuiet(now))
        {
            Frames.Close((ushort)WireReason.Draining, null);
        }
    }

    /// <summary>The order or request has its final answer: its slot is free.</summary>
    internal void Finish(InFlight one)
    {
        lock (_gate)
        {
            if (_inFlight is null || !_inFlight.Remove(one.Correlation))
            {
                return;
            }

            if (one is OrderStream)
            {
                _orders--;
                _server.CountOrders(-1);
            }
            else
            {
                _requests--;
            }
        }
    }

    internal void ReleaseHeld(int bytes) => Hold(-bytes);

    /// <summary>Of the payers' share, or of the strangers': where that is full, unfinished frames
    /// and unread answers make room.</summary>
    private bool Hold(long change)
    {
        bool fits;
        bool isPayer;
        lock (_gate)
        {
            _held += change;
            isPayer = _payer is not null;
            fits = (isPayer ? _server.HeldByPayers : _server.HeldByStrangers).Add(change);
            if (!(_payer ?? _address).Held.Add(change))
            {
                return false;
            }
        }

        return fits || (isPayer
            ? _server.TryReclaimFromPayers(this)
            : _server.TryReclaimFromStrangers(this));
    }

    /// <summary>Nobody who pays, between two frames, and nothing asked for a while; answers to
    /// pings do not count.</summary>
    private bool IsIdleStranger(long now) =>
        Frames.IsOpen && Frames.Greeted && Frames.FrameStarted == 0
        && _options.Time.GetElapsedTime(Volatile.Read(ref _lastAsked), now).TotalMilliseconds
            >= Limits.StrangerMsMax
        && Payer is null && !HasInFlight();

    private bool HasInFlight()
    {
        lock (_gate)
        {
            return _inFlight is { Count: > 0 };
        }
    }

    /// <summary>
    /// Drained and at rest: nothing in flight, and the client had time to send its last ack.
    /// </summary>
    private bool IsQuiet(long now)
    {
        lock (_gate)
        {
            return _orders == 0
                && _requests == 0
                && !Frames.IsSending
                && Frames.Silence(now).TotalMilliseconds >= WireServer.GoodbyeQuietMs;
        }
    }

    private void Greet(ReadOnlySpan<byte> hello)
    {
        var theirs = HelloPayload.Read(hello);
        ushort version = theirs.Choose(WireProtocol.VersionMin, WireProtocol.VersionMax);
        if (version == 0)
        {
            string text = $"this node speaks version {WireProtocol.VersionMax}, the client "
                + $"{theirs.VersionMin} to {theirs.VersionMax}; use a client of that version";
            Frames.Close((ushort)WireReason.VersionNotSupported, text);
            return;
        }

        Span<byte> drawn = stackalloc byte[Bytes32.Size];
        _options.FillRandom(drawn);
        Bytes32 nonce = new(drawn);
        Nonce = WelcomePayload.ConnectionNonce(nonce, theirs.Nonce);
        Span<byte> payload = stackalloc byte[WireProtocol.WelcomeBytes];
        var welcome = new WelcomePayload(
            version,
            (uint)OrderBytesMax,
            (uint)Limits.OrdersInFlightMax,
            (uint)Limits.RequestsInFlightMax,
            _options.Node,
            _options.Context,
            nonce);
        welcome.Write(payload);
        _options.Signer(
            WelcomePayload.Digest(hello, payload), WelcomePayload.SignatureOf(payload));
        Frames.Greeted = true;
        _handler.OnConnected(this);
        Frames.Send(FrameKind.Welcome, FrameFlags.None, 0, default, payload);
    }

    private ValueTask TakeOrder(Frame frame)
    {
        uint correlation = frame.Header.Correlation;
        if (_server.IsDraining)
        {
            const string text = "the node is going down; use another or come back";
            Frames.SendError(correlation, (ushort)WireReason.Draining, text, retryable: true);
            return default;
        }

        if (!MayBegin(correlation, _orders, Limits.OrdersInFlightMax, frame.Payload.Length))
        {
            return default;
        }

        var order = new OrderStream(this, frame);
        Begin(order);
        return HandOverAsync(order);
    }

    private ValueTask TakeRequest(Frame frame)
    {
        uint correlation = frame.Header.Correlation;
        if (!MayBegin(correlation, _requests, Limits.RequestsInFlightMax, frame.Payload.Length))
        {
            return default;
        }

        var request = new WireRequest(this, frame);
        Begin(request);
        return HandOverAsync(request);
    }

    /// <summary>
    /// A handler that throws has not taken what it was given: slot and bytes go back.
    /// </summary>
    private async ValueTask HandOverAsync(OrderStream order)
    {
        try
        {
            await _handler.OnOrderAsync(order).ConfigureAwait(false);
        }
        catch
        {
            order.Dispose();
            throw;
        }
    }

    /// <summary>A question pays for nothing: it takes its turn among strangers, whoever asks.
    /// </summary>
    private async ValueTask HandOverAsync(WireRequest request)
    {
        bool waits = request.Kind != FrameKind.Ack && !Frames.HasTurn;
        try
        {
            if (waits)
            {
                await _server.Strangers.Turns.EnterAsync().ConfigureAwait(false);
            }

            await _handler.OnRequestAsync(request).ConfigureAwait(false);
        }
        catch
        {
            request.Dispose();
            throw;
        }
        finally
        {
            if (waits)
            {
                _server.Strangers.Turns.Leave();
            }
        }
    }

    /// <summary>
    /// Checks number, count and memory; answers with the Error itself when one fails.
    /// </summary>
    private bool MayBegin(uint correlation, int count, int countMax, int bytes)
    {
        Volatile.Write(ref _lastAsked, _options.Time.GetTimestamp());
        if (IsInFlight(correlation))
        {
            Frames.Close((ushort)WireReason.BadCorrelation, "correlation id is in flight already");
            return false;
        }

        if (count >= countMax)
        {
            const string text = "more in flight than the Welcome allowed";
            Frames.SendError(
                correlation, (ushort)WireReason.TooManyInFlight, text, retryable: true);
            return false;
        }

        if (!Hold(bytes))
        {
            Hold(-bytes);
            const string text = "the node holds as many bytes as it may; try again";
            Frames.SendError(correlation, (ushort)WireReason.Busy, text, retryable: true);
            return false;
        }

        return true;
    }

    private bool IsInFlight(uint correlation)
    {
        lock (_gate)
        {
            return _inFlight is not null && _inFlight.ContainsKey(correlation);
        }
    }

    private void Begin(InFlight one)
    {
        lock (_gate)
        {
            _inFlight ??= [];
            _inFlight.Add(one.Correlation, one);
            if (one is OrderStream)
            {
                _orders++;
                _server.CountOrders(1);
            }
            else
            {
                _requests++;
            }
        }
    }

    private void TakeCancel(Frame frame)
    {
        if (IsCancelFlood())
        {
            Close((ushort)WireReason.CancelFlood, "too many cancels", abusive: true);
            return;
        }

        InFlight? one = null;
        lock (_gate)
        {
            _inFlight?.TryGetValue(frame.Header.Correlation, out one);
        }

        // A cancel that crosses the receipt on the way is not an error.
        if (one is OrderStream order)
        {
            _handler.OnCancel(order, frame.Payload);
        }
    }

    private bool IsCancelFlood()
    {
        long now = _options.Time.GetTimestamp();
        TimeSpan age = _options.Time.GetElapsedTime(_cancelWindow, now);
        if (_cancels == 0 || age.TotalMilliseconds >= Limits.CancelWindowMs)
        {
            _cancelWindow = now;
            _cancels = 0;
        }

        return ++_cancels > Limits.CancelsPerWindowMax;
    }
}
