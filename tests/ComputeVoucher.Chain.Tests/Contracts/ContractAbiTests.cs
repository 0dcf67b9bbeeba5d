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
    private static readonly (string Contract, Type Binding)[] s_bindings =
    [
        ("Vouchers", typeof(VouchersAbi)), ("Providers", typeof(ProvidersAbi)),
        ("DevStablecoin", typeof(Erc20Abi)), ("Court", typeof(CourtAbi)),
        ("Claims", typeof(ClaimsAbi)), ("Challenges", typeof(ChallengesAbi)),
        ("Disputes", typeof(DisputesAbi)), ("Contradictions", typeof(ContradictionsAbi)),
        ("Registry", typeof(RegistryAbi)), ("Disputes", typeof(FeesAbi)),
        ("Claims", typeof(FeesAbi)),
    ];

    /// <summary>Whose errors reach people, beside those that have a binding.</summary>
    private static readonly string[] s_others =
        ["GraphElements", "LanguageElements", "Languages", "Committee"];

    [Fact]
    public void Functions_EverySelector_IsTheHashOfItsSignature()
    {
        foreach (ContractFunction function in
            s_bindings.SelectMany(b => In<ContractFunction>(b.Binding)))
        {
            Assert.Equal(FunctionSelector.Of(function.Signature), function.Selector);
        }
    }

    [Fact]
    public void Events_EveryTopic_IsTheHashOfItsSignature()
    {
        foreach (ContractEvent item in s_bindings.SelectMany(b => In<ContractEvent>(b.Binding)))
        {
            Assert.Equal(FunctionSelector.Topic(item.Signature), item.Topic);
        }
    }

    [AnvilFact(NeedsContracts = true)]
    public void Bindings_EverySignature_IsInTheCompiledContract()
    {
        foreach ((string contract, Type binding) in s_bindings)
        {
            Check(contract, binding);
        }
    }

    /// <summary>An error without a sentence would reach people as a selector and bytes.</summary>
    [AnvilFact(NeedsContracts = true)]
    public void Errors_EveryOneOfTheContracts_HasASentence()
    {
        HashSet<string> known = [.. RevertReason.All.Select(reason => reason.Signature)];
        HashSet<string> declared = [];
        foreach (string contract in s_bindings.Select(b => b.Contract).Concat(s_others))
        {
            declared.UnionWith(Declared(contract, "error"));
        }

        Assert.Contains("NotThawed(uint40)", declared);
        Assert.Contains("NotOpen(uint256,uint256)", declared);
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
            types.Add(type.StartsWith("tuple", StringComparison.Ordinal)
                ? Tuple(input.GetProperty("components")) + type["tuple".Length..]
                : type);
        }

        return $"({string.Join(',', types)})";
    }
}
