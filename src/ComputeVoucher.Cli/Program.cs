using System;
using System.Reflection;
using System.Threading.Tasks;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        // Scripts ask for the version most often; it is answered before anything is built.
        if (args is ["--version"])
        {
            Console.Out.WriteLine(VersionLine());
            return ExitStatus.Done;
        }

        return await ErrorFunnel.RunAsync(CommandTree.Create(), args).ConfigureAwait(false);
    }

    private static string VersionLine()
    {
        string version = typeof(Program).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";
        return $"computevoucher {version} cpu {Backends.Fastest.Name}";
    }
}
