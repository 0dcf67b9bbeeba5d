namespace ComputeVoucher.Vouchers;

/// <summary>The input is not longer than this node takes.</summary>
internal sealed class SizeRule : IOrderRule
{
    public string Name => "size";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        return context.InputBytes <= context.Policy.InputBytesMax
            ? RefusalReason.None
            : RefusalReason.InputSize;
    }
}
