using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>What `model import` and `model inspect` print.</summary>
public sealed class ModelDescription
{
    public required string Format { get; init; }

    public required Bytes32 ModelRoot { get; init; }

    public required Bytes32 ArchitectureDigest { get; init; }

    public required Bytes32 ParametersRoot { get; init; }

    /// <summary>The bytes that <see cref="ArchitectureDigest"/> is of: what a registry admits.
    /// </summary>
    public required ReadOnlyMemory<byte> Architecture { get; init; }

    /// <summary>Shapes of the inputs, as "int8 [1, 96, 96, 3]".</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Shapes of the outputs, in the same form.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Weights and biases.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-accumulates of one run (of a graph) or one step.</summary>
    public required ulong Macs { get; init; }

    /// <summary>Compute units of one run (of a graph) or of the longest run.</summary>
    public required ulong Units { get; init; }

    /// <summary>Output elements that a proof of one run has to show, each at the price of
    /// <see cref="CostTable"/>; 0 where no proof can be ordered, as of a language model.</summary>
    public long ProvedElements { get; init; }

    /// <summary>Bytes of all activations that a trace holds.</summary>
    public required long TraceBytes { get; init; }

    /// <summary>The largest proof of one element, over all operators.</summary>
    public required int ProofBytes { get; init; }

    public required IReadOnlyList<OperatorDescription> Operators { get; init; }
}

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
