using System;

namespace ComputeVoucher.Chain;

/// <summary>One line for the operator: what, where, the remedy.</summary>
public sealed class ChainException(
    ChainFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public ChainFault Fault { get; } = fault;

    /// <summary>The JSON-RPC error code; 0 where no error object came.</summary>
    public int Code { get; init; }

    /// <summary>What a reverted call returned; empty where the node does not say.</summary>
    public byte[] RevertData { get; init; } = [];

    /// <summary>What the endpoint asked to be left alone for; null where it did not say.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Of a transaction that nobody took: an endpoint that did not answer may have it.
    /// </summary>
    public bool MayBeTaken { get; init; }

    /// <summary>Another endpoint, or the same one later, may answer differently.</summary>
    public bool IsTransient => Fault
        is ChainFault.Unreachable or ChainFault.TimedOut or ChainFault.RateLimited
        or ChainFault.Unavailable or ChainFault.TooLarge or ChainFault.Malformed;
}

/// <summary>What kind of thing went wrong; decides who tries again, and when.</summary>
public enum ChainFault
{
    /// <summary>No connection, or it broke before the whole answer was there.</summary>
    Unreachable,

    /// <summary>The deadline passed; what the node did with the request is unknown.</summary>
    TimedOut,

    /// <summary>HTTP 429 or a JSON-RPC rate limit: another endpoint, or later.</summary>
    RateLimited,

    /// <summary>HTTP 5xx, a redirect, or any other status without a JSON-RPC answer.</summary>
    Unavailable,

    /// <summary>More bytes than the cap of the method.</summary>
    TooLarge,

    /// <summary>Not JSON, nested too deep, another id, or fields not as specified.</summary>
    Malformed,

    /// <summary>A JSON-RPC error object: the node understood and said no.</summary>
    Rejected,

    /// <summary>The EVM reverted; <see cref="ChainException.RevertData"/> says why.</summary>
    Reverted,

    /// <summary>Endpoints, or an endpoint and the configuration, contradict each other.</summary>
    Disagreement,

    /// <summary>The operator has to change something: URL, address, key, libssl.</summary>
    Misconfigured,
}
