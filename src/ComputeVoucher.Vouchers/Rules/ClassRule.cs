namespace ComputeVoucher.Vouchers;

/// <summary>The operator pinned the class, and with it its token and court.</summary>
internal sealed class ClassRule : IOrderRule
{
    public string Name => "class";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        return context.Policy.Classes.ContainsKey(context.Channel.Terms.ClassId)
            ? RefusalReason.None
            : RefusalReason.ClassNotPinned;
    }
}
