using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>An order whose receipt was lost with the process: the same bytes once more.</summary>
internal sealed class ResumeJob(Serving serving, StoredOrder stored) : Job
{
    public override void Run(IModelSession session)
    {
        RunOptions options = new()
        {
            Trace = (stored.Order.Flags & OrderFlags.TraceRootWanted) != 0,
            StepsMax = stored.CancelSteps ?? 0,
        };

        // No option says "no step": zero is the model's own end.
        RunResult result = stored.CancelSteps == 0
            ? RunResult.Nothing(stored.Order.InputRoot)
            : session.Run(stored.Input, options);
        Receipt receipt = new(
            stored.Hash, result.Steps, result.OutputRoot, result.TraceRoot, result.Units);
        Signature signature = serving.NodeKey.Sign(receipt.Digest(serving.Separator));
        serving.Ledger.RecordReceipt(receipt, signature);
    }

    public override void Fail(Exception failure) =>
        serving.Log.OrderFailed(stored.Hash, Failure.Describe(failure));
}
