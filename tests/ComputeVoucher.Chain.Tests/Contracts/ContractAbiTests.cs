using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The constants of the bindings against keccak, and against what the compiler says.
/// </summary>
[Trait("Category", "load")]
public sealed class ContractAbiTests
{
    private static readonly Type[] s_bindings =
        [typeof(VouchersAbi), typeof(ProvidersAbi), typeof(Erc20Abi)];

    [Fact]
    public void Functions_EverySelector_IsTheHashOfItsSignature()
    {
        foreach (ContractFunction function in s_bindings.SelectMany(In<ContractFunction>))
        {
            Assert.Equal(FunctionSelector.Of(function.Signature), function.Selector);
        }
    }

    [Fact]
    public void Events_EveryTopic_IsTheHashOfItsSignature()
    {
        foreach (ContractEvent item in s_bindings.SelectMany(In<ContractEvent>))
        {
            Assert.Equal(FunctionSelector.Topic(item.Signature), item.Topic);
        }
    }

    [AnvilFact(NeedsContracts = true)]
    public void Bindings_EverySignature_IsInTheCompiledContract()
    {
        Check("Vouchers", typeof(VouchersAbi));
        Check("Providers", typeof(ProvidersAbi));
        Check("DevStablecoin", typeof(Erc20Abi));
    }

    /// <summary>The fields of a binding that hold a T.</summary>
    private static IEnumerable<T> In<T>(Type binding) =>
        binding.GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(f => f.GetValue(null))
            .OfType<T>();

    private static void Check(string contract, Type binding)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(CompiledContract.OutFolder, contract + ".json")));
        HashSet<string> declared = [];
        foreach (JsonElement item in artifact.RootElement.GetProperty("abi").EnumerateArray())
        {
            if (item.TryGetProperty("name", out JsonElement name))
            {
                declared.Add(name.GetString() + Tuple(item.GetProperty("inputs")));
            }
        }

        Assert.NotEmpty(In<ContractFunction>(binding));
        Assert.All(In<ContractFunction>(binding), f => Assert.Contains(f.Signature, declared));
        Assert.All(In<ContractEvent>(binding), e => Assert.Contains(e.Signature, declared));
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
