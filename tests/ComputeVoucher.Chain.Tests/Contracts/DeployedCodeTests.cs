using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The code of the contracts, byte by byte, against what this build deploys.</summary>
public sealed class DeployedCodeTests
{
    private static readonly VoucherDomain s_domain =
        new(31337, AddressOf("vouchers"), AddressOf("providers"));

    /// <summary>Every place of every immutable of both contracts.</summary>
    public static TheoryData<string, string, int> Places
    {
        get
        {
            TheoryData<string, string, int> places = [];
            foreach (DeployedCode contract in DeployedCode.Of(s_domain))
            {
                foreach (Immutable one in contract.Immutables)
                {
                    places.Add(contract.Name, one.Name, one.Offset);
                }
            }

            return places;
        }
    }

    [Fact]
    public void Immutables_AreThoseOfTheSources()
    {
        string[] ofEip712 =
        [
            "_cachedChainId", "_cachedDomainSeparator", "_cachedThis", "_hashedName",
            "_hashedVersion", "_name", "_version",
        ];
        Assert.Equal(ofEip712, NamesOf("Providers"));
        string[] ofVouchers = ["_metadata", .. ofEip712, "providers"];
        Assert.Equal(ofVouchers.Order(StringComparer.Ordinal), NamesOf("Vouchers"));
    }

    [Theory]
    [InlineData("Vouchers")]
    [InlineData("Providers")]
    public void Code_AsDeployed_IsTheSame(string contract)
    {
        DeployedCode wanted = Of(contract);
        Assert.Null(wanted.Difference(CompiledContract.Deploy(wanted.Name, s_domain)));
    }

    /// <summary>One bit of each, at the end of the word, as far from its first byte as possible.
    /// </summary>
    [Theory]
    [MemberData(nameof(Places))]
    public void Immutable_Changed_IsALineOfItsOwn(string contract, string name, int offset)
    {
        DeployedCode wanted = Of(contract);
        byte[] code = CompiledContract.Deploy(wanted.Name, s_domain);
        code[offset + Bytes32.Size - 1] ^= 1;
        string? line = wanted.Difference(code);
        Assert.Contains(
            $"{contract} {wanted.Address} was deployed with {name} = 0x", line,
            StringComparison.Ordinal);
        Assert.Contains("correct the addresses", line, StringComparison.Ordinal);
    }

    /// <summary>Each byte that is no immutable, in turn: all of them in a full run.</summary>
    [Theory]
    [InlineData("Vouchers")]
    [InlineData("Providers")]
    public void Instruction_Changed_IsAnotherContract(string contract)
    {
        DeployedCode wanted = Of(contract);
        byte[] code = CompiledContract.Deploy(wanted.Name, s_domain);
        HashSet<int> masked = [.. wanted.Immutables
            .SelectMany(one => Enumerable.Range(one.Offset, Bytes32.Size))];
        int every = Runs.IsFull ? 1 : 97;
        int changed = 0;
        for (int i = 0; i < code.Length; i += every)
        {
            if (masked.Contains(i))
            {
                continue;
            }

            code[i] ^= 1;
            Assert.Contains(
                $"{wanted.Address} is not this build's {contract}: as long, with other "
                + "instructions", wanted.Difference(code), StringComparison.Ordinal);
            code[i] ^= 1;
            changed++;
        }

        Assert.True(changed * every > code.Length / 2, $"{changed} bytes");
    }

    [Fact]
    public void Length_Other_IsAnotherContract()
    {
        DeployedCode wanted = Of("Providers");
        byte[] code = CompiledContract.Deploy(wanted.Name, s_domain);
        foreach (byte[] other in (byte[][])[[0x60], code[..^1], [.. code, 0]])
        {
            Assert.Contains(
                $"{other.Length} bytes of code where {code.Length} are wanted",
                wanted.Difference(other), StringComparison.Ordinal);
        }
    }

    private static DeployedCode Of(string contract) =>
        DeployedCode.Of(s_domain).Single(code => code.Name == contract);

    private static IEnumerable<string> NamesOf(string contract) =>
        Of(contract).Immutables.Select(one => one.Name).Distinct().Order(StringComparer.Ordinal);

    private static Address AddressOf(string word) =>
        new(Keccak256.Hash(System.Text.Encoding.UTF8.GetBytes(word)).Span[12..]);
}

/// <summary>The same of contracts that were deployed.</summary>
[Collection("anvil code")]
[Trait("Category", "load")]
public sealed class DeploymentGuardTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    [AnvilFact(NeedsContracts = true)]
    public async Task Guard_RealDeployment_IsAccepted()
    {
        ChainHealth health = await CheckAsync(chain.Domain);
        Assert.True(health.IsAccepting, health.Problem);
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Guard_AddressesSwappedOrOfAToken_IsRefusedByName()
    {
        VoucherDomain domain = chain.Domain;
        Address token = chain.Token.Address;
        foreach (VoucherDomain wrong in new[]
        {
            new VoucherDomain(domain.ChainId, domain.Providers, domain.Vouchers),
            new VoucherDomain(domain.ChainId, token, domain.Providers),
        })
        {
            await RefusedAsync(wrong, $"{wrong.Vouchers} is not this build's Vouchers");
        }

        await RefusedAsync(
            new VoucherDomain(domain.ChainId, domain.Vouchers, token),
            $"Vouchers {domain.Vouchers} was deployed with providers = ");
    }

    /// <summary>Changed on the chain itself, so that every endpoint tells the same.</summary>
    [AnvilFact(NeedsContracts = true)]
    public async Task Guard_OneByteOfTheChainsCodeChanged_StopsAcceptingUntilItIsBack()
    {
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url);
        EndpointGuard guard = new(rpc, chain.Domain, default);
        foreach (DeployedCode contract in DeployedCode.Of(chain.Domain))
        {
            byte[] code = CompiledContract.Deploy(contract.Name, chain.Domain);
            code[^1] ^= 1;
            await SetCodeAsync(contract.Address, code);
            ChainHealth health = await guard.CheckAsync(default);
            Assert.False(health.IsAccepting);
            Assert.True(guard.IsContradicted);
            Assert.Contains(
                $"this build's {contract.Name}", health.Problem, StringComparison.Ordinal);
            code[^1] ^= 1;
            await SetCodeAsync(contract.Address, code);
            health = await guard.CheckAsync(default);
            Assert.True(health.IsAccepting, health.Problem);
        }
    }

    private Task<JsonElement> SetCodeAsync(Address contract, byte[] code) => chain.Anvil.RpcAsync(
        "anvil_setCode", $"\"{Hex.Encode(contract.Span)}\",\"{Hex.Encode(code)}\"");

    private async Task<ChainHealth> CheckAsync(VoucherDomain domain)
    {
        using JsonRpcClient rpc = AnvilFixture.Client(chain.Anvil.Url);
        return await new EndpointGuard(rpc, domain, default).CheckAsync(default);
    }

    private async Task RefusedAsync(VoucherDomain domain, string words)
    {
        ChainHealth health = await CheckAsync(domain);
        Assert.False(health.IsAccepting);
        Assert.Contains(words, health.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', health.Problem!);
    }
}
