using System;
using System.CommandLine;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>--units N</c>: compute units.</summary>
internal static class UnitsOption
{
    public static Option<ulong> Create() => new("--units")
    {
        Description = "Compute units (1 is one multiply-accumulate)",
        HelpName = "N",
        Required = true,
    };

    public static UInt128 Parse(ParseResult parsed, Option<ulong> option)
    {
        ulong units = parsed.GetValue(option);
        return units > 0 && units <= VoucherLimits.UnitsMax
            ? units
            : throw new UsageException(
                $"{option.Name} {units}: between 1 and {VoucherLimits.UnitsMax} is wanted");
    }
}
