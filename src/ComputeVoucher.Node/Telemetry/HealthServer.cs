using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// GET and HEAD of <c>/health</c> (the process lives), <c>/ready</c> (it accepts orders; the body
/// says why not) and <c>/metrics</c>, whatever name the caller knows the machine by. Answers are
/// small and hold no secret, one to a connection, and at most <see cref="ConcurrentMax"/> at once.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    /// <summary>A scraper and a probe or two; what comes beyond waits in the backlog.</summary>
    private const int ConcurrentMax = 16;

    /// <summary>Longest head of a request, bytes: browsers and proxies stay below 8 KiB.</summary>
    private const int HeadBytesMax = 8 << 10;

    /// <summary>For one request and its answer: a scraper needs milliseconds.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly SemaphoreSlim _slots = new(ConcurrentMax);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<string?> _notReady;
    private readonly Func<string> _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private HealthServer(Socket listener, Func<string?> notReady, Func<string> metrics,
        TimeProvider time, ILogger log) =>
        (_listener, _notReady, _metrics, _time, _log) = (listener, notReady, metrics, time, log);

    /// <summary>Listens, and answers until it is disposed of.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="open">Whether that may be reached from elsewhere.</param>
    /// <param name="notReady">One line; null while the node is ready.</param>
    /// <param name="metrics">The page of figures.</param>
    /// <param name="time">Bounds a request.</param>
    /// <param name="log">Where failures are told.</param>
    /// <exception cref="NodeException">Not loopback, or not to be had.</exception>
    public static HealthServer Start(IPEndPoint endpoint, bool open, Func<string?> notReady,
        Func<string> metrics, TimeProvider time, ILogger log)
    {
        if (!open && !IPAddress.IsLoopback(endpoint.Address))
        {
            throw new NodeException($"node:health is {endpoint}, which others may reach: set "
                + "node:healthOpen to true if they shall read the figures, or use 127.0.0.1");
        }

        Socket listener = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(endpoint);
            listener.Listen(ConcurrentMax);
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            throw new NodeException($"node:health {endpoint}: cannot listen: {failure.Message} "
                + "(is another node running? stop it, or choose another port)", failure);
        }

        HealthServer server = new(listener, notReady, metrics, time, log);
        _ = server.RunAsync();
        return server;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        _ended.Cancel();
        _listener.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_ended.Token).ConfigureAwait(false);
                Socket socket = await _listener.AcceptAsync(_ended.Token).ConfigureAwait(false);
                _ = AnswerAsync(socket);
            }
            catch (Exception failure) when (failure is OperationCanceledException
                or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // No descriptors, say: the next one may have some.
                _slots.Release();
                _log.HealthFailed(failure.Message);
                await Task.Delay(s_deadline, _time).ConfigureAwait(false);
            }
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        try
        {
            using CancellationTokenSource timer = new(s_deadline, _time);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _ended.Token);
            using NetworkStream stream = new(socket, ownsSocket: true);
            string? line = await RequestLineAsync(stream, either.Token).ConfigureAwait(false);
            await stream.WriteAsync(Answer(line), either.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is IOException or SocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked is gone, or too slow.
        }
        catch (Exception failure)
        {
            _log.HealthFailed(Failure.Describe(failure));
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The first line of a request, whose head was read to its end; null when it has none
    /// within the bounds.</summary>
    private static async Task<string?> RequestLineAsync(Stream stream, CancellationToken cancel)
    {
        byte[] head = new byte[HeadBytesMax];
        int filled = 0;
        while (filled < head.Length)
        {
            int read = await stream.ReadAsync(head.AsMemory(filled), cancel).ConfigureAwait(false);
            filled += read;
            ReadOnlySpan<byte> seen = head.AsSpan(0, filled);
            if (seen.IndexOf("\r\n\r\n"u8) >= 0 || seen.IndexOf("\n\n"u8) >= 0)
            {
                return Encoding.Latin1.GetString(seen[..seen.IndexOf((byte)'\n')]).TrimEnd('\r');
            }

            if (read == 0)
            {
                return null;
            }
        }

        return null;
    }

    private byte[] Answer(string? line)
    {
        string[] words = line?.Split(' ') ?? [];
        bool isHttp = words.Length == 3 && words[2].StartsWith("HTTP/1.", StringComparison.Ordinal);
        (string status, string body) = words switch
        {
            _ when !isHttp => ("400 Bad Request", "an HTTP/1 request is wanted\n"),
            ["GET" or "HEAD", string target, _] => Page(PathOf(target)),
            _ => ("405 Method Not Allowed", "GET or HEAD\n"),
        };
        string head = $"HTTP/1.1 {status}\r\n"
            + "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n"
            + "Allow: GET, HEAD\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
        return Encoding.UTF8.GetBytes(isHttp && words[0] == "HEAD" ? head : head + body);
    }

    /// <summary>Without the question, and without the host that a proxy writes before it.</summary>
    private static string PathOf(string target)
    {
        string path = target.Split('?')[0];
        int host = path.IndexOf("://", StringComparison.Ordinal);
        int start = host < 0 ? -1 : path.IndexOf('/', host + 3);
        return start < 0 ? path : path[start..];
    }

    private (string Status, string Body) Page(string path) => path switch
    {
        "/health" => ("200 OK", "ok\n"),
        "/ready" => _notReady() is { } reason
            ? ("503 Service Unavailable", reason.ReplaceLineEndings(" ") + "\n")
            : ("200 OK", "ready\n"),
        "/metrics" => ("200 OK", _metrics()),
        _ => ("404 Not Found", "paths: /health /ready /metrics\n"),
    };
}
