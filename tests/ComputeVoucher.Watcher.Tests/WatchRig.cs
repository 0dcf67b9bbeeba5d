using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>A market with a court, a real model admitted to it, one run of that, and a watcher that
/// lives as long as the test says.</summary>
[Trait("Category", "load")]
public abstract class WatchRig(ITestOutputHelper output) : IAsyncLifetime
{
    private protected virtual string ModelPath =>
        SharedData.PathOf("tflite", "ad", "model.tflite");

    private protected string Folder { get; } =
        Directory.CreateTempSubdirectory("watch").FullName;

    private protected ITestOutputHelper Output => output;

    private protected CourtMarket Market { get; private set; } = null!;

    private protected IModel Model { get; private set; } = null!;

    private protected RecordedRun Own { get; private set; } = null!;

    /// <summary>Transactions that the watcher has sent, in order.</summary>
    private protected List<string> Sent { get; } = [];

    /// <summary>What is sent next of this kind finds no endpoint, once.</summary>
    private protected string? Unsent { get; set; }

    /// <summary>What it has said.</summary>
    private protected List<string> Said { get; } = [];

    public async Task InitializeAsync()
    {
        if (CourtMarket.Missing is not null || !File.Exists(ModelPath))
        {
            return;
        }

        Market = await CourtMarket.StartAsync();
        Model = ModelFile.Open(ModelPath);
        await Market.AdmitAsync(Model);
        Own = RunOf(Model);
    }

    /// <summary>What is ordered, run honestly.</summary>
    private protected virtual RecordedRun RunOf(IModel model)
    {
        byte[] input = new byte[model.InputBytesMax];
        new Random(7).NextBytes(input);
        return RecordedRun.Of(model, input, 1);
    }

    public async Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        Own?.Dispose();
        Model?.Dispose();
        if (Market is not null)
        {
            await Market.DisposeAsync();
        }
    }

    private protected async Task<(CheatingNode Cheat, ChannelTerms Terms)> NewCheatAsync(
        bool honest = false, int element = 3, int? tensor = null, Address? hidden = null,
        PrivateKey? node = null)
    {
        node ??= await Market.NewNodeAsync();
        ChannelTerms terms = await Market.NewChannelAsync(node);
        RecordedRun run = honest
            ? Own : CheatingNode.Forge(Own, tensor ?? Own.Trace.Count / 2, element);
        return (new CheatingNode(Market, node, run) { Hidden = hidden }, terms);
    }

    /// <summary>Passes of a watcher of its own until nothing is left to send.</summary>
    private protected async Task<WatchPass> RunAsync(
        Func<Task> provider, Func<IModel>? open = null, string? folder = null, int dieAt = 0,
        bool isBefore = false, WatchedNodes? nodes = null)
    {
        using WatchStore store = WatchStore.Open(
            Path.Combine(folder ?? Folder, "watch.db"), seed: 1);
        using WatchedModels models = new();
        models.Add(open ?? (() => ModelFile.Open(ModelPath)));
        int sends = 0;
        bool isUnsent = false;
        WatchOptions options = new()
        {
            Domain = Market.Domain,
            Evidence = folder ?? Folder,
            Account = Market.Watcher.Address,
            Nodes = nodes,
            Say = line =>
            {
                Said.Add(line);
                output.WriteLine(line);
            },
        };
        using Watch watch = new(
            options, store, models, Market.Rpc,
            async (kind, to, data, value, _) =>
            {
                if (kind == Unsent)
                {
                    (Unsent, isUnsent) = (null, true);
                    throw new ChainException(ChainFault.Unreachable, "no endpoint answers");
                }

                bool dies = ++sends == dieAt;
                if (dies && isBefore)
                {
                    throw new KilledException();
                }

                TransactionReceipt receipt =
                    await Market.SendAsync(Market.Watcher, to, data, value);
                Sent.Add(kind);
                output.WriteLine($"  {kind}: {receipt.GasUsed} gas");
                if (dies)
                {
                    throw new KilledException();
                }
            },
            Market.Clock);
        WatchPass pass;
        do
        {
            isUnsent = false;
            pass = await watch.StepAsync(default);
            await provider();
        }
        while (pass.Sent || isUnsent);

        return pass;
    }

    /// <summary>Collected, the share some days after the verdict.</summary>
    private protected async Task IsCollectedAsync(ChannelTerms terms, string? folder = null)
    {
        await Market.PassAsync(TimeSpan.FromSeconds(CourtLimits.ShareSeconds));
        WatchPass last = await RunAsync(() => Task.CompletedTask, folder: folder);
        Assert.Equal((1, 0), (last.Convicted, last.Failures));
        Assert.Equal(UInt256.Zero, await BondAsync(terms.Node));
        UInt256 refund = await RefundedAsync();
        Assert.True(refund > UInt256.Zero, "a refund");
        UInt256 share = await Market.Token.BalanceAsync(
            Market.Watcher.Address, BlockTag.Latest, default)
            + await Market.Token.BalanceAsync(Market.Holder.Address, BlockTag.Latest, default);
        Assert.True(share > UInt256.Zero, "a share");
        output.WriteLine($"refund {refund}");
        Assert.Equal((UInt128)0, await WeightAsync(terms));
    }

    /// <summary>What has come back to the holder, in all.</summary>
    private protected Task<UInt256> RefundedAsync() =>
        new VouchersContract(Market.Rpc, Market.Domain.Vouchers).EarnedAsync(
            Market.Holder.Address, Market.Class.Token, BlockTag.Latest, default);

    /// <summary>Of a channel's share; 0 once collected.</summary>
    private protected async Task<UInt128> WeightAsync(ChannelTerms terms) =>
        (await new CourtContract(Market.Rpc, Market.Court).ShareAsync(
            terms.Node, Market.Class.Token, 0, terms.HashStruct(), BlockTag.Latest, default))
        .Weight;

    private protected async Task<UInt256> BondAsync(Address node)
    {
        ProvidersContract providers = new(Market.Rpc, Market.Domain.Providers);
        return (UInt256)(await providers.BondAsync(
            node, Market.Class.Token, Market.Court, BlockTag.Latest, default)).Amount;
    }
}
