using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node.Cli;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node.Serve;

/// <summary>The trace root of a served order, by running it again.</summary>
internal sealed class TraceJob(
    Serving serving, IWireRequest request, StoredOrder stored, Receipt receipt) : Job
{
    public override void Run(IModelSession session)
    {
        RunOptions options = new() { Trace = true, StepsMax = stored.CancelSteps ?? 0 };
        RunResult result = session.Run(stored.Input, options);
        TraceRootStatement statement = new(stored.Hash, receipt.Steps, result.TraceRoot);
        Signature signature = serving.NodeKey.Sign(statement.Digest(serving.Separator));
        request.Reply(SignedPayload.Encode(statement, signature));
        request.Dispose();
    }

    public override void Fail(Exception failure)
    {
        RefusalReason reason = RefusalReason.ExecutionFailed;
        serving.Log.OrderFailed(stored.Hash, ErrorFunnel.Describe(failure));
        request.Fail((ushort)reason, Refusals.Describe(reason), retryable: true);
        request.Dispose();
    }
}
