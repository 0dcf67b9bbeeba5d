using System;
using System.Collections.Generic;
using System.CommandLine;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

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

    /// <summary>Holds endpoints of the chain, between blanks: a URL with an access key belongs
    /// neither on a command line, which every user of the machine sees, nor in a shell's history.
    /// </summary>
    private const string RpcVariable = ConfigFile.EnvironmentPrefix + "RPC";

    private const string RpcDefault = "http://127.0.0.1:8545";

    public static Option<string[]> Rpc { get; } = Opt.Of<string[]>(
        "--rpc", $"JSON-RPC endpoint of the chain; may be repeated (default: those in {RpcVariable}"
            + $" of the environment, between blanks; else {RpcDefault})", "URL");

    /// <summary>Of the command line, else of the environment, else a chain on this machine.
    /// </summary>
    public static IReadOnlyList<string> Endpoints(ParseResult parsed)
    {
        if (parsed.GetValue(Rpc) is { Length: > 0 } named)
        {
            return named;
        }

        string[] known = (Environment.GetEnvironmentVariable(RpcVariable) ?? "").Split(
            ' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return known.Length > 0 ? known : [RpcDefault];
    }

    public static Option<string> Key { get; } = Opt.Needed<string>(
        "--key", "Key file that signs and pays", "FILE");

    public static Option<string> Deployment { get; } = Opt.Needed<string>(
        "--deployment", "JSON file written by `deploy`: chain id and contract addresses", "FILE");

    public static Option<string> Class { get; } = Opt.Needed<string>(
        "--class", "JSON file with the terms of the voucher class", "FILE");

    /// <summary>What <c>serve</c> reads.</summary>
    public static Option<string> Config(bool required) => new("--config")
    {
        Description = "The node's JSON configuration (serve --print-config-help)",
        HelpName = "FILE",
        Required = required,
    };
}

/// <summary><c>--units N</c>: compute units.</summary>
internal static class UnitsOption
{
    public static Option<ulong> Units { get; } = Opt.Needed<ulong>(
        "--units", "Compute units (1 is one multiply-accumulate)", "N");

    public static UInt128 Parse(ParseResult parsed)
    {
        ulong units = parsed.GetValue(Units);
        return units > 0 && units <= VoucherLimits.UnitsMax
            ? units
            : throw new UsageException(
                $"{Units.Name} {units}: between 1 and {VoucherLimits.UnitsMax} is wanted");
    }
}

/// <summary>Addresses on the command line; a mistyped checksum is wrong usage.</summary>
internal static class AddressOption
{
    public static Address Parse(ParseResult parsed, Option<string> option)
    {
        string text = parsed.GetRequiredValue(option);
        return Address.TryParse(text, out Address address)
            ? address
            : throw new UsageException($"{option.Name} {text}: not an address (40 hexadecimal "
                + "digits; mixed case must carry its checksum)");
    }

    public static Address ParseOr(
        ParseResult parsed, Option<string> option, in Address standard) =>
        parsed.GetValue(option) is null ? standard : Parse(parsed, option);
}
