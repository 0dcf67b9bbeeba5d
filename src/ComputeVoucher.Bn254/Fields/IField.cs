namespace ComputeVoucher.Bn254;

/// <summary>What points are made of: the base field, and its quadratic extension for the twist.
/// Everything is passed by reference, since an element has 32 or 64 bytes.</summary>
internal interface IField<T>
    where T : struct, IField<T>
{
    static abstract T One { get; }

    /// <summary>b of the curve y² = x³ + b over this field.</summary>
    static abstract T CurveConstant { get; }

    /// <summary>Whether the limbs are below the prime, where they came from outside.</summary>
    bool IsReduced { get; }

    bool IsZero { get; }

    bool IsEqual(in T other);

    T Square();

    T Inverse();

    static abstract T operator +(in T left, in T right);

    static abstract T operator -(in T left, in T right);

    static abstract T operator *(in T left, in T right);
}
