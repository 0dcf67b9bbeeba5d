using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>The trace root of a served order, by running it again.</summary>
internal sealed class TraceJob(
    Serving serving, IWireRequest request, StoredOrder stored, Receipt receipt) : Job
{
    public override void Run(IModelSession session)
    {
        RunOptions options = new() { Trace = true, StepsMax = receipt.Steps };
        RunResult result = receipt.Steps == 0
            ? RunResult.Nothing(stored.Order.InputRoot)
            : session.Run(stored.Input, options);
        if (result.Steps != receipt.Steps || result.OutputRoot != receipt.OutputRoot)
        {
            // Whoever signs two stories about one order loses the stake.
            throw new InvalidOperationException("another result than the receipt's; check memory");
        }

        TraceRootStatement statement = new(stored.Hash, receipt.Steps, result.TraceRoot);
        Signature signature = serving.NodeKey.Sign(statement.Digest(serving.Separator));
        request.Reply(SignedPayload.Encode(statement, signature));
        request.Dispose();
    }

    public override void Fail(Exception failure)
    {
        RefusalReason reason = RefusalReason.ExecutionFailed;
        serving.Log.OrderFailed(stored.Hash, Failure.Describe(failure));
        request.Fail((ushort)reason, Refusals.Describe(reason), retryable: true);
        request.Dispose();
    }
}
