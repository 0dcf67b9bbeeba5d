using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace ComputeVoucher.Bench;

/// <summary>Takes every connection, and everything that is sent on it, and answers nothing.
/// </summary>
internal sealed class DiscardingSocket : IDisposable
{
    /// <summary>Connections kept; the oldest is closed beyond them: this process may have no more
    /// descriptors, and holds the flooder's end of each too.</summary>
    private const int ConnectionsMax = 4_096;

    private const int Backlog = 4_096;

    private readonly Socket _listener =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private readonly Queue<Socket> _open = [];
    private readonly Task _accepting;

    public DiscardingSocket()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Backlog);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint { get; }

    public void Dispose()
    {
        _listener.Dispose();
        _accepting.GetAwaiter().GetResult();
        while (_open.TryDequeue(out Socket? socket))
        {
            socket.Dispose();
        }
    }

    private static async Task DiscardAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException)
        {
            // It is over.
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync().ConfigureAwait(false);
                _open.Enqueue(socket);
                if (_open.Count > ConnectionsMax)
                {
                    _open.Dequeue().Dispose();
                }

                _ = DiscardAsync(socket);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The listener is closed.
        }
    }
}
