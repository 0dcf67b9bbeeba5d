using System.CommandLine;

namespace ComputeVoucher.Cli;

/// <summary><c>--config FILE</c>, the configuration of <c>serve</c>.</summary>
internal static class ConfigOption
{
    public static Option<string> Create(bool required) => new("--config")
    {
        Description = "The node's JSON configuration (serve --print-config-help)",
        HelpName = "FILE",
        Required = required,
    };
}
