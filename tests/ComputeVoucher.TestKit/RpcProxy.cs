using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>What the proxy does to an answer of the chain behind it.</summary>
public enum RpcFault
{
    /// <summary>Closes the connection at once, before it reads the request.</summary>
    Refuse,

    /// <summary>Never answers.</summary>
    Hang,

    /// <summary>Reads the request and closes without a byte; the chain never saw it.</summary>
    CloseUnsent,

    /// <summary>The chain gets the request, the client no answer.</summary>
    LoseAnswer,
    ResetMidBody,
    DripForever,
    Http429,
    Http500,
    Http503Page,
    Redirect,
    EmptyBody,
    EmptyObject,
    NotJson,
    TruncatedJson,
    HundredMegabytes,
    HugeLength,
    DeepNesting,
    WrongId,
    WrongVersion,
    NullId,
    BatchArray,
    AnswerTwice,
    NullResult,
    WrongType,
    NegativeQuantity,
    BrokenUtf8,
    InternalError,
    LimitExceeded,
    AlreadyKnown,
    NonceTooLow,
    ReplacementUnderpriced,
    Underpriced,
    InsufficientFunds,
}

/// <summary>A JSON-RPC endpoint that passes everything on and lies, breaks or dies on demand.
/// </summary>
public sealed class RpcProxy : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = Patience.Default };

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentDictionary<string, Func<string, string>> _rewrites = new();
    private readonly Lock _lock = new();
    private readonly Uri _upstream;
    private readonly Task _loop;
    private string? _method;
    private RpcFault _fault;
    private int _times;
    private int _requests;

    public RpcProxy(Uri upstream)
    {
        _upstream = upstream;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _loop = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>Called when a request will get no whole answer however long the client waits:
    /// the moment to let its clock pass the deadline.</summary>
    public Action? Stuck { get; init; }

    /// <summary>How much later every answer comes: an endpoint far away.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>A chain, or a client, that knows no "finalized" block.</summary>
    public bool IsWithoutFinality { get; init; }

    /// <summary>Every fault, for tables.</summary>
    public static TheoryData<RpcFault> Faults => [.. Enum.GetValues<RpcFault>()];

    /// <summary>One request in so many meets HTTP 429; 0 is none.</summary>
    public int LimitEvery { get; init; }

    /// <summary>Requests so far; a batch is one.</summary>
    public int Requests => _requests;

    /// <summary>Requests of a method so far.</summary>
    public int Count(string method) => _counts.GetValueOrDefault(method);

    /// <summary>The next <paramref name="times"/> requests of a method, or of any (null), meet
    /// the fault.</summary>
    public void Fail(string? method, RpcFault fault, int times = int.MaxValue)
    {
        lock (_lock)
        {
            (_method, _fault, _times) = (method, fault, times);
        }
    }

    /// <summary>Changes the text of every answer of a method.</summary>
    public void Rewrite(string method, Func<string, string> change) => _rewrites[method] = change;

    /// <summary>Honest and healthy again.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _times = 0;
        }

        _rewrites.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                connections.Add(ServeAsync(socket));
                connections.RemoveAll(c => c.IsCompleted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException
            or InvalidOperationException)
        {
            // Stopped: while it waited, or just before it would have.
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using NetworkStream stream = new(socket, ownsSocket: true);
        try
        {
            if (Take("", isRefusal: true, out _))
            {
                socket.LingerState = new LingerOption(true, 0);
                return;
            }

            while (await ReadAsync(stream) is byte[] request)
            {
                using JsonDocument document = JsonDocument.Parse(request);
                // Of a batch, the first call stands for all.
                JsonElement root = document.RootElement.ValueKind == JsonValueKind.Array
                    ? document.RootElement[0]
                    : document.RootElement;
                string method = root.GetProperty("method").GetString()!;
                uint id = root.GetProperty("id").GetUInt32();
                _counts.AddOrUpdate(method, 1, (_, n) => n + 1);
                await Task.Delay(Delay, _stop.Token);
                bool isFaulty = Take(method, isRefusal: false, out RpcFault fault);
                int number = Interlocked.Increment(ref _requests);
                bool isLimited = LimitEvery > 0 && number % LimitEvery == 0;
                RpcFault? meets = isFaulty ? fault : isLimited ? RpcFault.Http429 : null;
                if (!await AnswerAsync(socket, stream, request, method, id, meets))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException
            or SocketException or ObjectDisposedException or HttpRequestException)
        {
            // The client went away, or the test is over.
        }
    }

    private bool Take(string method, bool isRefusal, out RpcFault fault)
    {
        lock (_lock)
        {
            fault = _fault;
            bool isHit = _times > 0 && (_fault == RpcFault.Refuse) == isRefusal
                && (isRefusal || _method is null || _method == method);
            if (isHit && _times != int.MaxValue)
            {
                _times--;
            }

            return isHit;
        }
    }

    /// <summary>False ends the connection.</summary>
    private async Task<bool> AnswerAsync(
        Socket socket,
        NetworkStream stream,
        byte[] request,
        string method,
        uint id,
        RpcFault? fault)
    {
        switch (fault)
        {
            case RpcFault.Hang:
                Stuck?.Invoke();
                await Task.Delay(Timeout.Infinite, _stop.Token);
                return false;
            case RpcFault.CloseUnsent:
                return false;
            case RpcFault.LoseAnswer:
                await ForwardAsync(request, method);
                return false;
            case RpcFault.ResetMidBody:
                await WriteAsync(stream, "200 OK", "Content-Length: 500", "{\"jsonrpc\":\"2.0\",");
                socket.LingerState = new LingerOption(true, 0);
                return false;
            case RpcFault.DripForever:
                await DripAsync(stream);
                return false;
            case RpcFault.HundredMegabytes:
                await FloodAsync(stream);
                return false;
            case RpcFault.HugeLength:
                await WriteAsync(stream, "200 OK", "Content-Length: 99999999999", "{");
                return false;
            case RpcFault.Redirect:
                string location = $"Location: {_upstream}\r\nContent-Length: 0";
                await WriteAsync(stream, "307 Temporary Redirect", location, "");
                return true;
            case RpcFault.Http429:
                await ReplyAsync(stream, "429 Too Many Requests", "slow down");
                return true;
            case RpcFault.Http500:
                await ReplyAsync(stream, "500 Internal Server Error", "");
                return true;
            case RpcFault.Http503Page:
                await ReplyAsync(stream, "503 Service Unavailable", "<html>away</html>");
                return true;
            case RpcFault.AlreadyKnown:
            case RpcFault.NonceTooLow:
                // Both are what a second copy of accepted bytes is told.
                await ForwardAsync(request, method);
                await ReplyAsync(stream, "200 OK", Body(fault.Value, id, ""));
                return true;
            case null:
                await ReplyAsync(stream, "200 OK", await ForwardAsync(request, method));
                return true;
            default:
                string honest = fault == RpcFault.AnswerTwice || fault == RpcFault.TruncatedJson
                    ? await ForwardAsync(request, method)
                    : "";
                await ReplyAsync(stream, "200 OK", Body(fault.Value, id, honest));
                return true;
        }
    }

    private static string Body(RpcFault fault, uint id, string honest) => fault switch
    {
        RpcFault.EmptyBody => "",
        RpcFault.EmptyObject => "{}",
        RpcFault.NotJson => "no such backend",
        RpcFault.TruncatedJson => honest[..(honest.Length / 2)],
        RpcFault.AnswerTwice => honest + honest,
        RpcFault.DeepNesting => Result(id, new string('[', 5000) + new string(']', 5000)),
        RpcFault.WrongId => Result(id + 7, "\"0x1\""),
        RpcFault.NullId => """{"jsonrpc":"2.0","id":null,"result":"0x1"}""",
        RpcFault.WrongVersion => $$"""{"jsonrpc":"1.0","id":{{id}},"result":"0x1"}""",
        RpcFault.BatchArray => $"[{Result(id, "\"0x1\"")}]",
        RpcFault.NullResult => Result(id, "null"),
        RpcFault.WrongType => Result(id, "{\"number\":7,\"hash\":[]}"),
        RpcFault.NegativeQuantity => Result(id, "\"0x-1\""),
        RpcFault.BrokenUtf8 => Result(id, "\"\\ud800\""),
        RpcFault.InternalError => Error(id, -32603, "internal error"),
        RpcFault.LimitExceeded => Error(id, -32005, "limit exceeded"),
        RpcFault.AlreadyKnown => Error(id, -32000, "already known"),
        RpcFault.NonceTooLow => Error(id, -32003, "nonce too low"),
        RpcFault.ReplacementUnderpriced =>
            Error(id, -32000, "replacement transaction underpriced"),
        RpcFault.Underpriced => Error(id, -32000, "transaction underpriced: tip needed 1"),
        RpcFault.InsufficientFunds =>
            Error(id, -32000, "insufficient funds for gas * price + value"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    private static string Result(uint id, string result) =>
        $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result}}}""";

    private static string Error(uint id, int code, string message) =>
        $$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":{{{code}}}"""
        + $$$""","message":"{{{message}}}"}}""";

    private async Task<string> ForwardAsync(byte[] request, string method)
    {
        if (IsWithoutFinality)
        {
            string asked = Encoding.UTF8.GetString(request);
            request = Encoding.UTF8.GetBytes(asked.Replace(
                "\"finalized\"", "\"finalizd\"", StringComparison.Ordinal));
        }

        using ByteArrayContent content = new(request);
        content.Headers.ContentType = new("application/json");
        using HttpResponseMessage answer = await s_http.PostAsync(_upstream, content, _stop.Token);
        string text = await answer.Content.ReadAsStringAsync(_stop.Token);
        return _rewrites.TryGetValue(method, out Func<string, string>? change)
            ? change(text)
            : text;
    }

    private async Task DripAsync(NetworkStream stream)
    {
        await WriteAsync(stream, "200 OK", "Content-Length: 1000000", "{");
        for (int i = 0; i < 20; i++)
        {
            await Task.Delay(1, _stop.Token);
            await stream.WriteAsync(" "u8.ToArray(), _stop.Token);
        }

        Stuck?.Invoke();
        await Task.Delay(Timeout.Infinite, _stop.Token);
    }

    private async Task FloodAsync(NetworkStream stream)
    {
        await WriteAsync(stream, "200 OK", "Transfer-Encoding: chunked", "");
        byte[] chunk = new byte[(1 << 16) + 9];
        Encoding.ASCII.GetBytes("10000\r\n").CopyTo(chunk, 0);
        chunk.AsSpan(7, 1 << 16).Fill((byte)' ');
        "\r\n"u8.CopyTo(chunk.AsSpan(chunk.Length - 2));
        for (int i = 0; i < 1600; i++)
        {
            await stream.WriteAsync(chunk, _stop.Token);
        }
    }

    private Task ReplyAsync(NetworkStream stream, string status, string body) =>
        WriteAsync(stream, status, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}", body);

    private async Task WriteAsync(
        NetworkStream stream, string status, string headers, string body)
    {
        string text = $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}\r\n\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text + body), _stop.Token);
    }

    /// <summary>The body of one request; null at the end of the connection.</summary>
    private async Task<byte[]?> ReadAsync(NetworkStream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        const string Length = "Content-Length: ";
        string text = head.ToString();
        int start = text.IndexOf(Length, StringComparison.OrdinalIgnoreCase) + Length.Length;
        int end = text.IndexOf('\r', start);
        ReadOnlySpan<char> length = text.AsSpan(start, end - start);
        byte[] body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return body;
    }
}
