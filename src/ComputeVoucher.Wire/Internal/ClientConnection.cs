using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Wire.Internal;

/// <summary>The client's side of a connection: what is in flight, and who waits for what.</summary>
internal sealed class ClientConnection : IFrameSink, IAsyncDisposable
{
    /// <summary>Unsent bytes above which a sender waits: one socket buffer's worth.</summary>
    private const int OutboundSoft = 256 << 10;

    /// <summary>How often deadlines are looked at.</summary>
    private const int SweepMs = 250;

    /// <summary>First to last byte of one frame: the longest, over the slowest link we serve.
    /// </summary>
    private const int FrameMsMax = 60_000;

    /// <summary>For a last Error to be read; less where the caller has little patience.</summary>
    private const int LingerMsMax = 1_000;

    private readonly WireClientOptions _options;
    private readonly byte[] _hello = new byte[WireProtocol.HelloBytes];
    private readonly FrameSocket _frames;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, ClientOrder> _orders = [];
    private readonly Dictionary<uint, PendingRequest> _requests = [];
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource<WelcomeInfo> _welcome =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task _running = Task.CompletedTask;
    private OrderEvent? _lastError;
    private uint _correlation;

    internal ClientConnection(WireClientOptions options, Socket socket)
    {
        _options = options;
        Closed = _closed.Token;
        var limits = new WireLimits
        {
            FirstFrameMsMax = options.ConnectMsMax,
            PingAfterMs = Math.Max(1, options.SilenceMsMax / 3),
            SilenceMsMax = options.SilenceMsMax,
            RateWindowMs = options.SilenceMsMax,
            FrameMsMax = Math.Max(FrameMsMax, options.SilenceMsMax),
            LingerMsMax = Math.Min(LingerMsMax, Math.Max(1, options.SilenceMsMax / 4)),
            OutboundBytesSoft = OutboundSoft,
            OutboundBytesMax = OutboundSoft + (2 * WireProtocol.FrameBytesMax),
        };
        _frames = new FrameSocket(socket, WireRole.Node, this, options.Time, limits);
        var period = TimeSpan.FromMilliseconds(SweepMs);
        _timer = options.Time.CreateTimer(
            _ => _frames.Sweep(options.Time.GetTimestamp()), null, period, period);
    }

    internal bool IsOpen => _frames.IsOpen;

    internal bool NodeIsDraining { get; private set; }

    /// <summary>Cancelled when the connection closes.</summary>
    internal CancellationToken Closed { get; }

    /// <summary>When the last bytes arrived, in ticks of the caller's clock.</summary>
    internal long LastHeard => _frames.LastReceived;

