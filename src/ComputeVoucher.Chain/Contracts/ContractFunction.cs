using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A function and the first four bytes of the hash of its signature; a test hashes it.
/// </summary>
internal sealed record ContractFunction(uint Value, string Signature)
{
    public FunctionSelector Selector => new(Value);
}

/// <summary>An event and the hash of its signature; a test hashes it.</summary>
internal sealed record ContractEvent(string Hash, string Signature)
{
    public Bytes32 Topic { get; } = Bytes32.Parse(Hash);
}
