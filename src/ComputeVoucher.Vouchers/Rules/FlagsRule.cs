namespace ComputeVoucher.Vouchers;

/// <summary>Only what version 2 knows: unknown bits may one day change what is owed. Proofs are
/// priced, and refused until a node makes them.</summary>
internal sealed class FlagsRule : IOrderRule
{
    public string Name => "flags";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        Order order = context.Order;
        if (order.MaxUnits > VoucherLimits.UnitsMax)
        {
            return RefusalReason.UnitsOverLimit;
        }

        if ((order.Flags & ~Order.KnownFlags) != 0)
        {
            return RefusalReason.FlagsUnknown;
        }

        const OrderFlags proofs =
            OrderFlags.SuccinctProofWanted | OrderFlags.Groth16ProofWanted;
        if ((order.Flags & proofs) != 0)
        {
            return RefusalReason.ProofUnavailable;
        }

        return order.Extension.IsZero ? RefusalReason.None : RefusalReason.ExtensionUnsupported;
    }
}
