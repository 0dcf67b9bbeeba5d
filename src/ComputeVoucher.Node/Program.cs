using System.CommandLine;

namespace ComputeVoucher.Node;

internal static class Program
{
    private static int Main(string[] args) =>
        new RootCommand("ComputeVoucher: a provider node for verifiable AI inference")
            .Parse(args).Invoke();
}
