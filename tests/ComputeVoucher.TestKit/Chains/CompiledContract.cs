using System;
using System.Collections.Concurrent;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>The contracts as the compiler left them in src/contracts/out.</summary>
public static class CompiledContract
{
    private static readonly ConcurrentDictionary<string, byte[]> s_code = new();

    /// <summary>Where the compiler writes.</summary>
    public static string OutFolder { get; } =
        Path.Combine(SharedData.RepositoryRoot, "src/contracts/out");

    /// <summary>What eth_getCode answers where the contracts of a domain are deployed: "0x" at any
    /// other address.</summary>
    public static string CodeAt(VoucherDomain domain, string address)
    {
        Address asked = Address.Parse(address);
        DeployedCode? found = Array.Find(DeployedCode.Of(domain), code => code.Address == asked);
        return found is null ? "0x" : Hex.Encode(Deploy(found));
    }

    /// <summary>The code of a deployment: what the constructor makes of the compiler's.</summary>
    public static byte[] Deploy(string contract, VoucherDomain domain) =>
        Deploy(Array.Find(DeployedCode.Of(domain), code => code.Name == contract)!);

    /// <summary>The same of a contract of a court.</summary>
    public static byte[] Deploy(string contract, VoucherDomain domain, CourtAddresses court) =>
        Deploy(Array.Find(
            DeployedCode.Of(domain, court), code => code.Name == contract)!);

    private static byte[] Deploy(DeployedCode contract)
    {
        byte[] code = (byte[])s_code.GetOrAdd(contract.Name, Read).Clone();
        foreach (Immutable one in contract.Immutables)
        {
            one.Value.CopyTo(code.AsSpan(one.Offset));
        }

        return code;
    }

    private static byte[] Read(string contract)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(OutFolder, contract + ".json")));
        return Hex.Decode(artifact.RootElement.GetProperty("deployedBytecode").GetString());
    }
}
