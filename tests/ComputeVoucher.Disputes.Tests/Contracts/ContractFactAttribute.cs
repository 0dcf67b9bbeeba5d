using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A fact that needs anvil, the compiled contracts, and real models.</summary>
public sealed class ContractFactAttribute : FactAttribute
{
    public ContractFactAttribute() => Skip = CourtChain.Missing
        ?? (SharedData.Exists("tflite") ? null : "../shared/data/tflite is absent");
}
