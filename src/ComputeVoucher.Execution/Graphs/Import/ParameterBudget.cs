namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Bytes that an import may keep for parameters, in proportion to the file. Tensors and layers may
/// share one buffer of the file, each keeps a copy: without a bound a file of a megabyte could ask
/// for gigabytes.
/// </summary>
internal sealed class ParameterBudget(int fileBytes)
{
    /// <summary>What a refusal says.</summary>
    public const string Exceeded =
        "too many layers share its bytes: parameters would take above 4 times the file";

    /// <summary>
    /// Times the file's length. Detection heads that run on five levels share their weights, which
    /// are a part of the file; nothing in use comes near all of it four times.
    /// </summary>
    private const int SharingMax = 4;

    private long _left = (long)SharingMax * fileBytes;

    /// <summary>False where so many bytes more are too many.</summary>
    public bool Take(long bytes) => (_left -= bytes) >= 0;
}
