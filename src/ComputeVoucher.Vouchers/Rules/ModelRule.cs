namespace ComputeVoucher.Vouchers;

/// <summary>The operator pinned the model: no registry can change what a node runs.</summary>
internal sealed class ModelRule : IOrderRule
{
    public string Name => "model";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        return context.Policy.Models.Contains(context.Order.ModelRoot)
            ? RefusalReason.None
            : RefusalReason.ModelNotPinned;
    }
}
