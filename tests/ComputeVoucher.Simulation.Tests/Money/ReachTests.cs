using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>How a node that serves finds its chain.</summary>
[Trait("Category", "load")]
public sealed class ReachTests
{
    private static readonly VoucherDomain s_domain = new(
        31337, Address.Parse("0x" + new string('a', 40)),
        Address.Parse("0x" + new string('b', 40)));

    [Fact]
    public async Task Reach_HeaderOfTheConfiguration_GoesWithEveryRequest()
    {
        using PrivateKey payer = PrivateKey.FromBytes(Keccak256.Hash("payer"u8).Span);
        NodeOptions options = SimulatedNode.Options(s_domain, new ServicePolicy()) with
        {
            RpcHeaders = ["Authorization: Bearer token"],
        };
        SimulatedChain chain = new(s_domain, new Prng(1), failuresPercent: 0);
        List<string?> seen = [];
        using ChainParts parts = await ChainParts.ReachAsync(
            options, payer, new ManualClock(), _ => { }, default,
            () => new Watched(seen, chain.Connect()));
        Assert.NotEmpty(seen);
        Assert.All(seen, header => Assert.Equal("Bearer token", header));
    }

    [Fact]
    public async Task Reach_HeadStandsStill_ReachedAndSetAside()
    {
        using PrivateKey payer = PrivateKey.FromBytes(Keccak256.Hash("payer"u8).Span);
        NodeOptions options = SimulatedNode.Options(s_domain, new ServicePolicy());
        options = options with
        {
            Follow = options.Follow with { HeadAgeMax = TimeSpan.FromSeconds(120) },
        };
        SimulatedChain chain = new(s_domain, new Prng(1), failuresPercent: 0);
        using ChainParts parts = await ChainParts.ReachAsync(
            options, payer, new ManualClock(), _ => { }, default, chain.Connect);
        Assert.Equal(0, parts.Guard.Health.EndpointsAlive);
        Assert.Contains("stands still", parts.Guard.Health.Problem, StringComparison.Ordinal);
    }

    private sealed class Watched(List<string?> seen, HttpMessageHandler inner)
        : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add(request.Headers.Authorization?.ToString());
            return base.SendAsync(request, cancellationToken);
        }
    }
}
