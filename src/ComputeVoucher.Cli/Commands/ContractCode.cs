using System.IO;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>
/// Creation code of the contracts, embedded at build time from src/contracts/out.
/// </summary>
internal static class ContractCode
{
    public static byte[] Providers() => Read("Providers");

    public static byte[] Vouchers(in Address providers) =>
        [.. Read("Vouchers"), .. new AbiWriter().Write(providers).ToArray()];

    public static byte[] DevStablecoin() => Read("DevStablecoin");

    private static byte[] Read(string contract)
    {
        using Stream stream = typeof(ContractCode).Assembly
            .GetManifestResourceStream($"contracts/{contract}")
            ?? throw new CommandException(
                $"this build holds no code of {contract} (build it with ./run.sh build)");
        byte[] code = new byte[stream.Length];
        stream.ReadExactly(code);
        return code;
    }
}
