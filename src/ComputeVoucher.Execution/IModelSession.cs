using System;

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
