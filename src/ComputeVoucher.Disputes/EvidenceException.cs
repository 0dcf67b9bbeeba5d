using System;

namespace ComputeVoucher.Disputes;

/// <summary>Ends a definition that has nothing to read; a judge makes it a verdict.</summary>
internal sealed class EvidenceException(Verdict verdict, string message) : Exception(message)
{
    public Verdict Verdict { get; } = verdict;
}
