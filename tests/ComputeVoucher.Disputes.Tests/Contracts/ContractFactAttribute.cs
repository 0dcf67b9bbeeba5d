using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A fact that needs anvil, the compiled contracts, and shared models where it names
/// them.</summary>
public sealed class ContractFactAttribute : FactAttribute
{
    public ContractFactAttribute(string? shared = null) => Skip = CourtChain.Missing
        ?? (shared is null || SharedData.Exists(shared) ? null
            : $"../shared/data/{shared} is absent");
}
