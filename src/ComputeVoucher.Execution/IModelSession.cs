using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution;

/// <summary>Buffers of one run at a time. Not thread safe.</summary>
public interface IModelSession : IDisposable
{
    /// <summary>The backend that runs: never <see cref="Execution.Backend.Auto"/>.</summary>
    Backend Backend { get; }

    /// <summary>Runs one input to its end, or until a limit or the callback stops it.</summary>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    RunResult Run(
        ReadOnlySpan<byte> input, in RunOptions options, StepCallback? onStep = null);
}

/// <summary>What one run is asked for beside its output.</summary>
public readonly record struct RunOptions
{
    /// <summary>
    /// Compute the trace root too; costs about as much as a small network itself.
    /// </summary>
    public bool Trace { get; init; }

    /// <summary>Proofs that are paid for with the run; they change its units alone.</summary>
    public WantedProofs Proofs { get; init; }

    /// <summary>Stop after this many steps; 0 leaves the end to the model.</summary>
    public uint StepsMax { get; init; }

    /// <summary>
    /// Is shown every tensor of the trace, in the trace's order, after the run: the graph's inputs,
    /// then each operator's outputs. For dumps and openings; keeps every activation alive.
    /// </summary>
    public TensorCallback? OnTensor { get; init; }
}

/// <summary>
/// The whole result of a run: a pure function of model root, input and step count.
/// </summary>
public sealed class RunResult
{
    /// <summary>
    /// Canonical output bytes: the outputs in graph order, little endian, no gaps.
    /// </summary>
    public required byte[] Output { get; init; }

    /// <summary>Steps run; 1 for graphs, tokens for language models.</summary>
    public required uint Steps { get; init; }

    /// <summary>Compute units spent.</summary>
    public required ulong Units { get; init; }

    /// <summary>List root over the inputs.</summary>
    public required Bytes32 InputRoot { get; init; }

    /// <summary>List root over the outputs.</summary>
    public required Bytes32 OutputRoot { get; init; }

    /// <summary>List root over the whole trace; zero where it was not asked for.</summary>
    public Bytes32 TraceRoot { get; init; }

    /// <summary>A run that was cancelled before its first step: no output, no units.</summary>
    public static RunResult Nothing(in Bytes32 inputRoot) => new()
    {
        Output = [],
        Steps = 0,
        Units = 0,
        InputRoot = inputRoot,
        OutputRoot = TraceTree.ListRoot([]),
    };
}

/// <summary>Called after each step with the bytes that the step added to the output.</summary>
/// <param name="step">1, 2, 3 …; graphs call once, with step 1 and the whole output.</param>
/// <param name="added">Valid during the call.</param>
/// <returns>False to stop after this step.</returns>
public delegate bool StepCallback(uint step, ReadOnlySpan<byte> added);

/// <summary>Shows one tensor of the trace; the view is valid during the call.</summary>
public delegate void TensorCallback(in TracedTensor tensor);

/// <summary>One tensor of the trace, at its place in the trace's list.</summary>
public readonly ref struct TracedTensor
{
    /// <summary>Index in the list that the trace root commits to.</summary>
    public required int ListIndex { get; init; }

    /// <summary>Operator in the source graph, from 0; -1 for an input of the graph.</summary>
    public required int OperatorIndex { get; init; }

    /// <summary>Operator name as the source format spells it; "INPUT" for inputs.</summary>
    public required string Operator { get; init; }

    public required TensorType Type { get; init; }

    public required ReadOnlySpan<int> Dims { get; init; }

    /// <summary>Canonical layout: NHWC, little endian.</summary>
    public required ReadOnlySpan<byte> Data { get; init; }
}
