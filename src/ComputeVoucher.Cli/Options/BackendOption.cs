using System.CommandLine;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>--backend</c> and <c>--threads</c>, shared by everything that executes.</summary>
internal static class BackendOption
{
    /// <summary>
    /// More threads than any machine here has cores; a slip of the keyboard is refused.
    /// </summary>
    public const int ThreadsMax = 256;

    public static Option<string> CreateBackend()
    {
        Option<string> option = new("--backend")
        {
            Description = "Which implementation runs; the result does not depend on it",
            HelpName = "auto|scalar|avx2|cuda",
            DefaultValueFactory = _ => "auto",
        };
        return option.AcceptOnlyFromAmong("auto", "scalar", "avx2", "cuda");
    }

    public static Option<int> CreateThreads() => new("--threads")
    {
        Description = "Threads inside one execution",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public static Backend Parse(string text) => text switch
    {
        "auto" => Backend.Auto,
        "scalar" => Backend.Scalar,
        "avx2" => Backend.Avx2,
        "cuda" => Backend.Cuda,
        _ => throw new UsageException($"backend {text}: auto, scalar, avx2 or cuda is wanted"),
    };

    public static int CheckThreads(int threads) => threads is >= 1 and <= ThreadsMax
        ? threads
        : throw new UsageException($"--threads {threads}: between 1 and {ThreadsMax} is wanted");
}
