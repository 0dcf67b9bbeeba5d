using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A court is found by its code, and every contract of it is compared with this build's.
/// </summary>
public sealed class CourtAddressesTests
{
    private static readonly Address s_deployer =
        Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    private static readonly VoucherDomain s_domain = new(
        31337, CreatedAddress.Of(s_deployer, 1), CreatedAddress.Of(s_deployer, 0));

    private static readonly CourtAddresses s_court = CourtAddresses.Created(s_deployer, 2);

    /// <summary>anvil's first account, and what it is known to create first and second.</summary>
    [Theory]
    [InlineData(0, "0x5fbdb2315678afecb367f032d93f642f64180aa3")]
    [InlineData(1, "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512")]
    public void Created_KnownNonces_GiveTheKnownAddresses(ulong nonce, string address) =>
        Assert.Equal(Address.Parse(address), CreatedAddress.Of(s_deployer, nonce));

    [Fact]
    public void Created_EveryLengthOfNonce_IsTheHashOfItsRlp()
    {
        for (int bits = 0; bits < 64; bits++)
        {
            foreach (ulong nonce in (ulong[])[(1UL << bits) - 1, 1UL << bits])
            {
                byte[] number = ((System.Numerics.BigInteger)nonce)
                    .ToByteArray(isUnsigned: true, isBigEndian: true);
                byte[] list = Nethereum.RLP.RLP.EncodeList(
                    Nethereum.RLP.RLP.EncodeElement(s_deployer.ToArray()),
                    Nethereum.RLP.RLP.EncodeElement(nonce == 0 ? [] : number));
                Assert.Equal(
                    new Address(Keccak256.Hash(list).Span[12..]),
                    CreatedAddress.Of(s_deployer, nonce));
            }
        }
    }

    [Fact]
    public async Task Find_ThisBuilds_GivesAllOfThem() =>
        Assert.Equal(s_court, await FindAsync(Codes()));

    /// <summary>A bit of every contract: of its last instruction, and of every immutable.</summary>
    [Fact]
    public async Task Find_AnyContractChanged_SaysWhich()
    {
        foreach (DeployedCode contract in DeployedCode.Of(s_domain, s_court))
        {
            foreach (int at in contract.Immutables.Select(one => one.Offset + Bytes32.Size - 1)
                .Append(CompiledContract.Deploy(contract.Name, s_domain, s_court).Length - 1))
            {
                Dictionary<Address, byte[]> codes = Codes();
                codes[contract.Address][at] ^= 1;
                ChainException failure =
                    await Assert.ThrowsAsync<ChainException>(() => FindAsync(codes));
                Assert.Equal(ChainFault.Misconfigured, failure.Fault);
            }
        }
    }

    [Fact]
    public async Task Find_NoContract_SaysSo()
    {
        foreach (Address missing in Codes().Keys)
        {
            Dictionary<Address, byte[]> codes = Codes();
            codes[missing] = [];
            ChainException failure =
                await Assert.ThrowsAsync<ChainException>(() => FindAsync(codes));
            Assert.Contains($"{missing} is not this build's", failure.Message,
                StringComparison.Ordinal);
            Assert.Contains("0 bytes of code", failure.Message, StringComparison.Ordinal);
        }
    }

    private static Task<CourtAddresses> FindAsync(Dictionary<Address, byte[]> codes) =>
        CourtAddresses.FindAsync(
            s_domain, s_court.Court, at => Task.FromResult(codes.GetValueOrDefault(at, [])));

    private static Dictionary<Address, byte[]> Codes() => DeployedCode.Of(s_domain, s_court)
        .ToDictionary(
            contract => contract.Address,
            contract => CompiledContract.Deploy(contract.Name, s_domain, s_court));
}
