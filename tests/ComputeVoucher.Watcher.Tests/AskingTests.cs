using System;
using System.Threading.Tasks;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>
/// The node is asked over the wire before anybody goes to the court: what it opens convicts it in
/// one transaction, a right answer ends a misunderstanding, and whatever else it does it is
/// disputed.
/// </summary>
[Trait("Category", "load")]
public sealed class AskingTests(ITestOutputHelper output) : WatchRig(output)
{
    /// <summary>1. A value is flipped in the middle of the network. 2. The node opens its run down
    /// to it. 3. One transaction convicts, and no dispute was opened.</summary>
    [CourtFact]
    public async Task WhatItOpens_ConvictsInOneTransaction()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.InRange(talking.Asked, 2, 4);
        Assert.Equal(["convict", "refund"], Sent);
        await IsCollectedAsync(terms);
    }

    /// <summary>The same where the receipt has no root: the node says it when it is asked.
    /// </summary>
    [CourtFact]
    public async Task WithheldRoot_IsSaid_AndItsTraceJudged()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });
        await using TalkingNode talking = new(Market, key, cheat.Run);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>An input of the trace is another one than was ordered.</summary>
    [CourtFact]
    public async Task OtherInput_IsOpened_AndConvicts()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync(tensor: 0);
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>1. A receipt of another output, and no root. 2. Asked, the node says the right one:
    /// that contradicts its output. 3. No dispute stands in the way of the share.</summary>
    [CourtFact]
    public async Task WrongOutput_ThenTheRightRoot_NeedsNoDispute()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync(honest: true);
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });
        await using TalkingNode talking = new(Market, key, Own);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(1, talking.Asked);
        Assert.Equal(["convict", "refund"], Sent);
        await IsCollectedAsync(terms);
    }

    /// <summary>1. The order wanted a root, and the receipt has none. 2. Asked, the node says the
    /// right one: nothing is wrong, and nothing reaches the chain, in a later life neither.
    /// </summary>
    [CourtFact]
    public async Task Misunderstanding_EndsBeforeTheChain()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync(honest: true);
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.TraceRootWanted, r => r with { TraceRoot = default });
        await using (TalkingNode talking = new(Market, key, Own))
        {
            WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());
            Assert.Equal((0, 0), (last.Convicted, last.Failures));
        }

        Assert.Equal(0, (await RunAsync(cheat.MoveAsync)).Wrong);
        Assert.Empty(Sent);
        Assert.Equal(CourtMarket.Bond, await BondAsync(terms.Node));
    }

    /// <summary>A node that signs one root in its receipt and another one when it is asked has told
    /// two stories.</summary>
    [CourtFact]
    public async Task AnotherRootThanTheReceipts_IsEquivocation()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, Own);

        WatchPass last = await RunAsync(cheat.MoveAsync, nodes: talking.Ask());

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
        Assert.Contains(Said, line => line.EndsWith("Equivocation", StringComparison.Ordinal));
    }

    /// <summary>Also where the second story comes later, and the watcher dies before he can use it:
    /// both are in his store.</summary>
    [CourtFact]
    public async Task SecondStory_OutlivesTheProcess()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await using (TalkingNode talking = new(Market, key, cheat.Run, Manner.ChangesItsStory))
        {
            await Assert.ThrowsAsync<KilledException>(() => RunAsync(
                cheat.MoveAsync, nodes: talking.Ask(), dieAt: 1, isBefore: true));
            Assert.Equal(2, talking.Asked);
        }

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>Who refuses, makes things up, or is not there is disputed, and loses.</summary>
    [CourtFact]
    public async Task WhoDoesNotAnswer_IsDisputed()
    {
        foreach (Manner manner in new[] { Manner.Refuses, Manner.MakesUp })
        {
            (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
            string folder = $"{Folder}/{manner}";
            await cheat.ServeAsync(terms, 5, folder, OrderFlags.TraceRootWanted);
            await using TalkingNode talking = new(Market, key, cheat.Run, manner);
            Sent.Clear();

            WatchPass last = await RunAsync(
                cheat.MoveAsync, folder: folder, nodes: talking.Ask());

            Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
            Assert.Equal(1, talking.Asked);
            Assert.Equal("dispute", Sent[0]);
            Assert.DoesNotContain("convict", Sent);
        }
    }

    /// <summary>1. Another node listens at the address. 2. The dispute is opened all the same.
    /// </summary>
    [CourtFact]
    public async Task AnotherNode_IsNotAsked()
    {
        (CheatingNode cheat, ChannelTerms terms, _) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("other"u8).Span);
        await using TalkingNode talking = new(Market, stranger, cheat.Run);

        Task<WatchPass> run = RunAsync(cheat.MoveAsync, nodes: talking.Ask());
        WatchPass last = await PassingAsync(talking, run, 30);

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal((0, "dispute"), (talking.Asked, Sent[0]));
    }

    /// <summary>A node that takes the question and never answers costs nine minutes, once: the
    /// second order is disputed without a question.</summary>
    [CourtFact]
    public async Task Silence_CostsItsTimeOnce()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await cheat.ServeAsync(terms, 6, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run, Manner.IsSilent);

        Task<WatchPass> run = RunAsync(() => Task.CompletedTask, nodes: talking.Ask());
        await Patience.UntilAsync(() => talking.Asked == 1);
        WatchPass waiting = await PassingAsync(talking, run, 9 * 60);

        Assert.Equal((2, 0), (waiting.Open, waiting.Failures));
        Assert.Equal(1, talking.Asked);
    }

    /// <summary>A node that makes things up about one order is not asked about the next.
    /// </summary>
    [CourtFact]
    public async Task WhatIsMadeUp_IsListenedToOnce()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await cheat.ServeAsync(terms, 6, Folder, OrderFlags.TraceRootWanted);
        await using TalkingNode talking = new(Market, key, cheat.Run, Manner.MakesUp);

        WatchPass last = await RunAsync(() => Task.CompletedTask, nodes: talking.Ask());

        Assert.Equal((2, 0), (last.Open, last.Failures));
        Assert.Equal(1, talking.Asked);
    }

    /// <summary>Right answers of four minutes each: the nine minutes are over in the third, and the
    /// fourth order is disputed without a question.</summary>
    [CourtFact]
    public async Task SlowAnswers_HaveNineMinutesInAll()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync(honest: true);
        for (ulong seq = 5; seq < 9; seq++)
        {
            await cheat.ServeAsync(terms, seq, Folder, OrderFlags.TraceRootWanted,
                r => r with { TraceRoot = default });
        }

        await using TalkingNode talking = new(Market, key, Own, Manner.IsSlow);

        Task<WatchPass> run = RunAsync(() => Task.CompletedTask, nodes: talking.Ask());
        WatchPass last = await PassingAsync(talking, run, 60 * 60);

        Assert.Equal(0, last.Failures);
        Assert.InRange(talking.Asked, 1, 3);
        Assert.Contains("dispute", Sent);
    }

    /// <summary>1. While the node is asked about one order, the time to dispute the other one runs
    /// out but for half an hour. 2. That one is disputed without a question.</summary>
    [CourtFact]
    public async Task TimeThatATalkTook_IsSeenByTheNextOrder()
    {
        (CheatingNode cheat, ChannelTerms terms, PrivateKey key) = await NewAsync(honest: true);
        ulong deadline = 0;
        for (ulong seq = 5; seq < 7; seq++)
        {
            (Order order, _) = await cheat.ServeAsync(terms, seq, Folder,
                OrderFlags.TraceRootWanted, r => r with { TraceRoot = default });
            deadline = order.Deadline;
        }

        DateTimeOffset last = DateTimeOffset.FromUnixTimeSeconds((long)deadline)
            .AddSeconds(CourtLimits.OpenSeconds).AddMinutes(-30);
        await using TalkingNode talking = new(Market, key, Own)
        {
            Thinks = () => Market.PassAsync(last - Market.Clock.GetUtcNow()),
        };

        WatchPass pass = await RunAsync(() => Task.CompletedTask, nodes: talking.Ask());

        Assert.Equal((1, 0), (pass.Open, pass.Failures));
        Assert.Equal(1, talking.Asked);
    }

    private async Task<(CheatingNode, ChannelTerms, PrivateKey)> NewAsync(
        bool honest = false, int? tensor = null)
    {
        PrivateKey key = await Market.NewNodeAsync();
        (CheatingNode cheat, ChannelTerms terms) =
            await NewCheatAsync(honest, tensor: tensor, node: key);
        return (cheat, terms, key);
    }

    /// <summary>While the watcher runs, so many seconds of the wire's time pass.</summary>
    private static async Task<WatchPass> PassingAsync(
        TalkingNode talking, Task<WatchPass> run, int seconds)
    {
        await Patience.UntilAsync(() =>
        {
            if (seconds-- > 0)
            {
                talking.Clock.Advance(1);
            }

            return run.IsCompleted;
        });
        return await run;
    }
}
