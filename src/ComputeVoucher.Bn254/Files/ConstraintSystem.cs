using System;
using System.IO;

namespace ComputeVoucher.Bn254;

/// <summary>The constraints of a circuit, each (a · w) · (b · w) = c · w over the wires w: an .r1cs
/// file of version 1. A key does not hold C, so only this tells which constraint fails.</summary>
public sealed class ConstraintSystem
{
    /// <summary>Wire and factor.</summary>
    private const int TermSize = sizeof(uint) + Scalar.Size;

    private readonly SectionFile _file;
    private readonly uint _wires;
    private readonly uint _constraints;

    private ConstraintSystem(SectionFile file, uint wires, uint constraints) =>
        (_file, _wires, _constraints) = (file, wires, constraints);

    /// <param name="stream">Can be sought in, and stays open as long as this is used.</param>
    /// <exception cref="ProofException">Another file, or too large a circuit.</exception>
    public static ConstraintSystem Read(Stream stream)
    {
        SectionFile file = new(stream, "r1cs"u8, version: 1);
        file.Open(1);
        file.RequirePrime<ScalarPrime>();
        uint wires = file.ReadUInt32();
        // Outputs, public and private inputs, labels: names for what the wires say already.
        _ = (file.ReadUInt32(), file.ReadUInt32(), file.ReadUInt32(), file.Read<ulong>());
        uint constraints = file.ReadUInt32();
        return wires is > 0 and <= CircuitLimits.WiresMax && constraints <= CircuitLimits.DomainMax
            ? new ConstraintSystem(file, wires, constraints)
            : throw new ProofException($"{constraints} constraints of {wires} wires, at most "
                + $"{CircuitLimits.DomainMax} of {CircuitLimits.WiresMax} are supported");
    }

    /// <summary>The first constraint that a witness does not satisfy; null where it satisfies all.
    /// </summary>
    /// <exception cref="ProofException">A witness of another circuit, or a damaged file.
    /// </exception>
    public int? FirstBroken(Witness witness)
    {
        if (witness.Values.Length != _wires)
        {
            throw new ProofException($"a circuit of {_wires} wires, and a witness of "
                + $"{witness.Values.Length}");
        }

        _file.Open(2);
        int? broken = null;
        for (int i = 0; i < _constraints; i++)
        {
            Fr a = Combination(witness.Values);
            Fr b = Combination(witness.Values);
            Fr c = Combination(witness.Values);
            broken ??= (a * b).IsEqual(c) ? null : i;
        }

        return _file.Left == 0
            ? broken
            : throw new ProofException("its constraints are longer than they have to be");
    }

    private Fr Combination(ReadOnlySpan<Scalar> values)
    {
        uint terms = _file.ReadUInt32();
        if (terms > _file.Left / TermSize)
        {
            throw new ProofException("it ends too early");
        }

        Fr sum = default;
        for (uint i = 0; i < terms; i++)
        {
            uint wire = _file.ReadUInt32();
            Scalar factor = _file.Read<Scalar>();
            if (wire >= _wires || !factor.IsReduced)
            {
                throw new ProofException("a term of no wire, or a factor not below r");
            }

            sum += factor.ToResidue() * values[(int)wire].ToResidue();
        }

        return sum;
    }
}
