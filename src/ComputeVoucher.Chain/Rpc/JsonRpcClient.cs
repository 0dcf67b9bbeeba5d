using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Ethereum JSON-RPC over one or more endpoints; the first that answers is believed,
/// <see cref="EndpointGuard"/> compares them.</summary>
/// <remarks>Thread safe. Bounded in bytes, depth and time (<see cref="ChainLimits"/>); follows
/// no redirect. Methods throw <see cref="ChainException"/> and, when the caller cancels,
/// <see cref="OperationCanceledException"/>; nothing else.</remarks>
public sealed partial class JsonRpcClient : IDisposable
{
    private readonly RpcEndpoint[] _endpoints;

    /// <exception cref="ChainException">No endpoint, too many, a scheme other than http and
    /// https, or https without libssl.</exception>
    public JsonRpcClient(RpcOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Endpoints.Count is 0 or > ChainLimits.EndpointsMax)
        {
            throw new ChainException(
                ChainFault.Misconfigured,
                $"{options.Endpoints.Count} RPC endpoints; give 1 to {ChainLimits.EndpointsMax}");
        }

        foreach (Uri url in options.Endpoints)
        {
            if (!url.IsAbsoluteUri
                || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            {
                throw new ChainException(
                    ChainFault.Misconfigured,
                    $"RPC endpoint {NameOf(url)}: not an http or https URL");
            }

            TlsSupport.Require(url);
        }

        Time = time;
        _options = options;
        _start = time.GetTimestamp();
        _endpoints = new RpcEndpoint[options.Endpoints.Count];
        for (int i = 0; i < _endpoints.Length; i++)
        {
            string? header = i < options.Headers.Count ? options.Headers[i] : null;
            _endpoints[i] = new RpcEndpoint(
                options.Endpoints[i], string.IsNullOrEmpty(header) ? null : header, options, time);
        }
    }

    /// <summary>Endpoints that answered what they were asked last, and are not set aside.
    /// </summary>
    public int Answering
    {
        get
        {
            int count = 0;
            foreach (RpcEndpoint endpoint in _endpoints)
            {
                bool isUsed = endpoint.Quarantine is null && endpoint.Lag is null;
                count += isUsed && endpoint.IsAnswering ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>The clock of its deadlines.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Endpoints that are asked, in the order of the configuration.</summary>
    internal IReadOnlyList<RpcEndpoint> Endpoints => _endpoints;

    /// <summary>Counters of each endpoint, in the order of the configuration.</summary>
    public IReadOnlyList<EndpointFigures> Figures =>
        Array.ConvertAll(_endpoints, endpoint => endpoint.Figures);

    /// <summary>What may be printed of a URL: scheme and host. Paths, questions and users hold
    /// keys.</summary>
    public static string NameOf(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri && url.Host.Length > 0
            ? $"{url.Scheme}://{url.Authority}"
            : "(not a URL with a host)";
    }

    public void Dispose()
    {
        foreach (RpcEndpoint endpoint in _endpoints)
        {
            endpoint.Dispose();
        }
    }

    /// <summary>The first endpoint that answers; those that failed lately come last. A revert is
    /// an answer, any other error is worth asking the next endpoint.</summary>
    private Task<T> CallAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        CancellationToken cancel,
        int bytesMax = ChainLimits.ResponseBytesMax) => PatientlyAsync(
            method, () => CallOnceAsync(method, parameters, read, bytesMax, cancel), cancel);

    private async Task<T> CallOnceAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        int bytesMax,
        CancellationToken cancel)
    {
        ChainException? last = null;
        foreach (RpcEndpoint endpoint in ToRead())
        {
            try
            {
                return await endpoint.CallAsync(method, parameters, read, bytesMax, cancel)
                    .ConfigureAwait(false);
            }
            catch (ChainException e) when (e.Fault != ChainFault.Reverted)
            {
                last = last is null || last.IsTransient ? e : last;
            }
        }

        throw last ?? AllQuarantined();
    }

    /// <summary>Who may be asked, best first: fresh ones, without those that asked for a pause;
    /// where there is no fresh one, the others.</summary>
    /// <exception cref="ChainException">All of them asked for a pause.</exception>
    internal List<RpcEndpoint> ToRead()
    {
        List<RpcEndpoint> order = InOrder();
        if (order.Exists(endpoint => endpoint.Lag is null))
        {
            order.RemoveAll(endpoint => endpoint.Lag is not null);
        }

        int count = order.Count;
        RpcEndpoint? first = count == 0 ? null : order[0];
        order.RemoveAll(endpoint => endpoint.IsHeld);
        return order.Count > 0 || count == 0
            ? order
            : throw new ChainException(
                ChainFault.RateLimited, $"{first!.Name}: it asked for a pause (Retry-After)");
    }

    private List<RpcEndpoint> InOrder()
    {
        List<RpcEndpoint> order = new(_endpoints.Length);
        foreach (RpcEndpoint endpoint in _endpoints)
        {
            if (endpoint.Quarantine is null && !endpoint.IsResting)
            {
                order.Add(endpoint);
            }
        }

        foreach (RpcEndpoint endpoint in _endpoints)
        {
            if (endpoint.Quarantine is null && !order.Contains(endpoint))
            {
                order.Add(endpoint);
            }
        }

        return order;
    }

    private ChainException AllQuarantined() =>
        new(ChainFault.Disagreement, _endpoints[0].Quarantine ?? "no RPC endpoint left");
}

/// <summary>Where the chain is, and how long to wait for it.</summary>
public sealed record RpcOptions
{
    /// <summary>http or https, the preferred one first; 1 to
    /// <see cref="ChainLimits.EndpointsMax"/>.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>"Name: value" for each endpoint in turn, sent with every request, as providers
    /// want it for tokens; "" and missing ones are none.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>Per request and endpoint.</summary>
    public TimeSpan Deadline { get; init; } = ChainLimits.RequestDeadline;

    /// <summary>How long an endpoint that failed is tried last.</summary>
    public TimeSpan EndpointRest { get; init; } = ChainLimits.EndpointRest;

    /// <summary>From the client's making on, so long a fault of the moment (no answer, 429, 5xx)
    /// is met by asking again; zero for those with a loop of their own.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>Told before each such repetition: one line.</summary>
    public Action<string>? OnWait { get; init; }

    /// <summary>Replaces the network in tests.</summary>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }
}

/// <summary>What eth_call and eth_estimateGas simulate.</summary>
/// <param name="To">Null creates a contract.</param>
/// <param name="Gas">0 leaves the limit to the node.</param>
public sealed record CallRequest(
    Address From,
    Address? To,
    byte[] Data,
    UInt128 Value = default,
    ulong Gas = 0);
