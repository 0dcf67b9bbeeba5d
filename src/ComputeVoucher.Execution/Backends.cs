using System;

namespace ComputeVoucher.Execution;

/// <summary>The back-ends of this build, and which of them this process runs.</summary>
public static class Backends
{
    private static readonly IBackend[] s_fastestFirst = [new Avx2Backend(), new ScalarBackend()];

    private static readonly (IBackend Backend, string Reason) s_fastest = Fastest();

    /// <summary>What a wanted back-end means here, and why, to be logged.</summary>
    /// <exception cref="ModelException">This processor or build lacks it.</exception>
    public static BackendChoice Choose(Backend wanted)
    {
        Backend chosen = Of(wanted).Backend;
        return new(
            chosen, wanted == Backend.Auto ? s_fastest.Reason : $"{Name(chosen)}: asked for");
    }

    /// <exception cref="ModelException">This processor or build lacks it.</exception>
    internal static IBackend Of(Backend wanted)
    {
        if (wanted == Backend.Auto)
        {
            return s_fastest.Backend;
        }

        IBackend? found = Array.Find(s_fastestFirst, b => b.Backend == wanted);
        string? absence = found is null ? "this build has no such kernels" : found.Absence;
        return absence is null
            ? found!
            : throw new ModelException($"backend {Name(wanted)}: {absence}");
    }

    private static (IBackend Backend, string Reason) Fastest()
    {
        string absences = "";
        foreach (IBackend backend in s_fastestFirst)
        {
            if (backend.Absence is null)
            {
                return (backend, $"{Name(backend.Backend)}: fastest first{absences}");
            }

            absences += $"; {Name(backend.Backend)}: {backend.Absence}";
        }

        throw new InvalidOperationException("the definitions run everywhere");
    }

    private static string Name(Backend backend) => backend.ToString().ToLowerInvariant();
}

/// <summary>The back-end that runs.</summary>
/// <param name="Backend">Never <see cref="Backend.Auto"/>.</param>
/// <param name="Reason">One line: chosen why, and what faster ones lack.</param>
public readonly record struct BackendChoice(Backend Backend, string Reason);
