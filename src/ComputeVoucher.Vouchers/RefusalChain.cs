using System;

namespace ComputeVoucher.Vouchers;

/// <summary>Stages in a row: the first refusal ends them.</summary>
public static class RefusalChain
{
    public static RefusalReason Then(this RefusalReason refusal, Func<RefusalReason> stage) =>
        refusal == RefusalReason.None ? stage() : refusal;
}
