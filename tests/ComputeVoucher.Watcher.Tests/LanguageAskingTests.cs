using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>The same of a language model, whose record has no end in its trace, and whose output is
/// a tree of its own.</summary>
[Trait("Category", "load")]
public sealed class LanguageAskingTests(ITestOutputHelper output) : WatchRig(output)
{
    private const uint Tokens = 4;

    private protected override string ModelPath => NodeRig.ShippedTales;

    private protected override RecordedRun RunOf(IModel model) => RecordedRun.Of(
        model, new InputRecord([1, 403, 407], Tokens, [2], SamplingOptions.Greedy).Encode(),
        Tokens);

    /// <summary>A number in the middle of the last token's layers.</summary>
    [CourtFact]
    public async Task WhatItOpens_ConvictsInOneTransaction()
    {
        PrivateKey key = await Market.NewNodeAsync();
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(
            tensor: CheatingNode.TensorOf(Own, "qkv"), node: key);
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>The trace is right, and the tokens that were sent are others.</summary>
    [CourtFact]
    public async Task OtherTokens_AreOpened_AndConvict()
    {
        PrivateKey key = await Market.NewNodeAsync();
        ChannelTerms terms = await Market.NewChannelAsync(key);
        byte[] tokens = new byte[Tokens * sizeof(int)];
        tokens[0] = 9;
        CheatingNode cheat = new(Market, key, Own.With(Own.Trace, tokens));
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(1, talking.Asked);
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>Another record than was ordered stands in the trace: nobody can open it, and it
    /// loses by silence before the court.</summary>
    [CourtFact]
    public async Task OtherRecord_IsDisputed()
    {
        PrivateKey key = await Market.NewNodeAsync();
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(tensor: 0, node: key);
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run);

        await RunAsync(() => Task.CompletedTask, nodes: talking.Ask());

        Assert.True(talking.Asked > 0);
        // The order costs more than its channel has paid: that much is put off, and once.
        Assert.Equal(["dispute", "defer"], Sent);
    }
}
