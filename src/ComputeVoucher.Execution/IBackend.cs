using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>
/// One way to run the definitions of both model families faster, with the same bits.
/// </summary>
internal interface IBackend
{
    Backend Backend { get; }

    /// <summary>Why it cannot run here; null where it can.</summary>
    string? Absence { get; }

    /// <summary>What runs one operator; any number of sessions may share it.</summary>
    IKernel Compile(Operator op);

    /// <summary>What runs the products of a language model.</summary>
    KernelSet Compile(LlamaParameters model);
}

/// <summary>Which implementation of the operators runs; every one gives the same bits.</summary>
public enum Backend
{
    /// <summary>The fastest that this machine has.</summary>
    Auto,

    /// <summary>The definitions themselves, element by element: the oracle of the others.</summary>
    Scalar,

    /// <summary>256-bit integer vectors.</summary>
    Avx2,

    /// <summary>An NVIDIA device through its driver.</summary>
    Cuda,
}
