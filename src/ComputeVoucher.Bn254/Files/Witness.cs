using System.IO;

namespace ComputeVoucher.Bn254;

/// <summary>Values of all wires of a circuit: the constant 1, the public words, the rest; a .wtns
/// file of version 2.</summary>
public sealed class Witness
{
    private Witness(Scalar[] values) => Values = values;

    internal Scalar[] Values { get; }

    /// <param name="stream">Can be sought in; read to memory.</param>
    /// <exception cref="ProofException">Another file, a value not below r, no 1 at the beginning.
    /// </exception>
    public static Witness Read(Stream stream)
    {
        SectionFile file = new(stream, "wtns"u8, version: 2);
        file.Open(1);
        file.RequirePrime<ScalarPrime>();
        uint count = file.ReadUInt32();
        if (count is 0 or > CircuitLimits.WiresMax)
        {
            throw new ProofException(
                $"{count} values, between 1 and {CircuitLimits.WiresMax} are wanted");
        }

        file.Open(2, (long)count * Scalar.Size);
        Scalar[] values = file.Read<Scalar>((int)count);
        foreach (Scalar value in values)
        {
            if (!value.IsReduced)
            {
                throw new ProofException("a value is not below r");
            }
        }

        return values[0].IsOne
            ? new Witness(values)
            : throw new ProofException("its first value is not the constant 1");
    }
}
