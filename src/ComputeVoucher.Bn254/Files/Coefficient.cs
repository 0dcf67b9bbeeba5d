using System.Runtime.InteropServices;

namespace ComputeVoucher.Bn254;

/// <summary>One factor of a circuit's matrices A and B, as section 4 of a .zkey has it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct Coefficient
{
    /// <summary>0 for A, 1 for B.</summary>
    public readonly uint Matrix;

    /// <summary>Row: the constraint.</summary>
    public readonly uint Constraint;

    /// <summary>Column: the wire.</summary>
    public readonly uint Wire;

    /// <summary>The factor times 2^512, so that its product with a plain value is in Montgomery's
    /// form.</summary>
    public readonly Fr Value;
}
