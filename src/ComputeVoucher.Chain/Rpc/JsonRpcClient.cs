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
                    $"RPC endpoint {url}: not an http or https URL");
            }

            TlsSupport.Require(url);
        }

        _options = options;
        _time = time;
        _start = time.GetTimestamp();
        _endpoints = new RpcEndpoint[options.Endpoints.Count];
        for (int i = 0; i < _endpoints.Length; i++)
        {
            _endpoints[i] = new RpcEndpoint(options.Endpoints[i], options, time);
        }
    }

    /// <summary>Endpoints that are asked, in the order of the configuration.</summary>
    internal IReadOnlyList<RpcEndpoint> Endpoints => _endpoints;

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
        foreach (RpcEndpoint endpoint in InOrder())
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
