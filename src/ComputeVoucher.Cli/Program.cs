using System;
using System.CommandLine;
using System.Reflection;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Scripts ask for the version most often; it is answered before anything is built.
        if (args is ["--version"])
        {
            Console.Out.WriteLine(VersionLine());
            Console.Out.WriteLine(LinkedLibraries.Sqlite);
            Console.Out.WriteLine(LinkedLibraries.Secp256k1);
            return ExitStatus.Done;
        }

        return await ErrorFunnel.RunAsync(Prepare, args).ConfigureAwait(false);
    }

    /// <summary>Blinds signing before the first command.</summary>
    private static RootCommand Prepare()
    {
        Span<byte> seed = stackalloc byte[Bytes32.Size];
        Libc.FillRandom(seed);
        Secp256k1.Randomize(seed);
        return CommandTree.Create();
    }

    private static string VersionLine()
    {
        string version = typeof(Program).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";
        return $"computevoucher {version} cpu {Backends.Fastest.Name}";
    }
}
