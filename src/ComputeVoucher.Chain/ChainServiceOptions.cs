using System;

namespace ComputeVoucher.Chain;

/// <summary>How often the parts are looked after.</summary>
public sealed record ChainServiceOptions
{
    /// <summary>Between two comparisons of the endpoints, while all is well.</summary>
    public TimeSpan GuardEvery { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two comparisons while something is wrong: short enough to be back
    /// within 10 s after a fault ends.</summary>
    public TimeSpan GuardRetryEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without a whole step of the mirror for so long, no new work is accepted: a thaw
    /// might run unseen. Far below the shortest thaw (3 days), far above an endpoint's restart.
    /// </summary>
    public TimeSpan MirrorAgeMax { get; init; } = TimeSpan.FromMinutes(30);
}
