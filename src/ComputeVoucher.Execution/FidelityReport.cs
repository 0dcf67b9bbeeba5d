namespace ComputeVoucher.Execution;

/// <summary>An integer model beside a float model, teacher-forced over texts.</summary>
/// <param name="Positions">Compared.</param>
/// <param name="TopOne">Share of positions with the same most likely token.</param>
/// <param name="Divergence">Mean KL divergence, float from integer, in nats.</param>
/// <param name="Perplexity">Of the integer model on the texts.</param>
/// <param name="ReferencePerplexity">Of the float model on the texts.</param>
public sealed record FidelityReport(
    int Positions,
    double TopOne,
    double Divergence,
    double Perplexity,
    double ReferencePerplexity)
{
    /// <summary>1.0005 = 0.05 % more perplexed than the reference.</summary>
    public double PerplexityRatio => Perplexity / ReferencePerplexity;
}
