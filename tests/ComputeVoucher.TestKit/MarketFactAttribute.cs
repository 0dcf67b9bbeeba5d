using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>A fact that needs the published binary and a chain; skipped by name without them.
/// </summary>
public sealed class MarketFactAttribute : FactAttribute
{
    public MarketFactAttribute() => Skip =
        NodeRig.Binary is null ? "artifacts/computevoucher is absent: ./run.sh build"
        : AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts"
        : null;
}

/// <summary>The same for a theory.</summary>
public sealed class MarketTheoryAttribute : TheoryAttribute
{
    public MarketTheoryAttribute() => Skip = new MarketFactAttribute().Skip;
}
