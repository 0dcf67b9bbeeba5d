using System;

namespace ComputeVoucher.Wire;

/// <summary>One line for the operator: what failed, where, and the remedy.</summary>
public sealed class WireException : Exception
{
    public WireException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    public WireException(ushort reason, string message)
        : base(message) => Reason = reason;

    /// <summary>
    /// The numbered reason that the other side or the protocol gave; 0 where there is none.
    /// </summary>
    public ushort Reason { get; }
}
