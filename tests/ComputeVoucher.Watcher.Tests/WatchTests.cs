using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>
/// The watcher against nodes that cheat, with a real model, a real chain and the real court: slash,
/// refund and share are collected, whatever the node does and wherever the watcher is killed.
/// </summary>
[Trait("Category", "load")]
public sealed class WatchTests(ITestOutputHelper output) : WatchRig(output)
{
    /// <summary>1. A node flips a value in the middle of the network and answers from that.
    /// 2. The watcher descends to the element and proves it. 3. Bond, refund and share.</summary>
    [CourtFact]
    public async Task FlippedValue_NodeAnswers_IsSlashedRefundedAndShared()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.InRange(cheat.Answers, 2, 4);
        await IsCollectedAsync(terms);
    }

    /// <summary>1. The same node stays silent. 2. The watcher waits until its time is over.
    /// </summary>
    [CourtFact]
    public async Task FlippedValue_NodeIsSilent_IsSlashed()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);

        WatchPass waiting = await RunAsync(() => Task.CompletedTask);
        Assert.Equal((1, 0), (waiting.Open, waiting.Convicted));
        await Market.PassAsync(TimeSpan.FromDays(8));
        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((1, 0), (last.Convicted, last.Open));
        // The batch was due after five days: what the order cost was put off.
        await IsCollectedAsync(terms);
    }

    /// <summary>Without a trace root in the receipt it is asked for first.</summary>
    [CourtFact]
    public async Task WithheldRoot_IsAskedFor_AndItsTraceJudged()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        // The output is another one too: else nobody could know without the trace.
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal(1, last.Convicted);
        Assert.InRange(cheat.Answers, 3, 5);
    }

    /// <summary>1. The same node answers through a contract that builds its calls inside. 2. The
    /// watcher reads statement and nodes where the court repeats them.</summary>
    [CourtFact]
    public async Task HiddenAnswers_AreReadAllTheSame()
    {
        (CheatingNode cheat, ChannelTerms terms) =
            await NewCheatAsync(hidden: await Market.HideAsync());
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.InRange(cheat.Answers, 3, 5);
        await IsCollectedAsync(terms);
    }

    /// <summary>1. A receipt of another output, and no root. 2. Asked for it, the node states the
    /// right one. 3. That contradicts its output at once.</summary>
    [CourtFact]
    public async Task WrongOutput_ThenTheRightRoot_IsConvictedByTheOutput()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        // The dispute of the trace is ended at once: share and deposit wait for nothing.
        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(1, cheat.Answers);
        Assert.Equal(UInt256.Zero, await BondAsync(terms.Node));
        await IsCollectedAsync(terms);
        Assert.Equal(
            UInt256.Zero, await Market.Rpc.BalanceAsync(
                Market.Disputes.Address, BlockTag.Latest, default));
    }

    [CourtFact]
    public async Task WrongUnits_AreConvictedAtOnce()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.TraceRootWanted, r => r with { Units = r.Units + 1 });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0), (last.Convicted, cheat.Answers));
        await IsCollectedAsync(terms);
    }

    [CourtFact]
    public async Task HonestNode_IsLeftAlone()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await cheat.ServeAsync(terms, 6, Folder, OrderFlags.None);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((2, 0, 0), (last.Orders, last.Wrong, last.Failures));
        Assert.Equal(CourtMarket.Bond, await BondAsync(terms.Node));
        Assert.Equal(0UL, await Market.Disputes.CountAsync(BlockTag.Latest, default));
    }

    /// <summary>1. A node refuses an order. 2. It claims it all the same, with an output of its
    /// own making.</summary>
    [CourtFact]
    public async Task RefusedThenClaimed_IsConvicted()
    {
        (CheatingNode cheat, ChannelTerms terms) =
            await NewCheatAsync(tensor: Own.Trace.Count - 1);
        Order order = await cheat.OrderAsync(terms, 5, OrderFlags.TraceRootWanted);
        await cheat.KeepAsync(terms, order, Folder, receipt: null);
        Assert.Equal(0, (await RunAsync(cheat.MoveAsync)).Wrong);
        await cheat.ClaimAsync(terms, order);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal(1, last.Convicted);
        await IsCollectedAsync(terms);
    }

    /// <summary>1. A Cancel comes before the first step, and a receipt of no steps. 2. The node
    /// claims the whole run. 3. The smaller receipt wins: a refund, and no slash.</summary>
    [CourtFact]
    public async Task SmallerReceipt_Wins()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        Order order = await cheat.OrderAsync(terms, 5, OrderFlags.TraceRootWanted);
        Receipt nothing = new(
            order.HashStruct(), 0, OutputInfo.Nothing.OutputRoot, default, 0);
        await cheat.KeepAsync(terms, order, Folder, nothing, isCancelled: true);
        Assert.Equal(0, (await RunAsync(cheat.MoveAsync)).Wrong);
        await cheat.ClaimAsync(terms, order);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((0, 0), (last.Convicted, last.Failures));
        Assert.Equal(CourtMarket.Bond, await BondAsync(terms.Node));
        Assert.Equal(Model.Costs.Run(0, 1, WantedProofs.None), await RefundedAsync());
    }

    /// <summary>1. The node claims more than its receipt. 2. No endpoint takes the smaller one.
    /// 3. It is shown at the next look.</summary>
    [CourtFact]
    public async Task SmallerReceipt_ThatNobodyTook_IsShownAgain()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        Order order = await cheat.OrderAsync(terms, 5, OrderFlags.TraceRootWanted);
        await cheat.KeepAsync(terms, order, Folder, new Receipt(
            order.HashStruct(), 0, OutputInfo.Nothing.OutputRoot, default, 0), isCancelled: true);
        await cheat.ClaimAsync(terms, order);
        Unsent = "smaller";

        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((0, 0), (last.Convicted, last.Failures));
        Assert.Equal(["smaller", "refund"], Sent);
    }

    /// <summary>What the order cost is put off at the next look where no endpoint took it.
    /// </summary>
    [CourtFact]
    public async Task MoneyThatNobodyPutOff_IsPutOffLater()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        Unsent = "defer";

        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((1, 0), (last.Open, last.Failures));
        Assert.Equal(["dispute", "defer"], Sent);
    }

    /// <summary>A clock that is apart from the chain's: nothing is opened.</summary>
    [CourtFact]
    public async Task ClockApart_NothingIsOpened()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        Market.Clock.Ahead = TimeSpan.FromHours(2);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0, 0), (last.Wrong, last.Open, last.Convicted));
    }

    /// <summary>A model file that has changed since: nothing is opened.</summary>
    [CourtFact]
    public async Task ModelFileChanged_NothingIsOpened()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        int opened = 0;

        WatchPass last = await RunAsync(cheat.MoveAsync, () => ModelFile.Open(
            opened++ == 0 ? ModelPath : SharedData.PathOf("tflite", "kws", "model.tflite")));

        Assert.Equal((1, 0, 1), (last.Wrong, last.Convicted, last.Failures));
    }

    /// <summary>
    /// The process dies before or behind every transaction in turn; what comes after it goes on
    /// from the chain, and no case is lost.
    /// </summary>
    [CourtFact]
    public async Task KilledBetweenMoves_LosesNoCase()
    {
        int points = Runs.Count(4, 50);
        for (int point = 0; point < points; point++)
        {
            string folder = Path.Combine(Folder, $"{point}");
            (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(
                element: 3 + point, tensor: 1 + point % (Own.Trace.Count - 2));
            await cheat.ServeAsync(terms, 5, folder, OrderFlags.TraceRootWanted);
            int deaths = 0;
            WatchPass last = new();
            for (int life = 0; life < 60 && last.Convicted == 0; life++)
            {
                try
                {
                    last = await RunAsync(
                        cheat.MoveAsync, folder: folder, dieAt: 1 + (point + life) % 3,
                        isBefore: (point + life) % 2 == 0);
                }
                catch (KilledException)
                {
                    deaths++;
                }
            }

            Output.WriteLine($"point {point}: {deaths} deaths");
            Assert.True(deaths > 0);
            last = await RunAsync(cheat.MoveAsync, folder: folder);
            Assert.Equal(1, last.Convicted);
            await IsCollectedAsync(terms, folder);
        }
    }

    /// <summary>R20: a watcher who is named for a model that he does not hold says so, counts its
    /// orders, and disputes nothing that he could not prove.</summary>
    [CourtFact]
    public async Task test_courtClassWantsWeightsThatTheWatcherHolds()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);

        WatchPass last = await RunAsync(cheat.MoveAsync, () => ModelFile.Open(
            SharedData.PathOf("tflite", "kws", "model.tflite")));

        Assert.Equal((1, 1, 0), (last.Orders, last.NotHeld, last.Wrong));
        Assert.Empty(Sent);
        Assert.Contains(Said, line => line.Contains(
            "weights not held: its orders are not disputable", StringComparison.Ordinal));
        Assert.Equal(0, (await RunAsync(cheat.MoveAsync)).NotHeld);
        Assert.NotEmpty(Sent);
    }
}
