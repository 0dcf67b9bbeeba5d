namespace ComputeVoucher.Bn254;

internal readonly partial struct Residue<TPrime>
{
    /// <summary>Binary extended Euclid (Guide to Elliptic Curve Cryptography, algorithm 2.22), some
    /// five times faster than a power.</summary>
    /// <returns>1 / this, and 0 of 0.</returns>
    public Residue<TPrime> Inverse()
    {
        if (IsZero)
        {
            return default;
        }

        // Throughout: x · this = u and y · this = v, modulo the prime.
        Residue<TPrime> u = this;
        Residue<TPrime> v = new(TPrime.Limb0, TPrime.Limb1, TPrime.Limb2, TPrime.Limb3);
        Residue<TPrime> x = new(1, 0, 0, 0);
        Residue<TPrime> y = default;
        while (!u.IsInteger1 && !v.IsInteger1)
        {
            Divide(ref u, ref x);
            Divide(ref v, ref y);
            if (u.IsBelow(v))
            {
                v = v.Minus(u);
                y -= x;
            }
            else
            {
                u = u.Minus(v);
                x -= y;
            }
        }

        // Of z · 2^256 that is 1 / z / 2^256: two products with 2^512 put it right.
        return (u.IsInteger1 ? x : y) * RadixSquared * RadixSquared;
    }

    private bool IsInteger1 => _l0 == 1 && (_l1 | _l2 | _l3) == 0;

    /// <summary>Takes every factor 2 out of a number, and out of its cofactor.</summary>
    private static void Divide(ref Residue<TPrime> number, ref Residue<TPrime> cofactor)
    {
        while ((number._l0 & 1) == 0)
        {
            number = number.Half();
            cofactor = (cofactor._l0 & 1) == 0 ? cofactor.Half() : cofactor.PlusPrime().Half();
        }
    }

    /// <summary>Shifted right by one bit.</summary>
    private Residue<TPrime> Half() => new(
        (_l0 >> 1) | (_l1 << 63), (_l1 >> 1) | (_l2 << 63), (_l2 >> 1) | (_l3 << 63),
        _l3 >> 1);

    /// <summary>Below 2^255, so it fits.</summary>
    private Residue<TPrime> PlusPrime()
    {
        ulong carry = 0;
        ulong l0 = Add(_l0, TPrime.Limb0, ref carry);
        ulong l1 = Add(_l1, TPrime.Limb1, ref carry);
        ulong l2 = Add(_l2, TPrime.Limb2, ref carry);
        return new Residue<TPrime>(l0, l1, l2, Add(_l3, TPrime.Limb3, ref carry));
    }

    private Residue<TPrime> Minus(in Residue<TPrime> other)
    {
        ulong borrow = 0;
        ulong l0 = Subtract(_l0, other._l0, ref borrow);
        ulong l1 = Subtract(_l1, other._l1, ref borrow);
        ulong l2 = Subtract(_l2, other._l2, ref borrow);
        return new Residue<TPrime>(l0, l1, l2, Subtract(_l3, other._l3, ref borrow));
    }

    private bool IsBelow(in Residue<TPrime> other) =>
        _l3 != other._l3 ? _l3 < other._l3
        : _l2 != other._l2 ? _l2 < other._l2
        : _l1 != other._l1 ? _l1 < other._l1
        : _l0 < other._l0;
}
