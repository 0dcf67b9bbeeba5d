using System;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Serve;

/// <summary>Stages in a row: the first refusal ends them.</summary>
internal static class RefusalChain
{
    public static RefusalReason Then(this RefusalReason refusal, Func<RefusalReason> stage) =>
        refusal == RefusalReason.None ? stage() : refusal;
}
