using System.CommandLine;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

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
}
