using System;

namespace ComputeVoucher.Chain;

/// <summary>What is known today about the use of a row, by whoever knows what it is for.</summary>
/// <param name="IsUrgent">What it is for is lost if it waits.</param>
/// <param name="WorthWei">What it gains; null where nobody can say.</param>
/// <param name="Needless">Why it is of no use any more; null where it is.</param>
public sealed record Judgement(bool IsUrgent, UInt128? WorthWei, string? Needless)
{
    /// <summary>Of the worth, an ordinary fee may be one in so many.</summary>
    public const uint OrdinaryShare = 4;
}
