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

    /// <summary>Whose bindings they are, one by one.</summary>
    private static readonly string[] s_contracts = ["Vouchers", "Providers", "DevStablecoin"];

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
        for (int i = 0; i < s_contracts.Length; i++)
        {
            Check(s_contracts[i], s_bindings[i]);
        }
    }

    /// <summary>An error without a sentence would reach people as a selector and bytes.</summary>
    [AnvilFact(NeedsContracts = true)]
    public void Errors_EveryOneOfTheContracts_HasASentence()
    {
        HashSet<string> known = [.. RevertReason.All.Select(reason => reason.Signature)];
        HashSet<string> declared = [];
        foreach (string contract in s_contracts)
        {
            declared.UnionWith(Declared(contract, "error"));
        }

        Assert.Contains("NotThawed(uint40)", declared);
        Assert.Empty(declared.Except(known));
    }

    /// <summary>The fields of a binding that hold a T.</summary>
    private static IEnumerable<T> In<T>(Type binding) =>
        binding.GetFields(BindingFlags.Static | BindingFlags.Public)
            .Select(f => f.GetValue(null))
            .OfType<T>();

    private static void Check(string contract, Type binding)
    {
        HashSet<string> declared = [.. Declared(contract, "function")];
        declared.UnionWith(Declared(contract, "event"));
        Assert.NotEmpty(In<ContractFunction>(binding));
        Assert.All(In<ContractFunction>(binding), f => Assert.Contains(f.Signature, declared));
        Assert.All(In<ContractEvent>(binding), e => Assert.Contains(e.Signature, declared));
    }

    /// <summary>Signatures of one kind in the compiled contract's interface.</summary>
    private static List<string> Declared(string contract, string kind)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(CompiledContract.OutFolder, contract + ".json")));
        List<string> declared = [];
        foreach (JsonElement item in artifact.RootElement.GetProperty("abi").EnumerateArray())
        {
            if (item.GetProperty("type").GetString() == kind)
            {
                declared.Add(item.GetProperty("name").GetString()
                    + Tuple(item.GetProperty("inputs")));
            }
        }

        return declared;
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
