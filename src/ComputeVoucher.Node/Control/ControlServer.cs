using System;
using System.Buffers;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// A Unix socket in the ledger's directory, for the operator of this machine: one line of JSON
/// asks, one line of JSON answers, and the connection ends. Only the owner's processes (and root's)
/// are heard: by the socket's mode and by what the kernel says of the peer. It is never on TCP.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>Longest question, bytes: a command, a path of 4 KiB, and the quotes.</summary>
    private const int QuestionBytesMax = 8 << 10;

    /// <summary>Operators at a time; one looks, one acts, a script or two.</summary>
    private const int ConcurrentMax = 8;

    /// <summary>Longest path that a socket can be bound to, bytes: sun_path without its end.
    /// </summary>
    private const int PathBytesMax = 107;

    /// <summary>For the question; the answer may wait for the chain.</summary>
    private static readonly TimeSpan s_questionDeadline = TimeSpan.FromSeconds(5);

    /// <summary>For the answer: a backup of a large ledger is the slowest.</summary>
    private static readonly TimeSpan s_answerDeadline = TimeSpan.FromMinutes(10);

    private readonly Socket _listener;
    private readonly SemaphoreSlim _slots = new(ConcurrentMax);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<string, PeerCredential, CancellationToken, Task<string>> _answer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    private ControlServer(Socket listener,
        Func<string, PeerCredential, CancellationToken, Task<string>> answer,
        TimeProvider time, ILogger log) =>
        (_listener, _answer, _time, _log) = (listener, answer, time, log);

    /// <summary>Listens, and answers until it is disposed of; null, with a line in the log, where
    /// there can be no socket: the node serves all the same.</summary>
    /// <param name="path">Where; nothing stands there. Null where there is no directory.</param>
    /// <param name="answer">One line for one line.</param>
    /// <param name="time">Bounds a question.</param>
    /// <param name="log">Where failures are told.</param>
    public static ControlServer? Start(string? path,
        Func<string, PeerCredential, CancellationToken, Task<string>> answer,
        TimeProvider time, ILogger log)
    {
        if (path is null || !OperatingSystem.IsLinux())
        {
            return null;
        }

        if (Encoding.UTF8.GetByteCount(path) > PathBytesMax)
        {
            log.ControlAbsent($"{path} is longer than {PathBytesMax} bytes (shorten node:ledger)");
            return null;
        }

        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            // Nobody can connect before it listens, so nobody slips in before the mode.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(ConcurrentMax);
        }
        catch (Exception failure) when (failure is SocketException or IOException
            or UnauthorizedAccessException)
        {
            listener.Dispose();
            log.ControlAbsent($"{path}: {failure.Message}");
            return null;
        }

        ControlServer server = new(listener, answer, time, log);
        _ = server.RunAsync();
        return server;
    }

    /// <summary>The socket goes with it.</summary>
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
                _ = ServeAsync(socket);
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
                _log.ControlAbsent(failure.Message);
                await Task.Delay(s_questionDeadline, _time).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using NetworkStream stream = new(socket, ownsSocket: true);
            PeerCredential peer = PeerCredential.Of(socket);
            string answer = peer.IsTrusted
                ? await AskedAsync(stream, peer).ConfigureAwait(false)
                : ControlAnswer.Error("only the node's own user and root are heard");
            using CancellationTokenSource timer = new(s_questionDeadline, _time);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\n"), timer.Token)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked is gone, or too slow.
        }
        catch (Exception failure)
        {
            _log.UnexpectedFailure("control", Failure.Describe(failure));
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<string> AskedAsync(Stream stream, PeerCredential peer)
    {
        string? question = await QuestionAsync(stream).ConfigureAwait(false);
        if (question is null)
        {
            return ControlAnswer.Error(
                $"a question is one line of JSON of at most {QuestionBytesMax} bytes");
        }

        using CancellationTokenSource timer = new(s_answerDeadline, _time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _ended.Token);
        try
        {
            return await _answer(question, peer, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ControlAnswer.Error("the node ends, or the answer took too long");
        }
        catch (Exception failure)
        {
            return ControlAnswer.Error(Failure.Describe(failure));
        }
    }

    private async Task<string?> QuestionAsync(Stream stream)
    {
        using CancellationTokenSource timer = new(s_questionDeadline, _time);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(QuestionBytesMax);
        try
        {
            int filled = 0;
            while (filled < QuestionBytesMax)
            {
                int read = await stream
                    .ReadAsync(bytes.AsMemory(filled, QuestionBytesMax - filled), timer.Token)
                    .ConfigureAwait(false);
                filled += read;
                int end = bytes.AsSpan(0, filled).IndexOf((byte)'\n');
                if (end >= 0)
                {
                    return Encoding.UTF8.GetString(bytes, 0, end);
                }

                if (read == 0)
                {
                    return null;
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
