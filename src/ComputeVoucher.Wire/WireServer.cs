using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire;

/// <summary>
/// Listens, proves the node key, keeps the limits, and hands frames to a handler.
/// </summary>
public sealed class WireServer : IAsyncDisposable
{
    /// <summary>
    /// Quiet time after which a draining connection with nothing in flight is closed, ms.
    /// </summary>
    internal const int GoodbyeQuietMs = 500;

    /// <summary>Connections the kernel keeps while we are slow to accept: Kestrel's 512.</summary>
    private const int Backlog = 512;

    /// <summary>Newcomers in a row before those who are here have their turn.</summary>
    private const int AcceptsBeforeYield = 8;

    /// <summary>Between two lines about headers of tunnels, ms: one a minute.</summary>
    private const int HeaderToldMs = 60_000;

    private readonly WireServerOptions _options;
    private readonly IWireHandler _handler;
    private readonly Socket _listener;
    private readonly SemaphoreSlim _slots;
    private readonly ConcurrentDictionary<long, ServerConnection> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _empty =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ITimer _timer;
    private readonly Task _accepting;
    private int _sweeping;
    private long _headerTold;
    private int _orders;
    private long _accepted;
    private long _refused;
    private long _aborted;
    private long _evicted;
    private long _frames;
    private long _bytesReceived;
    private long _unsent;

    private WireServer(WireServerOptions options, IWireHandler handler, Socket listener)
    {
        _options = options;
        _handler = handler;
        _listener = listener;
        LocalEndPoint = (IPEndPoint)listener.LocalEndPoint!;
        WireLimits limits = options.Limits;
        Addresses = new AddressBook(limits, options.Time);
        Strangers = new Strangers(options.Time);
        HeldByStrangers = new HeldBudget(limits.HeldBytesStrangersMax);
        HeldByPayers = new HeldBudget(limits.HeldBytesMax - limits.HeldBytesStrangersMax);
        _slots = new SemaphoreSlim(options.Limits.ConnectionsMax);
        var period = TimeSpan.FromMilliseconds(options.Limits.SweepMs);
        _timer = options.Time.CreateTimer(_ => Sweep(), null, period, period);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Figures for metrics.</summary>
    public WireServerFigures Figures => new()
    {
        Connections = _connections.Count,
        OrdersInFlight = Volatile.Read(ref _orders),
        HeldBytes = HeldByStrangers.Bytes + HeldByPayers.Bytes,
        HeldBytesOfStrangers = HeldByStrangers.Bytes,
        UnsentBytes = Volatile.Read(ref _unsent),
        ConnectionsEvictedTotal = Volatile.Read(ref _evicted),
        ConnectionsTotal = Volatile.Read(ref _accepted),
        ConnectionsRefusedTotal = Volatile.Read(ref _refused),
        ConnectionsAbortedTotal = Volatile.Read(ref _aborted),
        FramesTotal = Volatile.Read(ref _frames),
        BytesReceivedTotal = Volatile.Read(ref _bytesReceived),
    };

    /// <summary>By address and by payer.</summary>
    internal AddressBook Addresses { get; }

    /// <summary>Bytes for who has not shown yet that he pays.</summary>
    internal HeldBudget HeldByStrangers { get; }

    /// <summary>Bytes for payers, which no stranger can use up.</summary>
    internal HeldBudget HeldByPayers { get; }

    internal Strangers Strangers { get; }

    internal bool IsDraining => _stopping.IsCancellationRequested;

    /// <summary>Binds and starts accepting.</summary>
    /// <exception cref="WireException">
    /// The port is taken or may not be used, or a limit is wrong.
    /// </exception>
    public static WireServer Start(WireServerOptions options, IWireHandler handler)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        options.Limits.Verify();
        var listener = new Socket(
            options.Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(options.Endpoint);
            listener.Listen(Backlog);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new WireException($"cannot listen on {options.Endpoint}: {Remedy(e)}", e);
        }

        return new WireServer(options, handler, listener);
    }

    /// <summary>
    /// Stops accepting, says Goodbye, refuses new orders, lets those in flight finish, then closes;
    /// what is not done within the time is cut off. True: everything finished.
    /// </summary>
    public async ValueTask<bool> DrainAsync(TimeSpan within)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        NoteIfEmpty();
        try
        {
            await _empty.Task.WaitAsync(within, _options.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            AbortAll();
            return false;
        }
    }

    /// <summary>Closes everything at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
        AbortAll();
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    internal void CountFrame() => Interlocked.Increment(ref _frames);

    internal void CountReceived(int bytes) => Interlocked.Add(ref _bytesReceived, bytes);

    internal void CountOrders(int change) => Interlocked.Add(ref _orders, change);

