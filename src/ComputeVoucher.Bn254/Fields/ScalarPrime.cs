namespace ComputeVoucher.Bn254;

/// <summary>r, the number of points, and the prime of witnesses and public words (EIP-196):
/// 21888242871839275222246405745257275088548364400416034343698204186575808495617.</summary>
internal readonly struct ScalarPrime : IPrime
{
    /// <summary>r − 1 is divisible by 2^28: domains have at most 2^28 points.</summary>
    public const int TwoAdicity = 28;

    public static ulong Limb0 => 0x43e1f593f0000001;

    public static ulong Limb1 => 0x2833e84879b97091;

    public static ulong Limb2 => 0xb85045b68181585d;

    public static ulong Limb3 => 0x30644e72e131a029;

    public static ulong Inverse => 0xc2e1f593efffffff;

    public static (ulong L0, ulong L1, ulong L2, ulong L3) Radix =>
        (0xac96341c4ffffffb, 0x36fc76959f60cd29, 0x666ea36f7879462e, 0x0e0a77c19a07df2f);

    public static (ulong L0, ulong L1, ulong L2, ulong L3) RadixSquared =>
        (0x1bb8e645ae216da7, 0x53fe3ab1e35c59e3, 0x8c49833d53bb8085, 0x0216d0b17f4e44a5);

    /// <summary>5^((r − 1) / 2^28), of order 2^28, in Montgomery's form; snarkjs takes the same.
    /// </summary>
    public static Residue<ScalarPrime> RootOfUnity => new(
        0x636e735580d13d9c, 0xa22bf3742445ffd6, 0x56452ac01eb203d8, 0x1860ef942963f9e7);
}
