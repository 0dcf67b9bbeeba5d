using System;
using System.Threading;

namespace ComputeVoucher.Bn254;

/// <summary>
/// Proves statements of one circuit (Groth16, section 3.2, with the points of a .zkey file). What
/// leaves it verifies: a witness that does not satisfy the circuit gives no proof.
/// </summary>
public sealed class Prover
{
    private readonly ProvingKey _key;
    private readonly Verifier _verifier;
    private readonly Transform _transform;
    private readonly int _threads;

    /// <param name="key">Of the circuit.</param>
    /// <param name="threads">How many a proof may use; at least 1.</param>
    public Prover(ProvingKey key, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (_key, _threads) = (key, threads);
        _verifier = new Verifier(key.Verification);
        _transform = new Transform(key.Domain);
    }

    /// <summary>The public words of a witness.</summary>
    public ReadOnlyMemory<Scalar> WordsOf(Witness witness) =>
        witness.Values.AsMemory(1, _key.Verification.WordCount);

    /// <param name="witness">A value for each wire.</param>
    /// <param name="random">Blinds the proof: whoever knows what it gave learns of the witness.
    /// </param>
    /// <param name="cancel">Heard within a second or so.</param>
    /// <exception cref="ProofException">The witness is none of this circuit.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Proof Prove(Witness witness, RandomSource random, CancellationToken cancel = default)
    {
        if (witness.Values.Length != _key.WireCount)
        {
            throw new ProofException($"a key of {_key.WireCount} wires, and a witness of "
                + $"{witness.Values.Length}");
        }

        Scalar[] quotient = Quotient(witness.Values, cancel);
        Proof proof = Assemble(
            Sums(witness.Values, quotient, cancel), Scalar.Draw(random), Scalar.Draw(random));
        return _verifier.Verify(proof, WordsOf(witness).Span)
            ? proof
            : throw new ProofException("the witness does not satisfy the circuit of the key");
    }

    /// <summary>The quotient's numbers: A · B − C at the odd points of the doubled domain; what it
    /// is divided by is constant there, and in the points of H.</summary>
    private Scalar[] Quotient(Scalar[] values, CancellationToken cancel)
    {
        Fr[][] rows = [new Fr[_key.Domain], new Fr[_key.Domain], new Fr[_key.Domain]];
        foreach (ref readonly Coefficient one in _key.Coefficients.AsSpan())
        {
            ref Fr row = ref rows[one.Matrix][one.Constraint];
            row += one.Value * values[one.Wire].Limbs;
        }

        for (int i = 0; i < _key.Domain; i++)
        {
            rows[2][i] = rows[0][i] * rows[1][i];
        }

        Team.Run(_threads, rows.Length, (_, row) => _transform.ToCoset(rows[row]), cancel);
        Scalar[] quotient = new Scalar[_key.Domain];
        for (int i = 0; i < quotient.Length; i++)
        {
            quotient[i] = Scalar.Of((rows[0][i] * rows[1][i]) - rows[2][i]);
        }

        return quotient;
    }

    private WitnessSums Sums(Scalar[] values, Scalar[] quotient, CancellationToken cancel)
    {
        MultiScalar<Fp> h = new(_key.H, quotient, 0, _threads);
        MultiScalar<Fp2> b2 = new(_key.B2, values, 0, _threads);
        MultiScalar<Fp> a = new(_key.A, values, 0, _threads);
        MultiScalar<Fp> b1 = new(_key.B1, values, 0, _threads);
        MultiScalar<Fp> c = new(_key.C, values, values.Length - _key.C.Length, _threads);
        Run(h, cancel);
        Run(b2, cancel);
        Run(a, cancel);
        Run(b1, cancel);
        Run(c, cancel);
        return new WitnessSums(a.Sum(), b1.Sum(), b2.Sum(), c.Sum().Plus(h.Sum()));
    }

    private void Run<TField>(MultiScalar<TField> sum, CancellationToken cancel)
        where TField : struct, IField<TField> =>
        Team.Run(_threads, sum.Jobs, sum.Run, cancel);

    /// <summary>Adds the key's own points, and what blinds: r · delta and s · delta.</summary>
    private Proof Assemble(in WitnessSums sums, in Scalar r, in Scalar s)
    {
        VerificationKey key = _key.Verification;
        AffinePoint<Fp> delta = _key.Delta1;
        AffinePoint<Fp> a = sums.A.Plus(key.Alpha)
            .Plus(CurvePoint<Fp>.Multiply(delta, r)).ToAffine();
        AffinePoint<Fp> b1 = sums.B1.Plus(_key.Beta1)
            .Plus(CurvePoint<Fp>.Multiply(delta, s)).ToAffine();
        AffinePoint<Fp2> b2 = sums.B2.Plus(key.Beta)
            .Plus(CurvePoint<Fp2>.Multiply(key.Delta, s)).ToAffine();
        Scalar product = Scalar.Of(r.ToResidue() * s.ToResidue());
        AffinePoint<Fp> c = sums.C
            .Plus(CurvePoint<Fp>.Multiply(a, s))
            .Plus(CurvePoint<Fp>.Multiply(b1, r))
            .Plus(CurvePoint<Fp>.Multiply(delta.Negated, product)).ToAffine();
        return new Proof(a, b2, c);
    }

    /// <summary>Sums of points times the values of the wires.</summary>
    private readonly struct WitnessSums(in CurvePoint<Fp> a, in CurvePoint<Fp> b1,
        in CurvePoint<Fp2> b2, in CurvePoint<Fp> c)
    {
        public readonly CurvePoint<Fp> A = a;
        public readonly CurvePoint<Fp> B1 = b1;
        public readonly CurvePoint<Fp2> B2 = b2;
        public readonly CurvePoint<Fp> C = c;
    }
}
