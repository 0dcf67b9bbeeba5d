using System;

namespace ComputeVoucher.Vouchers;

/// <summary>Stages in a row: the first refusal ends them.</summary>
public static class RefusalChain
{
    public static RefusalReason Then(this RefusalReason refusal, Func<RefusalReason> stage) =>
        refusal == RefusalReason.None ? stage() : refusal;

    /// <summary>The same order may be taken later, unchanged.</summary>
    public static bool IsRetryable(this RefusalReason refusal) => refusal switch
    {
        RefusalReason.ChannelUnknown or RefusalReason.ChannelNotFinal
            or RefusalReason.BudgetShort or RefusalReason.GlobalBudgetShort
            or RefusalReason.SequenceAhead or RefusalReason.AckUnfinished
            or RefusalReason.StorageFailed or RefusalReason.StorageFull
            or RefusalReason.LedgerBusy or RefusalReason.Draining or RefusalReason.Overloaded
            or RefusalReason.ExecutionFailed or RefusalReason.ChainUnavailable => true,
        _ => false,
    };

    /// <summary>An honest client never sends one, and finding out cost a recovery.</summary>
    public static bool IsAbusive(this RefusalReason refusal) =>
        refusal is RefusalReason.SignatureMalformed or RefusalReason.SignerWrong;
}
