using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

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
}
