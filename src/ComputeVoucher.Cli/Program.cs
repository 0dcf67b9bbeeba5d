using System;
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

        BlindSigning();
        return await ErrorFunnel.RunAsync(CommandTree.Create(), args).ConfigureAwait(false);
    }

    private static void BlindSigning()
    {
        Span<byte> seed = stackalloc byte[Bytes32.Size];
        Libc.FillRandom(seed);
        Secp256k1.Randomize(seed);
    }

    private static string VersionLine()
    {
        string version = typeof(Program).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";
        return $"computevoucher {version} cpu {Backends.Fastest.Name}";
    }
}
