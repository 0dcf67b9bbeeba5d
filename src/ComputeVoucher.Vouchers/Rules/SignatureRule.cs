namespace ComputeVoucher.Vouchers;

/// <summary>Last, because a recovery costs more than all other rules together.</summary>
internal sealed class SignatureRule : IOrderRule
{
    public string Name => "signature";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        return SignedPayload.CheckSigner(
            context.OrderHash,
            context.Signature,
            context.DomainSeparator,
            context.Channel.Terms.SpendKey);
    }
}
