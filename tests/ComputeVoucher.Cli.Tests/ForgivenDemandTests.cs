using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What fails before a court does not keep a request from the rest of its work.</summary>
public sealed class ForgivenDemandTests
{
    private static readonly Bytes32 s_hash = Keccak256.Hash("sent"u8);

    /// <summary>A transaction that no block takes in time is no reason to leave the demands of
    /// earlier runs.</summary>
    [Fact]
    public async Task OutcomeUnknown_IsSaidWithItsHash_AndTheNextIsDone()
    {
        List<string> said = [];
        await OrderDemands.ForgiveAsync("not fetched", " (collect)", said.Add,
            () => throw new OutcomeUnknownException("share: sent", s_hash));
        await OrderDemands.ForgiveAsync("not continued", "", said.Add, () =>
        {
            said.Add("continued");
            return Task.CompletedTask;
        });
        Assert.Equal(
            [$"not fetched: share: sent (ask with: computevoucher tx {s_hash})", "continued"],
            said);
    }

    [Fact]
    public async Task ChainThatRefuses_IsSaidWithTheRemedy()
    {
        List<string> said = [];
        await OrderDemands.ForgiveAsync("not fetched", " (collect)", said.Add,
            () => throw new ChainException(ChainFault.Reverted, "no money"));
        Assert.Equal(["not fetched: no money (collect)"], said);
    }

    /// <summary>What is no word of the chain is nobody's to swallow.</summary>
    [Fact]
    public Task Interruption_GoesOn() => Assert.ThrowsAsync<OperationCanceledException>(
        () => OrderDemands.ForgiveAsync(
            "", "", _ => { }, () => throw new OperationCanceledException()));
}
