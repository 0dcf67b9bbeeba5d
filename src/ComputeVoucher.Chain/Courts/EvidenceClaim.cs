using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What a verifier is asked about a run: IEvidence.sol. Members of a committee sign it.
/// </summary>
public readonly record struct EvidenceClaim(Brief Brief, SignedStatement Receipt)
{
    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(
        "Claim(bytes32 orderHash,bytes32 modelRoot,bytes32 inputRoot,bytes32 outputRoot,"
            + "bytes32 traceRoot,uint128 units,uint32 steps,address node)");

    /// <summary>What a member signs.</summary>
    /// <param name="committee">The verifier, which is the domain.</param>
    /// <param name="chainId">Of its chain.</param>
    public Bytes32 Digest(in Address committee, ulong chainId)
    {
        Order order = Brief.Order;
        Bytes32 hash = Keccak256.Hash(new AbiWriter()
            .Write(s_typeHash)
            .Write(Receipt.OrderHash)
            .Write(order.ModelRoot)
            .Write(order.InputRoot)
            .Write(Receipt.OutputRoot)
            .Write(Receipt.TraceRoot)
            .Write(Receipt.Units)
            .Write((ulong)Receipt.Steps)
            .Write(Brief.Channel.Node)
            .ToArray());
        Eip712Domain domain = new(VoucherDomain.Name, VoucherDomain.Version, chainId, committee);
        return Eip712.Digest(domain.Separator, hash);
    }
}
