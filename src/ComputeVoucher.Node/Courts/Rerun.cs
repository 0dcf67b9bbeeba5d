using System;
using System.Diagnostics.CodeAnalysis;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>An order to be run again for a court: its trace, or what was answered.</summary>
/// <param name="OrderHash">Of the order.</param>
/// <param name="Channel">Of the order.</param>
/// <param name="Model">That it names.</param>
/// <param name="Input">As it was ordered.</param>
/// <param name="Steps">Of the receipt; 0 leaves the end to the model.</param>
/// <param name="Flags">Of the order: what its receipt depends on.</param>
internal sealed record Rerun(Bytes32 OrderHash, Bytes32 Channel, IModel Model, byte[] Input,
    uint Steps, OrderFlags Flags = OrderFlags.None)
{
    /// <summary>A stored order, as its receipt has it.</summary>
    public static Rerun Of(StoredOrder order, IModel model, byte[] input) => new(
        order.Hash, order.Order.Channel, model, input,
        order.Receipt?.Receipt.Steps ?? order.CancelSteps ?? 0, order.Order.Flags);

    /// <summary>The answer once more.</summary>
    public RunResult Run(IModelSession session) => session.Run(Input, new RunOptions
    {
        Trace = (Flags & OrderFlags.TraceRootWanted) != 0,
        Proofs = CostTable.ProofsOf((byte)Flags),
        StepsMax = Steps,
    });
}

/// <summary>Runs it on a worker. It stands before new orders, for a bond hangs on it.</summary>
internal sealed class RerunJob : Job
{
    private readonly Action<IModelSession> _run;
    private readonly Action<Exception> _failed;

    [SetsRequiredMembers]
    public RerunJob(Rerun what, Action<IModelSession> run, Action<Exception> failed)
    {
        (Model, Channel) = (what.Model, what.Channel);
        (_run, _failed) = (run, failed);
    }

    public override void Run(IModelSession session) => _run(session);

    public override void Fail(Exception failure) => _failed(failure);
}
