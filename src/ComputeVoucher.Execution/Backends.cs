using System;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>The back-ends of this build, and which of them this process runs.</summary>
public static class Backends
{
    private static readonly IBackend[] s_fastestFirst = [new Avx2Backend(), new ScalarBackend()];

    private static readonly IBackend s_fastest =
        Array.Find(s_fastestFirst, b => b.Absence is null)!;

    /// <summary>
    /// What runs where nothing else is asked for. A native publish for processors without AVX2
    /// folds this to "scalar" on any machine; the tests of the binary compare /proc/cpuinfo.
    /// </summary>
    public static BackendChoice Fastest { get; } = new(s_fastest.Backend, WhyFastest());

    /// <summary>What a wanted back-end means here, and why.</summary>
    /// <exception cref="ModelException">This processor or build lacks it.</exception>
    public static BackendChoice Choose(Backend wanted) => wanted == Backend.Auto
        ? Fastest
        : new(Of(wanted).Backend, $"{NameOf(wanted)}: asked for");

    /// <summary>The word that configurations and reports use.</summary>
    public static string NameOf(Backend backend) => backend switch
    {
        Backend.Scalar => "scalar",
        Backend.Avx2 => "avx2",
        Backend.Cuda => "cuda",
        _ => "auto",
    };

    /// <exception cref="ModelException">This processor or build lacks it.</exception>
    internal static IBackend Of(Backend wanted)
    {
        IBackend? found = wanted == Backend.Auto
            ? s_fastest : Array.Find(s_fastestFirst, b => b.Backend == wanted);
        string? absence = found is null ? "this build has no such kernels" : found.Absence;
        return absence is null
            ? found!
            : throw new ModelException($"backend {NameOf(wanted)}: {absence} (choose auto)");
    }

    private static string WhyFastest()
    {
        string reason = $"{NameOf(s_fastest.Backend)}: chosen, fastest first";
        foreach (IBackend backend in s_fastestFirst)
        {
            reason += backend.Absence is { } absence
                ? $"; {NameOf(backend.Backend)} absent: {absence}" : "";
        }

        return reason;
    }
}

/// <summary>The back-end that runs.</summary>
/// <param name="Backend">Never <see cref="Backend.Auto"/>.</param>
/// <param name="Reason">One line to be logged: chosen why, and what a faster one lacks.</param>
public readonly record struct BackendChoice(Backend Backend, string Reason)
{
    public string Name => Backends.NameOf(Backend);
}

/// <summary>The definitions themselves.</summary>
internal sealed class ScalarBackend : IBackend
{
    public Backend Backend => Backend.Scalar;

    public string? Absence => null;

    public IKernel Compile(Operator op) => new DefinitionKernel(op);

    public KernelSet Compile(LlamaParameters model) => KernelSet.Scalar;
}
