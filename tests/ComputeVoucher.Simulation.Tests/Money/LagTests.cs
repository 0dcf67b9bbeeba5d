using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>An endpoint that is some blocks behind, on a chain whose finality is not.</summary>
[Trait("Category", "load")]
public sealed class LagTests
{
    private const ulong Lag = 7;
    private const ulong Thaw = 10_800;
    private const ulong Gwei = 1_000_000_000;

    /// <summary>What it shows as due is redeemed and final: of two answers one is half, and would
    /// have it paid for again.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Redemption_FinalBeforeOneOfTwoHasIt_PaidOnce(int late)
    {
        VoucherDomain domain = new(
            31337, new Address(Keccak256.Hash("vouchers"u8).Span[12..]), default);
        VoucherClass terms = new(
            default, 2_000_000, 4_000_000_000, (uint)Thaw, 0, 0, 0, default, default);
        ManualClock clock = new();
        List<SimulatedView> views = [new(), new()];
        SimulatedChain chain = new(domain, new Prng(1), failuresPercent: 0)
        {
            Settles = terms,
            BaseFee = Gwei,
            FinalLag = 2,
            Genesis = (ulong)clock.GetUtcNow().ToUnixTimeSeconds() - 12,
        };
        using PoolNode node = new(
            chain, views, domain, terms, PoolPromises.Limits, clock);
        ChannelTerms channel = new(
            default, PoolNode.Address, default, terms.HashStruct(), Keccak256.Hash("salt"u8));
        chain.Open(channel, 100_000_000_000);
        for (int block = 0; block < 60; block++)
        {
            chain.Mine();
            clock.Advance(12);
            views[late].FrozenAt = chain.Head - Math.Min(chain.Head, Lag);
            await node.Service.StepAsync(default);
            if (block == 20)
            {
                node.Store.SetAck(
                    new Ack(channel.HashStruct(), 50_000_000_000, 1), default);
            }
        }

        Assert.Single(chain.Mined);
        Assert.Equal(
            (UInt128)50_000_000_000, chain.Amounts(channel.HashStruct()).Redeemed);
    }
}
