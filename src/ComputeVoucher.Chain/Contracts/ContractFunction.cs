using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A function and the first four bytes of the hash of its signature; a test hashes it.
/// </summary>
internal sealed record ContractFunction(uint Value, string Signature)
{
    public FunctionSelector Selector => new(Value);
}
