using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A signed transaction has left, and whether a block takes it is not known: whoever
/// repeats what it does may pay twice.</summary>
public sealed class OutcomeUnknownException(string line, Bytes32 hash, Exception? cause = null)
    : Exception(line, cause)
{
    /// <summary>Of the newest attempt.</summary>
    public Bytes32 Hash { get; } = hash;
}
