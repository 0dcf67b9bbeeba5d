using System;

namespace ComputeVoucher.Chain;

/// <summary>One line for the operator: what, where, the remedy.</summary>
public sealed class ChainException : Exception
{
    public ChainException(ChainFault fault, string message)
        : base(message)
    {
        Fault = fault;
    }

    public ChainException(ChainFault fault, string message, Exception inner)
        : base(message, inner)
    {
        Fault = fault;
    }

    public ChainFault Fault { get; }

    /// <summary>The JSON-RPC error code; 0 where no error object came.</summary>
    public int Code { get; init; }

    /// <summary>What a reverted call returned; empty where the node does not say.</summary>
    public byte[] RevertData { get; init; } = [];

    /// <summary>Another endpoint, or the same one later, may answer differently.</summary>
    public bool IsTransient => Fault
        is ChainFault.Unreachable or ChainFault.TimedOut or ChainFault.RateLimited
        or ChainFault.Unavailable or ChainFault.TooLarge or ChainFault.Malformed;
}
