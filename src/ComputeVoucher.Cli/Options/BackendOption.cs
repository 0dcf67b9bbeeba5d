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

    public static Option<string> Backend { get; } = Opt.Or<string>(
        "--backend", "Which implementation runs; the result does not depend on it",
        "auto|scalar|avx2|cuda", "auto").AcceptOnlyFromAmong("auto", "scalar", "avx2", "cuda");

    public static Option<int> Threads { get; } = Opt.Or<int>(
        "--threads", "Threads inside one execution", "N", 1);

    public static (Backend Backend, int Threads) Parse(ParseResult parsed)
    {
        Backend backend = Parse(parsed.GetRequiredValue(Backend));
        int threads = parsed.GetValue(Threads);
        return threads is >= 1 and <= ThreadsMax
            ? (backend, threads)
            : throw new UsageException(
                $"--threads {threads}: between 1 and {ThreadsMax} is wanted");
    }

    public static Backend Parse(string text) => text switch
    {
        "auto" => Execution.Backend.Auto,
        "scalar" => Execution.Backend.Scalar,
        "avx2" => Execution.Backend.Avx2,
        "cuda" => Execution.Backend.Cuda,
        _ => throw new UsageException($"backend {text}: auto, scalar, avx2 or cuda is wanted"),
    };
}
