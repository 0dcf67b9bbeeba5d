namespace ComputeVoucher.Bn254;

/// <summary>Bounds of every circuit, in keys, witnesses and constraint systems alike.</summary>
internal static class CircuitLimits
{
    /// <summary>Constraints, a power of two: 2 million, beyond which this prover is the wrong one.
    /// </summary>
    public const int DomainMax = 1 << 21;

    /// <summary>Wires: circuits of int8 graphs have as many as constraints.</summary>
    public const int WiresMax = 2 * DomainMax;

    /// <summary>Coefficients of a key: 44 bytes each, so that all of them fit one array.</summary>
    public const int CoefficientsMax = 1 << 25;
}
