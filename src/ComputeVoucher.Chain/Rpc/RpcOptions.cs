using System;
using System.Collections.Generic;
using System.Net.Http;

namespace ComputeVoucher.Chain;

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

    /// <summary>Replaces the network in tests.</summary>
    public Func<HttpMessageHandler>? HandlerFactory { get; init; }
}
