using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>Something for a worker to execute.</summary>
internal abstract class Job
{
    /// <summary>The model to run.</summary>
    public required IModel Model { get; init; }

    /// <summary>Whose turn it is.</summary>
    public required Bytes32 Channel { get; init; }

    /// <summary>Runs on a worker thread with that worker's session of the model.</summary>
    public abstract void Run(IModelSession session);

    /// <summary>The worker could not run it: one line.</summary>
    public abstract void Fail(Exception failure);
}
