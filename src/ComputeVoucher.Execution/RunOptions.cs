namespace ComputeVoucher.Execution;

/// <summary>What one run is asked for beside its output.</summary>
public readonly record struct RunOptions
{
    /// <summary>
    /// Compute the trace root too; costs about as much as a small network itself.
    /// </summary>
    public bool Trace { get; init; }

    /// <summary>Stop after this many steps; 0 leaves the end to the model.</summary>
    public uint StepsMax { get; init; }

    /// <summary>
    /// Is shown every tensor of the trace, in the trace's order, after the run: the graph's inputs,
    /// then each operator's outputs. For dumps and openings; keeps every activation alive.
    /// </summary>
    public TensorCallback? OnTensor { get; init; }
}
