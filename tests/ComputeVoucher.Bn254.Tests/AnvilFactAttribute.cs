using ComputeVoucher.TestKit;

namespace ComputeVoucher.Bn254.Tests;

/// <summary>A fact that needs a chain; skipped by name without one.</summary>
public sealed class AnvilFactAttribute : FactAttribute
{
    public AnvilFactAttribute() =>
        Skip = AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts" : null;
}
