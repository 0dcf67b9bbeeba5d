using System;
using System.Buffers;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
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

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;
    private readonly TimeSpan _rest;
    private long _restingUntil = long.MinValue;
    private uint _lastId;

    public RpcEndpoint(Uri url, RpcOptions options, TimeProvider time)
    {
        Url = url;
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
    public string Name => $"{Url.Scheme}://{Url.Authority}";

    /// <summary>Set when it contradicts the configuration; then it is asked nothing else.</summary>
    public string? Quarantine { get; set; }

    public bool IsResting => _time.GetTimestamp() < Volatile.Read(ref _restingUntil);

    public async Task<T> CallAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        int bytesMax,
        CancellationToken cancel)
    {
        uint id = Interlocked.Increment(ref _lastId);
        byte[] request = RpcEnvelope.Request(id, method, parameters);
        try
        {
            ReadOnlyMemory<byte> answer =
                await PostAsync(request, bytesMax, cancel).ConfigureAwait(false);
            T result = RpcEnvelope.Response(answer, id, read);
            Volatile.Write(ref _restingUntil, long.MinValue);
            return result;
        }
        catch (ChainException e)
        {
            if (e.IsTransient)
            {
                Rest();
            }

            // What a contract says is the same at every endpoint.
            string line = RevertReasons.IsKnown(e.RevertData)
                ? e.Message
                : $"{Name} {method}: {e.Message}";
            throw new ChainException(e.Fault, line, e)
            {
                Code = e.Code,
                RevertData = e.RevertData,
            };
        }
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
            using HttpResponseMessage response = await _http
                .SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token)
                .ConfigureAwait(false);
            ReadOnlyMemory<byte> body =
                await ReadAsync(response.Content, bytesMax, either.Token).ConfigureAwait(false);
            CheckStatus(response.StatusCode, body);
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

    private static void CheckStatus(HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        if (status == HttpStatusCode.TooManyRequests)
        {
            throw new ChainException(ChainFault.RateLimited, "HTTP 429, too many requests");
        }

        // Some nodes put a JSON-RPC error into a 4xx answer; everything else is no answer.
        bool mayHoldError = (int)status is >= 400 and < 500
            && body.Span.IndexOf("\"jsonrpc\""u8) >= 0;
        if (status != HttpStatusCode.OK && !mayHoldError)
        {
            throw new ChainException(ChainFault.Unavailable, $"HTTP {(int)status}");
        }
    }

    private static ChainException TooLarge(int bytesMax) =>
        new(ChainFault.TooLarge, $"answer above {bytesMax} bytes");

    private void Rest()
    {
        long ticks = (long)(_rest.TotalSeconds * _time.TimestampFrequency);
        Volatile.Write(ref _restingUntil, _time.GetTimestamp() + ticks);
    }
}
