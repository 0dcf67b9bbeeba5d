namespace ComputeVoucher.Bn254;

/// <summary>The power to (q¹² − 1) / r, which makes a value of the Miller loop unique.</summary>
internal static class FinalExponentiation
{
    /// <summary>u, from which both primes of the curve are made.</summary>
    private const ulong U = 4965661367192848881;

    public static Fp12 Raise(in Fp12 value)
    {
        // To q⁶ − 1, then to q² + 1: the easy part.
        Fp12 easy = value.Conjugate * value.Inverse();
        easy = easy.FrobeniusSquared() * easy;
        return Hard(easy);
    }

    /// <summary>A raised value as snarkjs writes it: it raises to a multiple of our exponent, by
    /// 2u(6u² + 3u + 1) (Fuentes-Castañeda et al., "Faster Hashing to G2").</summary>
    public static Fp12 AsSnarkjs(in Fp12 raised)
    {
        Fp12 u1 = PowerU(raised);
        Fp12 u2 = PowerU(u1);
        Fp12 sum = PowerU(u2).Square() * u2;
        return (sum.Square() * sum * u1).Square();
    }

    /// <summary>To (q⁴ − q² + 1) / r (Beuchat et al., algorithm 31, after Scott et al.).</summary>
    private static Fp12 Hard(in Fp12 value)
    {
        Fp12 u1 = PowerU(value);
        Fp12 u2 = PowerU(u1);
        Fp12 u3 = PowerU(u2);
        Fp12 q1 = value.Frobenius();
        Fp12 q2 = value.FrobeniusSquared();
        Fp12 y0 = q1 * q2 * q2.Frobenius();
        Fp12 y3 = u1.Frobenius().Conjugate;
        Fp12 y4 = (u1 * u2.Frobenius()).Conjugate;
        Fp12 y5 = u2.Conjugate;
        Fp12 y6 = (u3 * u3.Frobenius()).Conjugate;
        Fp12 t0 = y6.Square() * y4 * y5;
        Fp12 t1 = y3 * y5 * t0;
        t0 *= u2.FrobeniusSquared();
        t1 = (t1.Square() * t0).Square();
        t0 = t1 * value.Conjugate;
        t1 *= y0;
        return t0.Square() * t1;
    }

    private static Fp12 PowerU(in Fp12 value)
    {
        Fp12 power = value;
        for (int bit = 61; bit >= 0; bit--)
        {
            power = power.Square();
            power = ((U >> bit) & 1) == 0 ? power : power * value;
        }

        return power;
    }
}
