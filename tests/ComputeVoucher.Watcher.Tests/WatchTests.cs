using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
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
public sealed class WatchTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("watch").FullName;

    private CourtMarket _market = null!;
    private GraphModel _model = null!;
    private RecordedRun _own = null!;

    private static string ModelPath => SharedData.PathOf("tflite", "ad", "model.tflite");

    public async Task InitializeAsync()
    {
        if (CourtMarket.Missing is not null || !File.Exists(ModelPath))
        {
            return;
        }

        _market = await CourtMarket.StartAsync();
        _model = (GraphModel)ModelFile.Open(ModelPath);
        await _market.AdmitAsync(_model);
        byte[] input = new byte[_model.InputBytesMax];
        new Random(7).NextBytes(input);
        _own = RecordedRun.Of(_model, input, 1);
    }

    public async Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        _own?.Dispose();
        _model?.Dispose();
        if (_market is not null)
        {
            await _market.DisposeAsync();
        }
    }

    /// <summary>1. A node flips a value in the middle of the network and answers from that.
    /// 2. The watcher descends to the element and proves it. 3. Bond, refund and share.</summary>
    [CourtFact]
    public async Task FlippedValue_NodeAnswers_IsSlashedRefundedAndShared()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, _folder, OrderFlags.TraceRootWanted);

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
        await cheat.ServeAsync(terms, 5, _folder, OrderFlags.TraceRootWanted);

        WatchPass waiting = await RunAsync(() => Task.CompletedTask);
        Assert.Equal((1, 0), (waiting.Open, waiting.Convicted));
        await _market.PassAsync(TimeSpan.FromDays(8));
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
            terms, 5, _folder, OrderFlags.None,
            r => r with { OutputRoot = Keccak256.Hash([1]) });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal(1, last.Convicted);
        Assert.InRange(cheat.Answers, 3, 5);
    }

    [CourtFact]
    public async Task WrongUnits_AreConvictedAtOnce()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        await cheat.ServeAsync(
            terms, 5, _folder, OrderFlags.TraceRootWanted, r => r with { Units = r.Units + 1 });

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0), (last.Convicted, cheat.Answers));
        await IsCollectedAsync(terms);
    }

    [CourtFact]
    public async Task HonestNode_IsLeftAlone()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        await cheat.ServeAsync(terms, 5, _folder, OrderFlags.TraceRootWanted);
        await cheat.ServeAsync(terms, 6, _folder, OrderFlags.None);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((2, 0, 0), (last.Orders, last.Wrong, last.Failures));
        Assert.Equal(CourtMarket.Bond, await BondAsync(terms.Node));
        Assert.Equal(0UL, await _market.Disputes.CountAsync(BlockTag.Latest, default));
    }

    /// <summary>1. A node refuses an order. 2. It claims it all the same, with an output of its
    /// own making.</summary>
    [CourtFact]
    public async Task RefusedThenClaimed_IsConvicted()
    {
        (CheatingNode cheat, ChannelTerms terms) =
            await NewCheatAsync(tensor: _own.Trace.Count - 1);
        Order order = await cheat.OrderAsync(terms, 5, OrderFlags.TraceRootWanted);
        await cheat.KeepAsync(terms, order, _folder, receipt: null);
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
        await cheat.KeepAsync(terms, order, _folder, nothing, isCancelled: true);
        Assert.Equal(0, (await RunAsync(cheat.MoveAsync)).Wrong);
        await cheat.ClaimAsync(terms, order);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((0, 0), (last.Convicted, last.Failures));
        Assert.Equal(CourtMarket.Bond, await BondAsync(terms.Node));
        VouchersContract vouchers = new(_market.Rpc, _market.Domain.Vouchers);
        Assert.Equal(
            _model.Costs.Run(0, 1, WantedProofs.None),
            await vouchers.EarnedAsync(
                _market.Holder.Address, _market.Class.Token, BlockTag.Latest, default));
    }

    /// <summary>A clock that is apart from the chain's: nothing is opened.</summary>
    [CourtFact]
    public async Task ClockApart_NothingIsOpened()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, _folder, OrderFlags.TraceRootWanted);
        _market.Clock.Ahead = TimeSpan.FromHours(2);

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 0, 0), (last.Wrong, last.Open, last.Convicted));
    }

    /// <summary>A model file that has changed since: nothing is opened.</summary>
    [CourtFact]
    public async Task ModelFileChanged_NothingIsOpened()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, _folder, OrderFlags.TraceRootWanted);
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
            string folder = Path.Combine(_folder, $"{point}");
            (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(
                element: 3 + point, tensor: 1 + point % (_own.Trace.Count - 2));
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

            output.WriteLine($"point {point}: {deaths} deaths");
            Assert.True(deaths > 0);
            last = await RunAsync(cheat.MoveAsync, folder: folder);
            Assert.Equal(1, last.Convicted);
            await IsCollectedAsync(terms, folder);
        }
    }

    private async Task<(CheatingNode Cheat, ChannelTerms Terms)> NewCheatAsync(
        bool honest = false, int element = 3, int? tensor = null)
    {
        PrivateKey node = await _market.NewNodeAsync();
        ChannelTerms terms = await _market.NewChannelAsync(node);
        RecordedRun run = honest
            ? _own : CheatingNode.Forge(_own, tensor ?? _own.Trace.Count / 2, element);
        return (new CheatingNode(_market, node, run), terms);
    }

    /// <summary>Passes of a watcher of its own until nothing is left to send.</summary>
    private async Task<WatchPass> RunAsync(
        Func<Task> provider, Func<IModel>? open = null, string? folder = null, int dieAt = 0,
        bool isBefore = false)
    {
        using WatchStore store = WatchStore.Open(
            Path.Combine(folder ?? _folder, "watch.db"), seed: 1);
        using WatchedModels models = new();
        models.Add(open ?? (() => ModelFile.Open(ModelPath)));
        int sends = 0;
        WatchOptions options = new()
        {
            Domain = _market.Domain,
            Evidence = folder ?? _folder,
            Account = _market.Watcher.Address,
            Say = output.WriteLine,
        };
        using Watch watch = new(
            options, store, models, _market.Rpc,
            async (kind, to, data, value, _) =>
            {
                bool dies = ++sends == dieAt;
                if (dies && isBefore)
                {
                    throw new KilledException();
                }

                TransactionReceipt receipt =
                    await _market.SendAsync(_market.Watcher, to, data, value);
                output.WriteLine($"  {kind}: {receipt.GasUsed} gas");
                if (dies)
                {
                    throw new KilledException();
                }
            },
            _market.Clock);
        WatchPass pass;
        do
        {
            pass = await watch.StepAsync(default);
            await provider();
        }
        while (pass.Sent);

        return pass;
    }

    /// <summary>Collected, the share some days after the verdict.</summary>
    private async Task IsCollectedAsync(ChannelTerms terms, string? folder = null)
    {
        await _market.PassAsync(TimeSpan.FromSeconds(CourtLimits.ShareSeconds));
        WatchPass last = await RunAsync(() => Task.CompletedTask, folder: folder);
        Assert.Equal((1, 0), (last.Convicted, last.Failures));
        Assert.Equal(UInt256.Zero, await BondAsync(terms.Node));
        VouchersContract vouchers = new(_market.Rpc, _market.Domain.Vouchers);
        UInt256 refund = await vouchers.EarnedAsync(
            _market.Holder.Address, _market.Class.Token, BlockTag.Latest, default);
        Assert.True(refund > UInt256.Zero, "a refund");
        UInt256 share = await _market.Token.BalanceAsync(
            _market.Watcher.Address, BlockTag.Latest, default)
            + await _market.Token.BalanceAsync(_market.Holder.Address, BlockTag.Latest, default);
        Assert.True(share > UInt256.Zero, "a share");
        output.WriteLine($"refund {refund}");
        CourtContract court = new(_market.Rpc, _market.Court);
        Assert.Equal(
            default, (await court.ShareAsync(
                terms.Node, _market.Class.Token, 0, terms.HashStruct(), BlockTag.Latest,
                default)).Weight);
    }

    private async Task<UInt256> BondAsync(Address node)
    {
        ProvidersContract providers = new(_market.Rpc, _market.Domain.Providers);
        return (UInt256)(await providers.BondAsync(
            node, _market.Class.Token, _market.Court, BlockTag.Latest, default)).Amount;
    }
}

/// <summary>A fact that needs anvil, the compiled contracts and a real model.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CourtFactAttribute : FactAttribute
{
    public CourtFactAttribute() => Skip = CourtMarket.Missing
        ?? (SharedData.Exists("tflite/ad") ? null : "../shared/data/tflite/ad is absent");
}