    internal void CountUnsent(int change) => Interlocked.Add(ref _unsent, change);

    /// <summary>Strangers' bytes are full: who reads least, or has been at a frame longest, makes
    /// room.</summary>
    /// <returns>False where nobody else holds any.</returns>
    internal bool TryReclaimFromStrangers(ServerConnection needy) => CountEvicted(
        Reclaim.Evict(Strangers.Holding(), _options.Limits.HeldBytesStrangersMax, needy));

    /// <summary>Payers' bytes are full: the payer that holds most makes room.</summary>
    /// <returns>False where it has no unfinished frame and no unread answer, or is the one who
    /// needs the room.</returns>
    internal bool TryReclaimFromPayers(ServerConnection needy)
    {
        WireLimits limits = _options.Limits;
        return CountEvicted(Reclaim.Evict(
            Reclaim.OfTheGreatest(
                _connections.Values.Where(Reclaim.IsHolding), needy.Payer),
            limits.HeldBytesMax - limits.HeldBytesStrangersMax, needy));
    }

    private bool CountEvicted(int count)
    {
        Interlocked.Add(ref _evicted, count);
        return count > 0;
    }

    private static string Remedy(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            "the port is taken; stop the other program or choose another",
        SocketError.AccessDenied => "not permitted; choose a port above 1023",
        SocketError.AddressNotAvailable =>
            "this machine does not have that address; choose one it has",
        _ => e.Message,
    };

