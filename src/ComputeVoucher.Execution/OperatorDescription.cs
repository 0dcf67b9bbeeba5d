using System.Collections.Generic;

namespace ComputeVoucher.Execution;

/// <summary>One operator as `model inspect` shows it.</summary>
public sealed class OperatorDescription
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>First output's dimensions.</summary>
    public required IReadOnlyList<int> OutputDims { get; init; }

    /// <summary>Weights and biases.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-accumulates of one run.</summary>
    public required ulong Macs { get; init; }

    /// <summary>Compute units of one run.</summary>
    public required ulong Units { get; init; }

    /// <summary>Bytes that the proof of one output element opens at most.</summary>
    public required int ProofBytes { get; init; }
}
