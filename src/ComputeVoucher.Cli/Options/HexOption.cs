using System.CommandLine;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>Bytes in hexadecimal on the command line.</summary>
internal static class HexOption
{
    public static byte[] Parse(Option option, string text) =>
        Hex.TryDecode(text, out byte[] bytes)
            ? bytes
            : throw new UsageException($"{option.Name}: hexadecimal digits are wanted, two a byte");
}
