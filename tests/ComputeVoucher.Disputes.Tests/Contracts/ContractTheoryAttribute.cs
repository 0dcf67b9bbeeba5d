namespace ComputeVoucher.Disputes.Tests;

/// <summary>A theory that needs anvil and the compiled contracts.</summary>
public sealed class ContractTheoryAttribute : TheoryAttribute
{
    public ContractTheoryAttribute() => Skip = CourtChain.Missing;
}
