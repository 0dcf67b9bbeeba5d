namespace ComputeVoucher.Vouchers;

/// <summary>Inputs are kept for weeks, for disputes: what they may take of the disk is bounded, or
/// a client with a cheap model and long inputs fills it; and what one key may take of that, or one
/// client shuts out all others.</summary>
internal sealed class InputBudgetRule : IOrderRule
{
    public string Name => "input budget";

    public bool AppliesToReplay => false;

    public RefusalReason Check(in OrderContext context)
    {
        ChannelView channel = context.Channel;
        // Given up and asked again: its input is counted already.
        long added = channel.SequenceUse == SequenceUse.SameReleased ? 0 : context.InputBytes;
        if (channel.NodeInputBytes + added > context.Policy.NodeInputBytesMax)
        {
            return RefusalReason.InputsFull;
        }

        return channel.KeyInputBytes + added <= context.Policy.KeyInputBytesMax
            ? RefusalReason.None
            : RefusalReason.KeyInputsFull;
    }
}
