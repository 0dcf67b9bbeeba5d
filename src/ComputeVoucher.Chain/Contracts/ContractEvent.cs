using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>An event and the hash of its signature; a test hashes it.</summary>
internal sealed record ContractEvent(string Hash, string Signature)
{
    public Bytes32 Topic { get; } = Bytes32.Parse(Hash);
}
