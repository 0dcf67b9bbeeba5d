using System;

namespace ComputeVoucher.Disputes;

/// <summary>What openings say about one committed element.</summary>
public enum Verdict
{
    /// <summary>The definition gives the committed value.</summary>
    Equal,

    /// <summary>The definition gives another value: the trace is wrong here.</summary>
    Differs,

    /// <summary>The definition reads something that nobody opened.</summary>
    OpeningMissing,

    /// <summary>An opening is damaged, of another root, or of another tensor.</summary>
    OpeningBad,
}

/// <summary>A verdict, and the two values where both are known.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Committed">The element as the trace root commits to it.</param>
/// <param name="Computed">The element as its definition gives it.</param>
/// <param name="Reason">What is missing or bad, in words; empty otherwise.</param>
public readonly record struct Judgement(
    Verdict Verdict, long Committed, long Computed, string Reason)
{
    internal static Judgement Of(long committed, long computed) => new(
        committed == computed ? Verdict.Equal : Verdict.Differs, committed, computed, "");

    internal static Judgement Of(EvidenceException evidence) =>
        new(evidence.Verdict, 0, 0, evidence.Message);
}

/// <summary>Ends a definition that has nothing to read; a judge makes it a verdict.</summary>
internal sealed class EvidenceException(Verdict verdict, string message) : Exception(message)
{
    public Verdict Verdict { get; } = verdict;
}
