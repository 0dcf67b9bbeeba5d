using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The constants of the bindings against keccak, and against what the compiler says.
/// </summary>
[Trait("Category", "load")]
public sealed class ContractAbiTests
{
    [Fact]
    public void Functions_EverySelector_IsTheHashOfItsSignature()
    {
        foreach (ContractFunction function in AllFunctions())
        {
            Assert.Equal(FunctionSelector.Of(function.Signature), function.Selector);
        }
    }

    [Fact]
    public void Events_EveryTopic_IsTheHashOfItsSignature()
    {
        foreach (ContractEvent item in AllEvents())
        {
            Assert.Equal(FunctionSelector.Topic(item.Signature), item.Topic);
        }
    }

    [AnvilFact(NeedsContracts = true)]
    public void Bindings_EverySignature_IsInTheCompiledContract()
    {
        Check("Vouchers", VouchersAbi.Functions, VouchersAbi.Events);
        Check("Providers", ProvidersAbi.Functions, ProvidersAbi.Events);
        Check("DevStablecoin", Erc20Abi.Functions, Erc20Abi.Events);
    }

    private static IEnumerable<ContractFunction> AllFunctions() =>
        [.. VouchersAbi.Functions, .. ProvidersAbi.Functions, .. Erc20Abi.Functions];

    private static IEnumerable<ContractEvent> AllEvents() =>
        [.. VouchersAbi.Events, .. ProvidersAbi.Events, .. Erc20Abi.Events];

    private static void Check(
        string contract,
        IReadOnlyList<ContractFunction> functions,
        IReadOnlyList<ContractEvent> events)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AnvilNeeds.OutFolder, contract + ".json")));
        HashSet<string> declared = [];
        foreach (JsonElement item in artifact.RootElement.GetProperty("abi").EnumerateArray())
        {
            if (item.TryGetProperty("name", out JsonElement name))
            {
                declared.Add(name.GetString() + Tuple(item.GetProperty("inputs")));
            }
        }

        Assert.All(functions, f => Assert.Contains(f.Signature, declared));
        Assert.All(events, e => Assert.Contains(e.Signature, declared));
    }

    private static string Tuple(JsonElement inputs)
    {
        List<string> types = [];
        foreach (JsonElement input in inputs.EnumerateArray())
        {
            string type = input.GetProperty("type").GetString()!;
            types.Add(type == "tuple" ? Tuple(input.GetProperty("components")) : type);
        }

        return $"({string.Join(',', types)})";
    }
}
