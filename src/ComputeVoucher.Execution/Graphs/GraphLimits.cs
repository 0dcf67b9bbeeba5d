namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// What a graph may ask of a node. A model beyond any of these is refused at import.
/// </summary>
internal static class GraphLimits
{
    /// <summary>Largest model file. MobileNetV2 takes 4 MiB; no int8 edge model is near.</summary>
    public const int ModelBytesMax = 256 << 20;

    /// <summary>Longest graph; ResNet-152, the deepest in common use, has about 520.</summary>
    public const int OperatorsMax = 1024;

    /// <summary>Graph inputs and outputs, each.</summary>
    public const int EndsMax = 16;

    /// <summary>Largest activation: a 2,300 pixel square of 12 channels.</summary>
    public const int TensorBytesMax = 64 << 20;

    /// <summary>All activations of one run, which a trace keeps alive at once.</summary>
    public const long TraceBytesMax = 512L << 20;

    /// <summary>Largest scratch of one operator: its widened and padded input.</summary>
    public const long ScratchBytesMax = 256L << 20;

    /// <summary>Filter extent after dilation, and stride, per axis.</summary>
    public const int WindowExtentMax = 4096;

    /// <summary>
    /// Multiply-accumulates of one run: 2^40 is minutes of work on one core, and keeps every sum
    /// of units far below the 2^63 − 1 of a channel.
    /// </summary>
    public const ulong UnitsMax = 1UL << 40;

    /// <summary>
    /// Bound of an accumulator, after its left shift: adding the zero point of an 8-bit output
    /// (at most 255) must still fit 32 bits.
    /// </summary>
    public const long AccumulatorMax = int.MaxValue - 255L;
}
