using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Chain;

/// <summary>One URL. Every way in which it can fail ends as a <see cref="ChainException"/>; only
/// the caller's own cancellation passes through.</summary>
internal sealed class RpcEndpoint : IDisposable
{
    private const int ReadBytes = 16 << 10;

    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    // Decompression would put a library of 0.7 MB into the binary.
    private static readonly StringWithQualityHeaderValue s_identity = new("identity");

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly TimeSpan _rest;
    private readonly AuthenticationHeaderValue? _basic;
    private readonly (string Name, string Value)? _header;
    private readonly string _path;
    private long _restingUntil = long.MinValue;
    private long _heldUntil = long.MinValue;
    private int _failures;
    private int _batchMax = ChainLimits.BatchCallsMax;
    private uint _lastId;
    private long _errors;

    /// <param name="header">A line "Name: value" that goes with every request; null for none.
    /// </param>
    public RpcEndpoint(Uri url, string? header, RpcOptions options, TimeProvider time)
    {
        // User and password belong into a header, and into no message.
        Url = new UriBuilder(url) { UserName = "", Password = "" }.Uri;
        _basic = url.UserInfo.Length == 0 ? null : new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
        _header = header is null ? null : HeaderOf(header);
        _path = url.PathAndQuery;
        _time = time;
        _deadline = options.Deadline;
        _rest = options.EndpointRest;
        _http = new HttpClient(options.HandlerFactory?.Invoke() ?? Handler(options), true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Uri Url { get; }

    /// <summary>Scheme and host, for messages: paths and queries of providers hold keys.</summary>
    public string Name => NameOf(Url);

    /// <summary>What was asked, and what brought no answer.</summary>
    public EndpointFigures Figures =>
        new(Name, Volatile.Read(ref _lastId), Interlocked.Read(ref _errors));

    /// <summary>Set when it contradicts the configuration; then it is asked nothing else.</summary>
    public string? Quarantine { get; set; }

    /// <summary>Set while its head is old, or behind another's: then it is asked only where there
    /// is no other.</summary>
    public string? Lag { get; set; }

    public bool IsResting => _time.GetTimestamp() < Volatile.Read(ref _restingUntil);

    /// <summary>It asked to be left alone (Retry-After).</summary>
    public bool IsHeld => _time.GetTimestamp() < Volatile.Read(ref _heldUntil);

    /// <summary>The last question was answered.</summary>
    public bool IsAnswering => Volatile.Read(ref _failures) == 0;

    /// <summary>Scheme, host and port of a URL.</summary>
    public static string NameOf(Uri url) => $"{url.Scheme}://{url.Authority}";

    public Task<T> CallAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        int bytesMax,
        CancellationToken cancel)
    {
        uint id = Interlocked.Increment(ref _lastId);
        byte[] request = RpcEnvelope.Request(id, method, parameters);
        return AskAsync(
            method, request, bytes => RpcEnvelope.Response(bytes, id, read), bytesMax, cancel);
    }

    /// <summary>Many calls of one method, in as few requests as the endpoint takes: a refused batch
    /// is parted, down to single calls.</summary>
    /// <returns>In the order of the calls; a call that failed fails alone.</returns>
    /// <exception cref="ChainException">The endpoint is away, or asks to wait.</exception>
    public async Task<RpcAnswer<T>[]> BatchAsync<T>(
        string method,
        IReadOnlyList<Action<Utf8JsonWriter>> calls,
        Func<JsonElement, T> read,
        CancellationToken cancel)
    {
        List<RpcAnswer<T>> answers = new(calls.Count);
        while (answers.Count < calls.Count)
        {
            int count = Math.Min(Volatile.Read(ref _batchMax), calls.Count - answers.Count);
            Action<Utf8JsonWriter>[] part = new Action<Utf8JsonWriter>[count];
            for (int i = 0; i < count; i++)
            {
                part[i] = calls[answers.Count + i];
            }

            try
            {
                if (count == 1)
                {
                    answers.Add(await SingleAsync(method, part[0], read, cancel)
                        .ConfigureAwait(false));
                    continue;
                }

                answers.AddRange(await PartAsync(method, part, read, cancel)
                    .ConfigureAwait(false));
                // A batch that was small for want of calls says nothing of larger ones.
                Volatile.Write(ref _batchMax, Math.Max(
                    Volatile.Read(ref _batchMax), Math.Min(ChainLimits.BatchCallsMax, count + 1)));
            }
            catch (ChainException e) when (count > 1 && e.Fault
                is ChainFault.TooLarge or ChainFault.Rejected or ChainFault.Malformed)
            {
                // No batches here, or no such large ones: each gateway says it in its own way.
                Volatile.Write(ref _batchMax, Math.Max(1, count / 4));
            }
        }

        return [.. answers];
    }

    private async Task<RpcAnswer<T>> SingleAsync<T>(
        string method,
        Action<Utf8JsonWriter> call,
        Func<JsonElement, T> read,
        CancellationToken cancel)
    {
        try
        {
            T value = await CallAsync(method, call, read, ChainLimits.ResponseBytesMax, cancel)
                .ConfigureAwait(false);
            return new RpcAnswer<T>(value, null);
        }
        catch (ChainException e) when (e.Fault is ChainFault.Reverted or ChainFault.Rejected)
        {
            return new RpcAnswer<T>(default, e);
        }
    }

    private Task<RpcAnswer<T>[]> PartAsync<T>(
        string method,
        Action<Utf8JsonWriter>[] calls,
        Func<JsonElement, T> read,
        CancellationToken cancel)
    {
        uint first = Interlocked.Add(ref _lastId, (uint)calls.Length) - (uint)calls.Length + 1;
        byte[] request = RpcEnvelope.Requests(first, method, calls);
        return AskAsync(
            method,
            request,
            bytes => RpcEnvelope.Responses(bytes, first, calls.Length, read),
            ChainLimits.ResponseBytesMax,
            cancel);
    }

    private async Task<T> AskAsync<T>(
        string method,
        byte[] request,
        Func<ReadOnlyMemory<byte>, T> read,
        int bytesMax,
        CancellationToken cancel)
    {
        try
        {
            T result = read(await PostAsync(request, bytesMax, cancel).ConfigureAwait(false));
            Volatile.Write(ref _restingUntil, long.MinValue);
            Volatile.Write(ref _failures, 0);
            return result;
        }
        catch (ChainException e)
        {
            if (e.Fault != ChainFault.Reverted)
            {
                Interlocked.Increment(ref _errors);
            }

            if (e.IsTransient)
            {
                Rest();
            }

            if (e.RetryAfter is TimeSpan wait)
            {
                Volatile.Write(ref _heldUntil, After(wait));
            }

            // What a contract says is the same at every endpoint.
            string line = RevertReasons.IsKnown(e.RevertData)
                ? e.Message
                : $"{Name} {method}: {Hide(e.Message)}";
            throw new ChainException(e.Fault, line, e)
            {
                Code = e.Code,
                RevertData = e.RevertData,
                RetryAfter = e.RetryAfter,
            };
        }
    }

    /// <summary>Some gateways repeat the path, with its key, in what they refuse.</summary>
    private string Hide(string text) => _path.Length > 1
        ? text.Replace(_path, "/…", StringComparison.Ordinal)
        : text;

    private static (string Name, string Value) HeaderOf(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        bool isHeader = colon > 0 && line.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0
            && !line.AsSpan(0, colon).Contains(' ');
        return isHeader
            ? (line[..colon], line[(colon + 1)..].Trim())
            : throw new ChainException(
                ChainFault.Misconfigured,
                "a header of an RPC endpoint is one line \"Name: value\"");
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler(RpcOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.Deadline,
        // A provider moves its addresses; a pooled connection must not outlive that for long.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 16,
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = 0,
    };

    private async Task<ReadOnlyMemory<byte>> PostAsync(
        byte[] request, int bytesMax, CancellationToken cancel)
    {
        using CancellationTokenSource timer = new(_deadline, _time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            using HttpRequestMessage message = new(HttpMethod.Post, Url);
            message.Content = new ByteArrayContent(request) { Headers = { ContentType = s_json } };
            message.Headers.Authorization = _basic;
            message.Headers.AcceptEncoding.Add(s_identity);
            if (_header is (string name, string value))
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }

            using HttpResponseMessage response = await _http
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token)
                .ConfigureAwait(false);
            ReadOnlyMemory<byte> body =
                await ReadAsync(response.Content, bytesMax, either.Token).ConfigureAwait(false);
            CheckStatus(response, body);
            return body;
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ChainException(
                ChainFault.TimedOut, $"no whole answer within {_deadline.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException
            or InvalidOperationException or NotSupportedException)
        {
            // "see inner exception" is no remedy.
            string why = e.InnerException is AuthenticationException tls
                ? "no TLS: " + tls.Message
                : e.Message;
            throw new ChainException(ChainFault.Unreachable, RpcEnvelope.OneLine(why), e);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpContent content, int bytesMax, CancellationToken cancel)
    {
        if (content.Headers.ContentLength > bytesMax)
        {
            throw TooLarge(bytesMax);
        }

        using Stream body = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        ArrayBufferWriter<byte> buffer = new(ReadBytes);
        while (true)
        {
            int read = await body.ReadAsync(buffer.GetMemory(ReadBytes), cancel)
                .ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > bytesMax)
            {
                throw TooLarge(bytesMax);
            }
        }
    }

    private void CheckStatus(HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        HttpStatusCode status = response.StatusCode;
        if (status == HttpStatusCode.TooManyRequests)
        {
            throw new ChainException(ChainFault.RateLimited, "HTTP 429, too many requests")
            {
                RetryAfter = RetryAfter(response),
            };
        }

        // Some nodes put a JSON-RPC error into a 4xx answer; everything else is no answer.
        bool mayHoldError = (int)status is >= 400 and < 500
            && body.Span.IndexOf("\"jsonrpc\""u8) >= 0;
        if (status != HttpStatusCode.OK && !mayHoldError)
        {
            ChainFault fault = status == HttpStatusCode.RequestEntityTooLarge
                ? ChainFault.TooLarge
                : ChainFault.Unavailable;
            throw new ChainException(fault, $"HTTP {(int)status}{Hint(status)}")
            {
                RetryAfter = RetryAfter(response),
            };
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            throw new ChainException(
                ChainFault.Malformed,
                "a compressed answer, though none was asked for; turn compression off there");
        }
    }

    private static string Hint(HttpStatusCode status) => (int)status switch
    {
        401 or 403 => ": it wants other credentials (user:password@ in the URL, or a header)",
        402 => ": it wants to be paid",
        413 => ": the request is too long for it",
        >= 300 and < 400 => ": it lives elsewhere now; give the new URL",
        _ => "",
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? asked = response.Headers.RetryAfter;
        TimeSpan? wait = asked?.Delta ?? (asked?.Date - _time.GetUtcNow());
        return wait is not TimeSpan time || time <= TimeSpan.Zero ? null
            : time < ChainLimits.RetryAfterMax ? time
            : ChainLimits.RetryAfterMax;
    }

    private static ChainException TooLarge(int bytesMax) =>
        new(ChainFault.TooLarge, $"answer above {bytesMax} bytes");

    private void Rest()
    {
        int failures = Interlocked.Increment(ref _failures);
        double seconds = _rest.TotalSeconds * Math.Pow(2, Math.Min(failures, 16) - 1);
        double longest = Math.Max(
            _rest.TotalSeconds, ChainLimits.EndpointRestMax.TotalSeconds);
        Volatile.Write(
            ref _restingUntil, After(TimeSpan.FromSeconds(Math.Min(seconds, longest))));
    }

    private long After(TimeSpan wait) =>
        _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency);
}

/// <summary>Counters of one endpoint since the start.</summary>
/// <param name="Name">Scheme and host.</param>
/// <param name="Requests">Calls made to it.</param>
/// <param name="Errors">Of those, the ones that brought no answer.</param>
public sealed record EndpointFigures(string Name, long Requests, long Errors);
