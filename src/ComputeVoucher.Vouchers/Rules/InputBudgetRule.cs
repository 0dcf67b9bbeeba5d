namespace ComputeVoucher.Vouchers;

/// <summary>Inputs are kept for weeks, for disputes: what they may take of the disk is bounded, or
/// a client with a cheap model and long inputs fills it.</summary>
internal sealed class InputBudgetRule : IOrderRule
{
    public string Name => "input budget";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        // Given up and asked again: its input is counted already.
        long added = context.Channel.SequenceUse == SequenceUse.SameReleased
            ? 0
            : context.InputBytes;
        return context.Channel.NodeInputBytes + added <= context.Policy.NodeInputBytesMax
            ? RefusalReason.None
            : RefusalReason.InputsFull;
    }
}
