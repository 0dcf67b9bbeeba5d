using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Fraud;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>What comes in after a verdict, whoever brought it about: refund, share and deposits, to
/// the last base unit, and each said.</summary>
[Trait("Category", "load")]
public sealed class CollectingTests(ITestOutputHelper output) : WatchRig(output)
{
    private UInt256 Price => Model.Costs.Run(0, 1, WantedProofs.None);

    /// <summary>1. A node convicts itself of a receipt of one unit. 2. The watcher shows the one
    /// that the holder has. 3. All of it comes back.</summary>
    [CourtFact]
    public async Task SelfConviction_ByTheCheapestReceipt_IsRaised()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        (Order order, Receipt receipt) = await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.TraceRootWanted);
        Brief brief = new(Market.Class, terms, order,
            Market.Spender.Sign(order.Digest(Market.Domain.VouchersSeparator)));
        Address contradictions = (await new CourtContract(Market.Rpc, Market.Court)
            .PartsAsync(BlockTag.Latest, default)).Contradictions;
        await Market.SendAsync(Market.Provider, contradictions, ContradictionsContract.Units(
            brief, cheat.Statement(receipt with { Units = 1 }), []));

        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((1, 0, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Equal(["receipt", "refund"], Sent);
        Assert.Equal(Price, await RefundedAsync());
        await IsCollectedAsync(terms);
        // Once is enough.
        Assert.Equal(["receipt", "refund", "share"], Sent);
        Assert.Contains(Said, line => line.Contains(
            $"{Price} of token {Market.Class.Token} are its holder's", StringComparison.Ordinal));
        Assert.Contains(
            Said, line => line.Contains("a share of ", StringComparison.Ordinal));
    }

    /// <summary>1. Two disputes on one channel, the second of which waits for the first. 2. The
    /// node convicts itself of the second order. 3. Its dispute is ended without beginning.
    /// </summary>
    [CourtFact]
    public async Task WaitingDispute_OfADecidedOrder_EndsWithoutBeginning()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        await RunAsync(() => Task.CompletedTask);
        (Order order, Receipt receipt) = await cheat.ServeAsync(
            terms, 6, Folder, OrderFlags.TraceRootWanted);
        Assert.Equal(2, (await RunAsync(() => Task.CompletedTask)).Open);
        Dispute second = await Market.Disputes.DisputeAsync(2, BlockTag.Latest, default);
        Assert.Equal(DisputeState.Queued, second.State);
        Brief brief = new(Market.Class, terms, order,
            Market.Spender.Sign(order.Digest(Market.Domain.VouchersSeparator)));
        Address contradictions = (await new CourtContract(Market.Rpc, Market.Court)
            .PartsAsync(BlockTag.Latest, default)).Contradictions;
        await Market.SendAsync(Market.Provider, contradictions, ContradictionsContract.Units(
            brief, cheat.Statement(receipt with { Units = 1 }), []));

        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((1, 1, 0), (last.Convicted, last.Open, last.Failures));
        Assert.Contains("timeout", Sent);
        Assert.DoesNotContain("start", Sent);
    }

    /// <summary>A result that was promised and never came: the watcher's deposit and the channel's
    /// share come in, though no receipt was ever wrong.</summary>
    [CourtFact]
    public async Task LateConviction_IsCollectedToo()
    {
        PrivateKey node = await Market.NewNodeAsync();
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true, node: node);
        Order order = await cheat.OrderAsync(terms, 5, OrderFlags.AcceptWanted);
        await cheat.KeepAsync(terms, order, Folder, receipt: null);
        Bytes32 separator = Market.Domain.VouchersSeparator;
        Accept accept = new(order.HashStruct(), order.Deadline);
        Brief brief = new(
            Market.Class, terms, order, Market.Spender.Sign(order.Digest(separator)));
        await Market.PassAsync(TimeSpan.FromHours(2));
        await Market.SendAsync(Market.Watcher, Market.Claims, ClaimsContract.Ask(
            brief, accept.DueAt, node.Sign(accept.Digest(separator)), RecordOpening.None),
            1_000_000_000_000_000_000);
        Assert.Equal(0, (await RunAsync(() => Task.CompletedTask)).Convicted);
        await Market.PassAsync(TimeSpan.FromDays(3.1));
        await Market.SendAsync(Market.Holder, Market.Claims, ClaimsContract.Timeout(
            Market.Class, terms, order.Seq));

        WatchPass last = await RunAsync(() => Task.CompletedTask);
        Assert.Equal((1, 0), (last.Convicted, last.Failures));
        Assert.Equal(UInt256.Zero, await Market.Rpc.BalanceAsync(
            Market.Claims, BlockTag.Latest, default));
        await Market.PassAsync(TimeSpan.FromSeconds(CourtLimits.ShareSeconds));
        await RunAsync(() => Task.CompletedTask);

        Assert.Equal((UInt128)0, await WeightAsync(terms));
        Assert.Equal(["fees", "fees", "share"], Sent);
        Assert.Equal(CourtMarket.Bond * 4 / 5, await BondAsync(terms.Node));
        // By silence at most twice the price; the order's is its maxUnits.
        Assert.Equal((UInt256)(CourtMarket.Bond / 25), await Market.Token.BalanceAsync(
            Market.Watcher.Address, BlockTag.Latest, default));
    }

    /// <summary>`request` removes evidence after 14 days, and a dispute that was opened on the last
    /// of them goes on for 12 more.</summary>
    [CourtFact]
    public async Task EvidenceIsGone_TheCaseGoesOn()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        Assert.Equal(1, (await RunAsync(() => Task.CompletedTask)).Open);
        Array.ForEach(Directory.GetFiles(Folder, "*.evidence"), File.Delete);
        await cheat.MoveAsync();

        WatchPass last = await RunAsync(cheat.MoveAsync);

        Assert.Equal((1, 1, 0), (last.Orders, last.Convicted, last.Failures));
        await IsCollectedAsync(terms);
        await Market.PassAsync(TimeSpan.FromDays(60));
        Assert.Equal(0, (await RunAsync(() => Task.CompletedTask)).Orders);
        using WatchStore store = WatchStore.Open(Path.Combine(Folder, "watch.db"), 1);
        Assert.Empty(store.Cases());
    }

    /// <summary>Two receipts in one bundle convict at once.</summary>
    [CourtFact]
    public async Task SecondReceiptInTheEvidence_IsEquivocation()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync(honest: true);
        (Order order, Receipt receipt) = await cheat.ServeAsync(
            terms, 5, Folder, OrderFlags.TraceRootWanted);
        string file = Assert.Single(Directory.GetFiles(Folder, "*.evidence"));
        SignedStatement other = cheat.Statement(
            receipt with { OutputRoot = Keccak256.Hash([1]) });
        EvidenceBundle both = Client.EvidenceFolder.Read(file).WithReceipt(
            SignedPayload.Encode(
                receipt with { OutputRoot = other.OutputRoot }, other.Signature), null);
        await File.WriteAllBytesAsync(file, both.Encode());

        WatchPass last = await RunAsync(() => Task.CompletedTask);

        Assert.Equal((1, 0), (last.Convicted, last.Failures));
        Assert.Equal(["convict", "refund"], Sent);
    }

    /// <summary>A dispute that somebody opened against the node and nobody ends holds up its pot
    /// for 26 days, and no longer.</summary>
    [CourtFact]
    public async Task ForeignDispute_HoldsUpTheShare_ForItsTime()
    {
        (CheatingNode cheat, ChannelTerms terms) = await NewCheatAsync();
        await cheat.ServeAsync(terms, 5, Folder, OrderFlags.TraceRootWanted);
        (Order foreign, Receipt receipt) = await cheat.ServeAsync(
            terms, 6, Path.Combine(Folder, "elsewhere"), OrderFlags.TraceRootWanted);
        Brief brief = new(Market.Class, terms, foreign,
            Market.Spender.Sign(foreign.Digest(Market.Domain.VouchersSeparator)));
        await Market.SendAsync(Market.Holder, Market.Challenges, ChallengesContract.Open(
            brief, cheat.Statement(receipt), DisputePurpose.Trace, [], RecordOpening.None),
            1_000_000_000_000_000_000);

        Assert.Equal(1, (await RunAsync(cheat.MoveAsync)).Convicted);
        await Market.PassAsync(TimeSpan.FromSeconds(CourtLimits.ShareSeconds));
        await RunAsync(() => Task.CompletedTask);
        Assert.DoesNotContain("share", Sent);
        await Market.PassAsync(TimeSpan.FromDays(22));
        await RunAsync(() => Task.CompletedTask);

        Assert.Contains("share", Sent);
        Assert.Equal((UInt128)0, await WeightAsync(terms));
    }
}