    private async Task AcceptAsync()
    {
        Rest rest = new(_options.Time);
        for (int turn = 1; !IsDraining; turn++)
        {
            if (turn % AcceptsBeforeYield == 0)
            {
                await Task.Yield();
            }

            try
            {
                Socket socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                long begun = _options.Time.GetTimestamp();
                await TakeSlotAsync(socket).ConfigureAwait(false);
                AdmitOrRefuse(socket);
                // Newcomers are strangers: they wait in the kernel, where they cost nothing.
                await Task.Delay(rest.After(begun), _options.Time, _stopping.Token)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (
                IsDraining && e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (IsOfTheClient(e))
            {
                // It left before it was accepted: no reason to make the next one wait.
            }
            catch (Exception e)
            {
                // Whatever it is, the next one is served.
                await AcceptAgainAsync(e).ConfigureAwait(false);
            }
        }
    }

    private static bool IsOfTheClient(SocketException e) =>
        e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset;

    /// <summary>Out of descriptors, most likely: wait a sweep, go on.</summary>
    private async Task AcceptAgainAsync(Exception fault)
    {
        if (IsDraining)
        {
            return;
        }

        _handler.OnFault("accept", fault);
        var pause = TimeSpan.FromMilliseconds(_options.Limits.SweepMs);
        try
        {
            await Task.Delay(pause, _options.Time, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Draining began: the loop ends.
        }
    }

    /// <summary>At a bound a connection that has not shown that it pays makes room. Where there is
    /// none, accepting pauses: the kernel's backlog holds who comes next.</summary>
    private async Task TakeSlotAsync(Socket socket)
    {
        try
        {
            bool isFree = _slots.Wait(0);
            if ((!isFree || Strangers.Count >= _options.Limits.StrangersMax)
                && Strangers.TryEvict())
            {
                Interlocked.Increment(ref _evicted);
            }

            if (isFree)
            {
                return;
            }

            await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What cannot be admitted keeps neither its slot nor its socket.</summary>
    private void AdmitOrRefuse(Socket socket)
    {
        try
        {
            Admit(socket);
        }
        catch
        {
            Refuse(socket);
            throw;
        }
    }

    private void Admit(Socket socket)
    {
        if (RemoteOf(socket) is not { } remote)
        {
            Refuse(socket);
        }
        else if (IsTunnel(remote.Address))
        {
            _ = AdmitProxiedAsync(socket, remote);
        }
        else
        {
            Admit(socket, remote);
        }
    }

    private bool IsTunnel(IPAddress address) =>
        _options.ProxyFrom.Contains(AddressKey.Plain(address));

    /// <summary>The tunnel says for whom it speaks, within the deadline of a first frame.</summary>
    private async Task AdmitProxiedAsync(Socket socket, IPEndPoint tunnel)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using CancellationTokenSource late = new(
                TimeSpan.FromMilliseconds(_options.Limits.FirstFrameMsMax), _options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(
                late.Token, _stopping.Token);
            IPEndPoint? client = await ProxyHeader.ReadAsync(socket, either.Token)
                .ConfigureAwait(false);
            Admit(socket, client ?? tunnel);
        }
        catch (Exception e) when (e is IOException or SocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            Refuse(socket);
        }
        catch (Exception e)
        {
            Refuse(socket);
            TellOfHeader(tunnel, e);
        }
    }

    /// <summary>A tunnel that is set up wrong fails at every connection: one line of many.
    /// </summary>
    private void TellOfHeader(IPEndPoint tunnel, Exception fault)
    {
        long now = _options.Time.GetTimestamp();
        long before = Volatile.Read(ref _headerTold);
        bool isDue = before == 0
            || _options.Time.GetElapsedTime(before, now).TotalMilliseconds >= HeaderToldMs;
        if (isDue && Interlocked.CompareExchange(ref _headerTold, now, before) == before)
        {
            _handler.OnFault($"connection of the tunnel {tunnel.Address}", fault);
        }
    }

    private void Admit(Socket socket, IPEndPoint remote)
    {
        if (Addresses.Enter(remote.Address) is not { } address)
        {
            Refuse(socket);
            return;
        }

        if (!TryPrepare(socket))
        {
            Addresses.Leave(address);
            Refuse(socket);
            return;
        }

        ServerConnection connection;
        try
        {
            long id = Interlocked.Increment(ref _accepted);
            connection =
                new ServerConnection(this, _options, _handler, socket, remote, address, id);
            _connections[id] = connection;
        }
        catch
        {
            Addresses.Leave(address);
            throw;
        }

        _ = ServeAsync(connection);
    }

    private void Refuse(Socket socket)
    {
        Interlocked.Increment(ref _refused);
        socket.Dispose();
        _slots.Release();
        NoteIfEmpty();
    }

    /// <summary>Null when the client is already gone.</summary>
    private static IPEndPoint? RemoteOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint as IPEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Sets the socket of an admitted client up; false when it is already gone.</summary>
    private bool TryPrepare(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            socket.SendBufferSize = _options.Limits.KernelSendBytes;
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task ServeAsync(ServerConnection connection)
    {
        // Off the accepting loop at once: its next client must not wait for this one's frames. Not
        // ForceYielding, which queues before all that the pool has waiting.
        await Task.Yield();
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Only the handler's own OnClosed can throw here; one connection must not end the node.
            _handler.OnFault("end of connection " + connection.Id, e);
        }
        finally
        {
            _connections.TryRemove(connection.Id, out _);
            if (connection.Frames.Reason >= WireProtocol.OwnReasonFirst
                && connection.Frames.Reason is not (ushort)WireReason.Disconnected
                    and not (ushort)WireReason.Draining)
            {
                Interlocked.Increment(ref _aborted);
            }

            _slots.Release();
            NoteIfEmpty();
        }
    }

    private void Sweep()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        try
        {
            long now = _options.Time.GetTimestamp();
            foreach ((_, ServerConnection connection) in _connections)
            {
                SweepOne(connection, now);
            }

            Addresses.Sweep();
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>A fault of one connection must not end the timer and the process with it.</summary>
    private void SweepOne(ServerConnection connection, long now)
    {
        try
        {
            connection.Sweep(now, IsDraining);
        }
        catch (Exception e)
        {
            _handler.OnFault("deadlines of connection " + connection.Id, e);
        }
    }

    private void AbortAll()
    {
        foreach ((_, ServerConnection connection) in _connections)
        {
            connection.Frames.Abort(WireReason.Draining);
        }
    }

    private void NoteIfEmpty()
    {
        if (IsDraining && _connections.IsEmpty)
        {
            _empty.TrySetResult();
        }
    }
}

/// <summary>A reading of a server's counters; the totals only grow.</summary>
public readonly record struct WireServerFigures
{
    /// <summary>Open now.</summary>
    public int Connections { get; init; }

    /// <summary>Orders in flight now.</summary>
    public int OrdersInFlight { get; init; }

    /// <summary>Bytes held for clients now: unfinished frames, inputs, and answers that wait for
    /// their reader.</summary>
    public long HeldBytes { get; init; }

    /// <summary>Of those, answers that wait for their reader.</summary>
    public long UnsentBytes { get; init; }

    /// <summary>Of those, for who has not shown that he pays.</summary>
    public long HeldBytesOfStrangers { get; init; }

    /// <summary>Cut off since the start to make room for a newer one.</summary>
    public long ConnectionsEvictedTotal { get; init; }

    /// <summary>Accepted since the start.</summary>
    public long ConnectionsTotal { get; init; }

    /// <summary>Turned away at the door since the start.</summary>
    public long ConnectionsRefusedTotal { get; init; }

    /// <summary>Closed for breaking a rule of the protocol since the start.</summary>
    public long ConnectionsAbortedTotal { get; init; }

    /// <summary>Bytes received and handled since the start.</summary>
    public long BytesReceivedTotal { get; init; }

    /// <summary>Frames read since the start.</summary>
    public long FramesTotal { get; init; }
}
