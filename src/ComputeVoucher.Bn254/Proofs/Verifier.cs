using System;

namespace ComputeVoucher.Bn254;

/// <summary>
/// Verifies proofs against one key: e(A, B) = e(alpha, beta) · e(vk_x, gamma) · e(C, delta), where
/// vk_x is the key's points times the public words. What depends on the key alone is computed
/// once; it may be used by several threads at the same time.
/// </summary>
public sealed class Verifier
{
    /// <summary>Bits of a digit of a word: tables of 15 points, 60 KiB for 64 words.</summary>
    private const int Width = 4;

    private const int Windows = 256 / Width;
    private const int TableSize = (1 << Width) - 1;
    private const int Pairs = 3;

    private readonly AffinePoint<Fp> _constant;
    // [word, digit − 1] digit · the word's point.
    private readonly AffinePoint<Fp>[] _tables;
    // Of gamma and delta, one after the other.
    private readonly Line[] _lines;
    private readonly Fp12 _alphaBeta;

    public Verifier(VerificationKey key)
    {
        WordCount = key.WordCount;
        _constant = key.Words[0];
        _tables = new AffinePoint<Fp>[WordCount * TableSize];
        CurvePoint<Fp>[] multiples = new CurvePoint<Fp>[_tables.Length];
        for (int i = 0; i < multiples.Length; i++)
        {
            multiples[i] = (i % TableSize == 0 ? default : multiples[i - 1])
                .Plus(key.Words[(i / TableSize) + 1]);
        }

        CurvePoint<Fp>.ToAffine(multiples, _tables);

        _lines = new Line[2 * MillerLoop.LineCount];
        MillerLoop.Trace(key.Gamma, _lines.AsSpan(0, MillerLoop.LineCount));
        MillerLoop.Trace(key.Delta, _lines.AsSpan(MillerLoop.LineCount));
        Line[] beta = new Line[MillerLoop.LineCount];
        MillerLoop.Trace(key.Beta, beta);
        _alphaBeta = FinalExponentiation.Raise(MillerLoop.Run(beta, [key.Alpha]));
    }

    /// <summary>How many public words a statement has.</summary>
    public int WordCount { get; }

    /// <summary>Whether the proof is one of this statement; allocates nothing.</summary>
    /// <param name="proof">Read by <see cref="Proof.Parse"/>.</param>
    /// <param name="words">Each below r; another number of words than the key's is no statement.
    /// </param>
    public bool Verify(Proof proof, ReadOnlySpan<Scalar> words)
    {
        if (words.Length != WordCount)
        {
            return false;
        }

        foreach (Scalar word in words)
        {
            if (!word.IsReduced)
            {
                return false;
            }
        }

        Span<Line> lines = stackalloc Line[Pairs * MillerLoop.LineCount];
        MillerLoop.Trace(proof.B, lines);
        _lines.CopyTo(lines[MillerLoop.LineCount..]);
        ReadOnlySpan<AffinePoint<Fp>> points =
            [proof.A, Statement(words).Negated, proof.C.Negated];
        return FinalExponentiation.Raise(MillerLoop.Run(lines, points)).IsEqual(_alphaBeta);
    }

    /// <summary>vk_x, with one chain of doublings for all words.</summary>
    private AffinePoint<Fp> Statement(ReadOnlySpan<Scalar> words)
    {
        CurvePoint<Fp> sum = default;
        for (int window = Windows - 1; window >= 0; window--)
        {
            for (int i = 0; i < Width; i++)
            {
                sum = sum.Double();
            }

            for (int word = 0; word < words.Length; word++)
            {
                int digit = words[word].Bits(window * Width, Width);
                sum = digit == 0 ? sum : sum.Plus(_tables[(word * TableSize) + digit - 1]);
            }
        }

        return sum.Plus(_constant).ToAffine();
    }
}
