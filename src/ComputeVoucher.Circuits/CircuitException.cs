using System;

namespace ComputeVoucher.Circuits;

/// <summary>A model has no circuit here; the message names the operator and says why.</summary>
public sealed class CircuitException : Exception
{
    public CircuitException(string message)
        : base(message)
    {
    }
}
