namespace ComputeVoucher.Execution.Language;

/// <summary>
/// One implementation of the hot products: either the definitions or their AVX2 forms. Bits are
/// the same, so the choice is free.
/// </summary>
// Safety: the contracts of the members stand with MatrixRow and HeadMix.
internal sealed unsafe class KernelSet
{
    private KernelSet(
        Backend backend,
        delegate*<QuantMatrix, short*, int*, int, int, int, int, long*, void> sum,
        delegate*<short*, short*, int, int, long*, void> dots,
        delegate*<int*, byte*, short*, int, int, long*, int*, void> mix)
    {
        Backend = backend;
        Sum = sum;
        Dots = dots;
        Mix = mix;
    }

    /// <summary>Runs only where <see cref="Avx2Backend"/> is not absent.</summary>
    public static KernelSet Avx2 { get; } =
        new(Backend.Avx2, &MatrixRow.SumAvx2, &HeadMix.DotsAvx2, &HeadMix.MixAvx2);

    /// <summary>The definitions, element by element.</summary>
    public static KernelSet Scalar { get; } =
        new(Backend.Scalar, &MatrixRow.SumScalar, &HeadMix.DotsScalar, &ScalarMix);

    public Backend Backend { get; }

    /// <summary>See <see cref="MatrixRow.SumScalar"/>.</summary>
    public delegate*<QuantMatrix, short*, int*, int, int, int, int, long*, void> Sum { get; }

    /// <summary>See <see cref="HeadMix.DotsScalar"/>.</summary>
    public delegate*<short*, short*, int, int, long*, void> Dots { get; }

    /// <summary>See <see cref="HeadMix.MixScalar"/>; the last is scratch.</summary>
    public delegate*<int*, byte*, short*, int, int, long*, int*, void> Mix { get; }

    private static void ScalarMix(
        int* e, byte* z, short* values, int tokens, int stride, long* mixed, int* scratch) =>
        HeadMix.MixScalar(e, z, values, tokens, stride, mixed);
}
