using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>What the chain shows of a holder's channels.</summary>
[Trait("Category", "load")]
public sealed class HolderAccountTests
{
    private static readonly Address s_vouchers = Address.Parse(
        "0x00000000000000000000000000000000000000a1");

    private static readonly Address s_holder = Address.Parse(
        "0x00000000000000000000000000000000000000b2");

    /// <summary>A stranger opens it with a unit, the holder opens it after him, and once more to
    /// add: three events, one channel.</summary>
    [Fact]
    public async Task Channels_OpenedAgain_AreEachListedOnce()
    {
        VoucherDomain domain = new(31337, s_vouchers, default);
        SimulatedChain chain = new(domain, new Prng(1), failuresPercent: 0);
        using JsonRpcClient rpc = new(new RpcOptions
        {
            Endpoints = [new Uri("http://endpoint.invalid")],
            HandlerFactory = () => chain.Connect(new SimulatedView()),
        }, new ManualClock());
        ChannelTerms[] terms =
        [
            new(s_holder, default, default, default, Keccak256.Hash("one"u8)),
            new(s_holder, default, default, default, Keccak256.Hash("two"u8)),
        ];
        chain.Open(terms[0], 1);
        chain.Open(terms[1], 7);
        chain.Open(terms[0], 1_000);
        chain.Open(terms[0], 1_000);
        chain.Mine();
        List<ChannelTerms> found = await HolderAccount.ChannelsAsync(
            rpc, s_vouchers, s_holder, 0, default);
        Assert.Equal(terms, found);
        Assert.Equal(terms[0], await HolderAccount.ChannelAsync(
            rpc, s_vouchers, terms[0].HashStruct(), 0, default));
    }
}
