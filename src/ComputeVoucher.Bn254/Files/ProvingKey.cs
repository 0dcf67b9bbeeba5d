using System;
using System.IO;

namespace ComputeVoucher.Bn254;

/// <summary>A .zkey file of snarkjs for Groth16, version 1: the points that a prover multiplies
/// with a witness, the circuit's matrices A and B, and the verification key.</summary>
public sealed class ProvingKey
{
    private const int Groth16 = 1;

    private ProvingKey(SectionFile file)
    {
        file.Open(1, sizeof(uint));
        if (file.ReadUInt32() != Groth16)
        {
            throw new ProofException("a key of another proof system than Groth16");
        }

        file.Open(2);
        file.RequirePrime<BasePrime>();
        file.RequirePrime<ScalarPrime>();
        WireCount = Bounded(file.ReadUInt32(), CircuitLimits.WiresMax, "wires");
        int words = Bounded(file.ReadUInt32(), PublicWords.CountMax, "public words");
        Domain = Bounded(file.ReadUInt32(), CircuitLimits.DomainMax, "constraints");
        if (!int.IsPow2(Domain) || words >= WireCount)
        {
            throw new ProofException(
                $"a domain of {Domain} and {words} public words of {WireCount} wires");
        }

        AffinePoint<Fp> alpha = Point<Fp>(file);
        Beta1 = Point<Fp>(file);
        AffinePoint<Fp2> beta = Point<Fp2>(file);
        AffinePoint<Fp2> gamma = Point<Fp2>(file);
        Delta1 = Point<Fp>(file);
        AffinePoint<Fp2> delta = Point<Fp2>(file);
        if (!Twist.IsInSubgroup(beta) || !Twist.IsInSubgroup(gamma) || !Twist.IsInSubgroup(delta))
        {
            throw new ProofException("a point of the twist outside the subgroup");
        }

        Verification = new VerificationKey(
            alpha, beta, gamma, delta, Points<Fp>(file, 3, words + 1, wanted: true));
        Coefficients = ReadCoefficients(file);
        A = Points<Fp>(file, 5, WireCount);
        B1 = Points<Fp>(file, 6, WireCount);
        B2 = Points<Fp2>(file, 7, WireCount);
        C = Points<Fp>(file, 8, WireCount - words - 1);
        H = Points<Fp>(file, 9, Domain);
    }

    /// <summary>What its proofs are verified with.</summary>
    public VerificationKey Verification { get; }

    internal int WireCount { get; }

    /// <summary>Constraints, rounded up to a power of two.</summary>
    internal int Domain { get; }

    internal AffinePoint<Fp> Beta1 { get; }

    internal AffinePoint<Fp> Delta1 { get; }

    /// <summary>Of A and B; C follows for a witness that satisfies the circuit.</summary>
    internal Coefficient[] Coefficients { get; }

    // One point a wire.
    internal AffinePoint<Fp>[] A { get; }

    internal AffinePoint<Fp>[] B1 { get; }

    internal AffinePoint<Fp2>[] B2 { get; }

    // One point a wire that is not public.
    internal AffinePoint<Fp>[] C { get; }

    // One point for each odd point of the doubled domain.
    internal AffinePoint<Fp>[] H { get; }

    /// <param name="stream">Can be sought in; read to memory, which needs its length.</param>
    /// <exception cref="ProofException">Another file, a damaged one, a point off its curve, or a
    /// key that verifies forged proofs.</exception>
    public static ProvingKey Read(Stream stream) =>
        new(new SectionFile(stream, "zkey"u8, version: 1));

    private Coefficient[] ReadCoefficients(SectionFile file)
    {
        file.Open(4);
        Coefficient[] coefficients = file.Read<Coefficient>(
            Bounded(file.ReadUInt32(), CircuitLimits.CoefficientsMax, "coefficients"));
        foreach (Coefficient one in coefficients)
        {
            if (one.Matrix > 1 || one.Constraint >= Domain || one.Wire >= WireCount
                || !one.Value.IsReduced)
            {
                throw new ProofException("a coefficient of no constraint, no wire or not below r");
            }
        }

        return coefficients;
    }

    private static AffinePoint<TField> Point<TField>(SectionFile file)
        where TField : unmanaged, IField<TField>
    {
        AffinePoint<TField> point = file.Read<AffinePoint<TField>>();
        return point.IsOnCurve ? point : throw OffCurve();
    }

    /// <summary>A wire that no constraint names has the point at infinity.</summary>
    private static AffinePoint<TField>[] Points<TField>(
        SectionFile file, int section, int count, bool wanted = false)
        where TField : unmanaged, IField<TField>
    {
        file.Open(section);
        AffinePoint<TField>[] points = file.Read<AffinePoint<TField>>(count);
        foreach (ref readonly AffinePoint<TField> point in points.AsSpan())
        {
            if (!point.IsOnCurve && (wanted || !point.IsInfinity))
            {
                throw OffCurve();
            }
        }

        return file.Left == 0
            ? points
            : throw new ProofException($"section {section} is longer than it has to be");
    }

    private static int Bounded(uint value, int max, string what) => value <= max
        ? (int)value
        : throw new ProofException($"{value} {what}, at most {max} are supported");

    private static ProofException OffCurve() => new("a point is not on its curve");
}
