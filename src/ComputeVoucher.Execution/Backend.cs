namespace ComputeVoucher.Execution;

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
