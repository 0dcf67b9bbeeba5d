using System.CommandLine;

namespace ComputeVoucher.Cli;

/// <summary>Options that mean the same wherever they appear.</summary>
internal static class CommonOptions
{
    /// <summary>On the root, and inherited by every command.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "One JSON object on standard output instead of text",
        Recursive = true,
    };

    public static Option<string[]> Rpc { get; } = new("--rpc")
    {
        Description = "JSON-RPC endpoint of the chain; may be repeated",
        HelpName = "URL",
        DefaultValueFactory = _ => ["http://127.0.0.1:8545"],
    };

    public static Option<string> Key { get; } = new("--key")
    {
        Description = "Key file that signs and pays",
        HelpName = "FILE",
        Required = true,
    };

    public static Option<string> Deployment { get; } = new("--deployment")
    {
        Description = "JSON file written by `deploy`: chain id and contract addresses",
        HelpName = "FILE",
        Required = true,
    };

    public static Option<string> Class { get; } = new("--class")
    {
        Description = "JSON file with the terms of the voucher class",
        HelpName = "FILE",
        Required = true,
    };
}
