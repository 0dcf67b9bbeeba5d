namespace ComputeVoucher.Bn254;

/// <summary>P1 and P2 of EIP-197, of which all points of the two groups are multiples.</summary>
internal static class Generators
{
    public static AffinePoint<Fp> G1 => new(Fp.One, Fp.FromInteger(2));

    /// <summary>In Montgomery's form.</summary>
    public static AffinePoint<Fp2> G2 => new(
        new Fp2(
            new Fp(
                0x8e83b5d102bc2026, 0xdceb1935497b0172, 0xfbb8264797811adf, 0x19573841af96503b),
            new Fp(
                0xafb4737da84c6140, 0x6043dd5a5802d8c4, 0x09e950fc52a02f86, 0x14fef0833aea7b6b)),
        new Fp2(
            new Fp(
                0x619dfa9d886be9f6, 0xfe7fd297f59e9b78, 0xff9e1a62231b7dfe, 0x28fd7eebae9e4206),
            new Fp(
                0x64095b56c71856ee, 0xdc57f922327d3cbb, 0x55f935be33351076, 0x0da4a0e693fd6482)));
}