    /// <summary>Says Hello and waits for a Welcome that holds.</summary>
    internal async Task<WelcomeInfo> GreetAsync(CancellationToken cancellation)
    {
        _running = _frames.RunAsync();
        new HelloPayload(WireProtocol.VersionMin, WireProtocol.VersionMax, _options.Nonce)
            .Write(_hello);
        _frames.Send(FrameKind.Hello, FrameFlags.None, 0, default, _hello);
        return await _welcome.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Registers an order and sends it.</summary>
    internal async ValueTask<ClientOrder> SendOrderAsync(
        ReadOnlyMemory<byte> head,
        ReadOnlyMemory<byte> input,
        SemaphoreSlim slots,
        CancellationToken cancellation)
    {
        ClientOrder order;
        lock (_gate)
        {
            order = new ClientOrder(this, NextCorrelation(), slots);
            _orders.Add(order.Correlation, order);
        }

        bool sent = false;
        try
        {
            sent = await _frames
                .SendAsync(
                    FrameKind.Order, FrameFlags.None, order.Correlation, head, input, cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            if (!sent)
            {
                Forget(order);
            }
        }

        return sent ? order : throw Gone();
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    internal async ValueTask<ReadOnlyMemory<byte>> RequestAsync(
        FrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        var pending = new PendingRequest(WireRequest.AnswerTo(kind));
        uint correlation;
        lock (_gate)
        {
            correlation = NextCorrelation();
            _requests.Add(correlation, pending);
        }

        bool sent = false;
        try
        {
            sent = await _frames
                .SendAsync(kind, FrameFlags.None, correlation, default, payload, cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            if (!sent)
            {
                TakeRequest(correlation);
            }
        }

        // Once sent, the number stays taken until the answer comes, even if nobody waits for it.
        return sent
            ? await pending.Answer.Task.WaitAsync(cancellation).ConfigureAwait(false)
            : throw Gone();
    }

    internal async ValueTask<bool> SendCancelAsync(
        uint correlation, ReadOnlyMemory<byte> cancel, CancellationToken cancellation) =>
        await _frames
            .SendAsync(
                FrameKind.Cancel, FrameFlags.None, correlation, default, cancel, cancellation)
            .ConfigureAwait(false);

    public ValueTask OnFrame(Frame frame)
    {
        switch (frame.Header.Kind)
        {
            case FrameKind.Welcome:
                TakeWelcome(frame.Payload);
                return default;
            case FrameKind.Ping:
                _frames.Send(FrameKind.Pong, FrameFlags.None, 0, default, frame.Payload);
                return default;
            case FrameKind.Pong:
                return default;
            case FrameKind.Goodbye:
                NodeIsDraining = true;
                return default;
            case FrameKind.Error when frame.Header.Correlation == 0:
                Volatile.Write(ref _lastError, OrderEvents.Of(frame));
                return default;
            default:
                return TakeAnswer(frame);
        }
    }

    public bool OnHeldBytes(int change) => true;

    public bool OnUnsentBytes(int change) => true;

    public void OnReceived(int bytes)
    {
        // A client keeps no figures.
    }

    public void OnClosing()
    {
        OrderEvent last = LastWord();
        List<ClientOrder> orders;
        List<PendingRequest> requests;
        lock (_gate)
        {
            orders = [.. _orders.Values];
            requests = [.. _requests.Values];
            _orders.Clear();
            _requests.Clear();
        }

        var gone = new WireException(
            last.Reason, $"{Name(_options.Endpoint)} closed the connection: {last.Text}");
        _welcome.TrySetException(gone);
        orders.ForEach(one => one.Finish(last));
        requests.ForEach(one => one.Answer.TrySetException(gone));
        _closed.Cancel();
    }

    public void OnFault(Exception fault) => _welcome.TrySetException(fault);

    public async ValueTask DisposeAsync()
    {
        _frames.Close(0, null);
        await _running.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _frames.Abort(WireReason.None);
        _closed.Dispose();
    }

    internal WireException Gone()
    {
        OrderEvent last = LastWord();
        return new WireException(
            last.Reason, $"no connection to {Name(_options.Endpoint)}: {last.Text}; connect again");
    }

    /// <summary>The node's last Error; else why this side closed, where it did.</summary>
    private OrderEvent LastWord() => Volatile.Read(ref _lastError)
        ?? OrderEvents.Ended((WireReason)_frames.Reason);

    /// <summary>Under the gate: a number that nothing in flight has.</summary>
    private uint NextCorrelation()
    {
        do
        {
            _correlation++;
        }
        while (_correlation == 0
            || _orders.ContainsKey(_correlation)
            || _requests.ContainsKey(_correlation));
        return _correlation;
    }

    private void Forget(ClientOrder order)
    {
        lock (_gate)
        {
            _orders.Remove(order.Correlation);
        }

        order.Finish(OrderEvents.Disconnected);
    }

    private void TakeWelcome(ReadOnlySpan<byte> payload)
    {
        var welcome = WelcomePayload.Read(payload);
        string? wrong = Judge(welcome, payload);
        if (wrong is not null)
        {
            var refusal = new WireException($"{Name(_options.Endpoint)}: {wrong}");
            _welcome.TrySetException(refusal);
            _frames.Close((ushort)WireReason.BadPayload, "the welcome does not hold");
            return;
        }

        _frames.Greeted = true;
        _welcome.TrySetResult(new WelcomeInfo
        {
            Version = welcome.Version,
            FrameBytesMax = (int)welcome.FrameBytes,
            OrdersInFlightMax = (int)welcome.Orders,
            RequestsInFlightMax = (int)welcome.Requests,
            Node = welcome.Node,
            Context = welcome.Context,
            Nonce = WelcomePayload.ConnectionNonce(welcome.Nonce, _options.Nonce),
        });
    }

    private string? Judge(in WelcomePayload welcome, ReadOnlySpan<byte> payload)
    {
        if (welcome.Version is < WireProtocol.VersionMin or > WireProtocol.VersionMax)
        {
            return $"the node chose version {welcome.Version}, which was not offered";
        }

        if (welcome.Node != _options.ExpectedNode)
        {
            return $"the node is {welcome.Node}, not {_options.ExpectedNode}; "
                + "check address and port";
        }

        if (welcome.Context != _options.ExpectedContext)
        {
            return "the node serves another chain or contract; check the chain id and the contract";
        }

        var signature = new Signature(payload[^WireProtocol.SignatureBytes..]);
        Bytes32 digest = WelcomePayload.Digest(_hello, payload);
        return Secp256k1.TryRecover(digest, signature, out Address signer)
            && signer == _options.ExpectedNode
                ? null
                : "the node cannot prove its key; this may be an impostor";
    }

    private ValueTask TakeAnswer(Frame frame)
    {
        uint correlation = frame.Header.Correlation;
        ClientOrder? order;
        PendingRequest? request;
        lock (_gate)
        {
            _orders.TryGetValue(correlation, out order);
            _requests.TryGetValue(correlation, out request);
        }

        if (order is not null)
        {
            return TakeOrderAnswer(order, frame);
        }

        if (request is null || !request.Accepts(frame.Header.Kind))
        {
            _frames.Close((ushort)WireReason.BadCorrelation, "an answer to nothing that was asked");
            return default;
        }

        TakeRequest(correlation);
        request.Take(frame);
        return default;
    }

    private ValueTask TakeOrderAnswer(ClientOrder order, Frame frame)
    {
        if (!order.Accepts(frame))
        {
            _frames.Close(
                (ushort)WireReason.BadPayload, "this answer does not fit the order's state");
            return default;
        }

        OrderEvent one = OrderEvents.Of(frame);
        if (!one.IsFinal)
        {
            return order.OfferAsync(one, Closed);
        }

        lock (_gate)
        {
            _orders.Remove(order.Correlation);
        }

        order.Finish(one);
        return default;
    }

    private void TakeRequest(uint correlation)
    {
        lock (_gate)
        {
            _requests.Remove(correlation);
        }
    }

    internal static string Name(EndPoint endpoint) => endpoint switch
    {
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        _ => endpoint.ToString() ?? "?",
    };
}
