namespace ComputeVoucher.Execution;

/// <summary>How the next token is chosen; all numbers integer, so that the choice is.</summary>
/// <remarks>
/// Temperature 0 is greedy: the lowest id of the largest logit; then TopK, TopP and Seed are 0.
/// Otherwise: the TopK best tokens (ties: lower id first), weighted 2^(−d·log2(e)/temperature)
/// from the exp table; of these the shortest head with TopP of the weight; of that one by a
/// keccak draw from Seed and step.
/// </remarks>
/// <param name="Temperature">Q.16: 65,536 is 1.0.</param>
/// <param name="TopK">1 to <see cref="TopKMax"/>.</param>
/// <param name="TopP">Q.16: 65,536 keeps all of the top k.</param>
/// <param name="Seed">Any number.</param>
public readonly record struct SamplingOptions(
    uint Temperature, uint TopK, uint TopP, ulong Seed)
{
    /// <summary>1.0 in Q.16.</summary>
    public const uint One = 1 << 16;

    /// <summary>Candidates are committed: 4 KiB of ids and 4 KiB of logits per token.</summary>
    public const uint TopKMax = 1024;

    /// <summary>100.0; the choice is even long before.</summary>
    public const uint TemperatureMax = 100 << 16;

    /// <summary>The largest logit.</summary>
    public static SamplingOptions Greedy => default;

    public bool IsGreedy => Temperature == 0;

    /// <summary>Whether this is the one way to write what it means.</summary>
    public bool IsCanonical => IsGreedy
        ? this == Greedy
        : Temperature <= TemperatureMax && TopK is >= 1 and <= TopKMax && TopP is >= 1 and <= One;
}
