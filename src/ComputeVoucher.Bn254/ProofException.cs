using System;

namespace ComputeVoucher.Bn254;

/// <summary>A key, a proof, a witness or a circuit is not what it has to be; the message says what
/// is wrong with it.</summary>
public sealed class ProofException : Exception
{
    public ProofException(string message)
        : base(message)
    {
    }

    public ProofException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
