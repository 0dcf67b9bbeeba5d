using System;
using System.IO;
using System.Numerics;
using System.Threading;

namespace ComputeVoucher.Bn254;

/// <summary>
/// A key of a circuit from numbers that are not secret, for development: the same source gives the
/// same bytes. Whoever knows the source forges proofs for it, so it belongs on no chain where a
/// proof is worth anything; a real key comes from a ceremony.
/// </summary>
public sealed class DevelopmentKey
{
    /// <summary>Multiples that a job makes: sums of G2 take 512 KiB.</summary>
    private const int Batch = 2048;

    private readonly ConstraintSystem _circuit;
    private readonly int _domain;
    private readonly int _threads;
    private readonly Fr _tau;
    private readonly Fr _alpha;
    private readonly Fr _beta;
    private readonly Fr _delta;

    /// <param name="circuit">Public wires first, after the constant.</param>
    /// <param name="source">Of the trapdoor: four numbers.</param>
    /// <param name="threads">At least 1.</param>
    /// <exception cref="ProofException">Too many constraints.</exception>
    public DevelopmentKey(ConstraintSystem circuit, RandomSource source, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (_circuit, _threads) = (circuit, threads);
        _domain = (int)BitOperations.RoundUpToPowerOf2(
            (uint)(circuit.ConstraintCount + circuit.WordCount + 1));
        if (_domain > CircuitLimits.DomainMax || circuit.WordCount > PublicWords.CountMax)
        {
            throw new ProofException($"{circuit.ConstraintCount} constraints and "
                + $"{circuit.WordCount} public words, at most {CircuitLimits.DomainMax} and "
                + $"{PublicWords.CountMax} are supported");
        }

        _tau = Scalar.Draw(source).ToResidue();
        _alpha = Scalar.Draw(source).ToResidue();
        _beta = Scalar.Draw(source).ToResidue();
        _delta = Scalar.Draw(source).ToResidue();
    }

    /// <summary>Writes the .zkey file, marked as a development key where a ceremony's has the hash
    /// of its circuit.</summary>
    /// <param name="stream">Can be sought in; empty.</param>
    /// <param name="cancel">Heard within a second or so.</param>
    public void Write(Stream stream, CancellationToken cancel = default)
    {
        int wires = _circuit.WireCount;
        int words = _circuit.WordCount;
        // [matrix][wire] values at tau of the polynomials of a wire.
        Fr[][] values = [new Fr[wires], new Fr[wires], new Fr[wires]];
        Fr[] rows = LagrangeAt(1);
        KeyWriter writer = new(stream);
        writer.Begin(4);
        writer.Put(0u);
        uint count = 0;
        _circuit.Visit((matrix, constraint, wire, factor) =>
        {
            values[matrix][wire] += rows[constraint] * factor;
            if (matrix < 2)
            {
                writer.Put(matrix, constraint, wire, factor);
                count++;
            }
        });
        for (int word = 0; word <= words; word++)
        {
            int row = _circuit.ConstraintCount + word;
            values[0][word] += rows[row];
            writer.Put(0, row, word, Fr.One);
            count++;
        }

        writer.End(count);
        WritePoints(writer, values, cancel);
    }

    private void WritePoints(KeyWriter writer, Fr[][] values, CancellationToken cancel)
    {
        int words = _circuit.WordCount;
        FixedBase<Fp> g1 = new(Generators.G1);
        FixedBase<Fp2> g2 = new(Generators.G2);
        writer.Write(2, _circuit.WireCount, words, _domain,
            Points(g1, [_alpha, _beta, _delta], cancel),
            Points(g2, [_beta, Fr.One, _delta], cancel));
        Fr inverse = _delta.Inverse();
        Fr[] shown = new Fr[words + 1];
        Fr[] hidden = new Fr[values[0].Length - shown.Length];
        for (int wire = 0; wire < values[0].Length; wire++)
        {
            Fr sum = (_beta * values[0][wire]) + (_alpha * values[1][wire]) + values[2][wire];
            if (wire <= words)
            {
                shown[wire] = sum;
            }
            else
            {
                hidden[wire - shown.Length] = sum * inverse;
            }
        }

        writer.Write(3, Points(g1, shown, cancel));
        writer.Write(5, Points(g1, values[0], cancel));
        AffinePoint<Fp>[] b1 = Points(g1, values[1], cancel);
        writer.Write(6, b1);
        writer.Write(7, Points(g2, values[1], cancel));
        writer.Write(8, Points(g1, hidden, cancel));
        Fr[] quotient = LagrangeAt(2);
        for (int i = 0; i < quotient.Length; i++)
        {
            quotient[i] *= inverse;
        }

        writer.Write(9, Points(g1, quotient, cancel));
        writer.Finish();
    }

    /// <summary>Values at tau of the Lagrange polynomials: of the domain, or of the odd points of
    /// the doubled one.</summary>
    /// <param name="times">1 or 2.</param>
    private Fr[] LagrangeAt(int times)
    {
        // L_i(tau) = (tau^m − 1) / m · w^i / (tau − w^i) over the m-th roots of unity.
        Fr root = Transform.Root(times * _domain);
        Fr power = _tau;
        for (int m = 1; m < times * _domain; m *= 2)
        {
            power = power.Square();
        }

        Fr scale = (power - Fr.One) * Fr.FromInteger((ulong)(times * _domain)).Inverse();
        Fr step = times == 1 ? root : root.Square();
        Fr point = times == 1 ? Fr.One : root;
        Fr[] points = new Fr[_domain];
        Fr[] differences = new Fr[_domain];
        for (int i = 0; i < _domain; i++)
        {
            points[i] = point;
            differences[i] = _tau - point;
            point *= step;
        }

        Batches.Invert<Fr>(differences);
        for (int i = 0; i < _domain; i++)
        {
            points[i] = scale * points[i] * differences[i];
        }

        return points;
    }

    private AffinePoint<TField>[] Points<TField>(
        FixedBase<TField> table, Fr[] factors, CancellationToken cancel)
        where TField : struct, IField<TField>
    {
        AffinePoint<TField>[] points = new AffinePoint<TField>[factors.Length];
        Team.Run(_threads, (factors.Length + Batch - 1) / Batch, (_, job) =>
        {
            int from = job * Batch;
            int count = Math.Min(Batch, factors.Length - from);
            Scalar[] scalars = new Scalar[count];
            for (int i = 0; i < count; i++)
            {
                scalars[i] = Scalar.Of(factors[from + i]);
            }

            table.Multiply(scalars, points.AsSpan(from, count));
        }, cancel);
        return points;
    }
}
