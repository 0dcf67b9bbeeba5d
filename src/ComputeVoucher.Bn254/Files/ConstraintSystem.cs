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

    private ConstraintSystem(SectionFile file, uint wires, uint words, uint constraints) =>
        (_file, _wires, WordCount, _constraints) = (file, wires, (int)words, constraints);

    internal int WireCount => (int)_wires;

    internal int ConstraintCount => (int)_constraints;

    /// <summary>Public words: the wires after the constant.</summary>
    internal int WordCount { get; }

    /// <param name="stream">Can be sought in, and stays open as long as this is used.</param>
    /// <exception cref="ProofException">Another file, or too large a circuit.</exception>
    public static ConstraintSystem Read(Stream stream)
    {
        SectionFile file = new(stream, "r1cs"u8, version: 1);
        file.Open(1);
        file.RequirePrime<ScalarPrime>();
        uint wires = file.ReadUInt32();
        ulong words = (ulong)file.ReadUInt32() + file.ReadUInt32();
        // Private inputs and labels: names for what the wires say already.
        _ = (file.ReadUInt32(), file.Read<ulong>());
        uint constraints = file.ReadUInt32();
        return wires <= CircuitLimits.WiresMax && words < wires
                && constraints <= CircuitLimits.DomainMax
            ? new ConstraintSystem(file, wires, (uint)words, constraints)
            : throw new ProofException($"{constraints} constraints of {wires} wires, {words} of "
                + $"them public; at most {CircuitLimits.DomainMax} of {CircuitLimits.WiresMax} "
                + "are supported");
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

        ReadOnlySpan<Scalar> values = witness.Values;
        int? broken = null;
        Fr[] sums = new Fr[3];
        _file.Open(2);
        for (int i = 0; i < _constraints; i++)
        {
            for (int matrix = 0; matrix < sums.Length; matrix++)
            {
                sums[matrix] = default;
                for (uint left = ReadCount(); left > 0; left--)
                {
                    Fr factor = ReadTerm(out int wire);
                    sums[matrix] += factor * values[wire].ToResidue();
                }
            }

            broken ??= (sums[0] * sums[1]).IsEqual(sums[2]) ? null : i;
        }

        RequireEnd();
        return broken;
    }

    /// <summary>Shows every term in the order of the file.</summary>
    /// <param name="show">Matrix (A, B, C: 0 … 2), constraint, wire, factor.</param>
    /// <exception cref="ProofException">A damaged file.</exception>
    internal void Visit(Action<int, int, int, Fr> show)
    {
        _file.Open(2);
        for (int i = 0; i < _constraints; i++)
        {
            for (int matrix = 0; matrix < 3; matrix++)
            {
                for (uint left = ReadCount(); left > 0; left--)
                {
                    Fr factor = ReadTerm(out int wire);
                    show(matrix, i, wire, factor);
                }
            }
        }

        RequireEnd();
    }

    private uint ReadCount()
    {
        uint terms = _file.ReadUInt32();
        return terms <= _file.Left / TermSize
            ? terms
            : throw new ProofException("it ends too early");
    }

    private Fr ReadTerm(out int wire)
    {
        uint named = _file.ReadUInt32();
        Scalar factor = _file.Read<Scalar>();
        wire = (int)named;
        return named < _wires && factor.IsReduced
            ? factor.ToResidue()
            : throw new ProofException("a term of no wire, or a factor not below r");
    }

    private void RequireEnd()
    {
        if (_file.Left != 0)
        {
            throw new ProofException("its constraints are longer than they have to be");
        }
    }
}
