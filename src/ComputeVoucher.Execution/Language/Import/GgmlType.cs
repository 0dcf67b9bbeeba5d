using System.Diagnostics.CodeAnalysis;

namespace ComputeVoucher.Execution.Language;

/// <summary>Tensor types of ggml that appear in GGUF files (ggml.h, enum ggml_type).</summary>
internal enum GgmlType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q4_K = 12,
    Q6_K = 14,
}

/// <summary>Block sizes of the ggml types that this reader decodes (ggml-common.h).</summary>
internal static class GgmlTypes
{
    /// <summary>Weights of a super-block of the K formats.</summary>
    public const int SuperBlockWeights = 256;

    public static bool IsKnown(GgmlType type) => BlockBytes(type) != 0;

    /// <summary>Weights per block; 1 for plain floats.</summary>
    public static int BlockWeights(GgmlType type) => type switch
    {
        GgmlType.F32 or GgmlType.F16 => 1,
        GgmlType.Q4_K or GgmlType.Q6_K => SuperBlockWeights,
        _ => 32,
    };

    /// <summary>Bytes per block; 0 for a type that is not decoded.</summary>
    [SuppressMessage("Style", "IDE0072", Justification = "unknown numbers come from files")]
    public static int BlockBytes(GgmlType type) => type switch
    {
        GgmlType.F32 => 4,
        GgmlType.F16 => 2,
        GgmlType.Q4_0 => 2 + 16,
        GgmlType.Q4_1 => 4 + 16,
        GgmlType.Q5_0 => 2 + 4 + 16,
        GgmlType.Q5_1 => 4 + 4 + 16,
        GgmlType.Q8_0 => 2 + 32,
        GgmlType.Q4_K => 4 + 12 + 128,
        GgmlType.Q6_K => 128 + 64 + 16 + 2,
        _ => 0,
    };
}
