namespace ComputeVoucher.Vouchers;

/// <summary>Each sequence is used once, inside a window that the newest ack moves.</summary>
internal sealed class SequenceRule : IOrderRule
{
    public string Name => "sequence";

    public bool AppliesToReplay => true;

    public RefusalReason Check(in OrderContext context)
    {
        return context.Channel.SequenceUse switch
        {
            SequenceUse.Free or SequenceUse.Same or SequenceUse.SameReleased => RefusalReason.None,
            SequenceUse.Other or SequenceUse.OtherKept => RefusalReason.SequenceUsed,
            SequenceUse.Passed => RefusalReason.SequencePassed,
            _ => RefusalReason.SequenceAhead,
        };
    }
}
