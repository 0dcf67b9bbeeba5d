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

    /// <summary>AVX2, fastest first; needs the build to allow it (x86-64-v3).</summary>
    public static KernelSet? Avx2 { get; } = System.Runtime.Intrinsics.X86.Avx2.IsSupported
        ? new(Backend.Avx2, &MatrixRow.SumAvx2, &HeadMix.DotsAvx2, &HeadMix.MixAvx2)
        : null;

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

    /// <exception cref="ModelException">The backend is absent here.</exception>
    public static KernelSet Of(Backend backend) => backend switch
    {
        Backend.Auto => Avx2 ?? Scalar,
        Backend.Scalar => Scalar,
        Backend.Avx2 => Avx2 ?? throw new ModelException(
            "backend avx2: this processor or this build has no AVX2; choose scalar"),
        _ => throw new ModelException(
            $"backend {backend}: language models run on avx2 and scalar; choose auto"),
    };

    private static void ScalarMix(
        int* e, byte* z, short* values, int tokens, int stride, long* mixed, int* scratch) =>
        HeadMix.MixScalar(e, z, values, tokens, stride, mixed);
}
