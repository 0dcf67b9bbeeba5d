namespace ComputeVoucher.Disputes.Tests;

/// <summary>A fact that needs anvil and the compiled contracts.</summary>
public sealed class ContractFactAttribute : FactAttribute
{
    public ContractFactAttribute() => Skip = CourtChain.Missing;
}
