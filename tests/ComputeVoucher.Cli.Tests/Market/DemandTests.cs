using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A node that promised a result and sent none: `request` takes it before the court by
/// itself, whatever becomes of the process. The node is not running, so that the chain's clock is
/// the test's.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class DemandTests
{
    private const ulong Units = 1_000_000_000_000;
    private const string Spend = "spend";

    /// <summary>Killed behind the demand; asked twice it is demanded once; the answer is in
    /// calldata, and checked, written and kept like any other.</summary>
    [MarketFact]
    public async Task PromiseWithoutResult_IsDemanded_AndItsAnswerTaken()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        PendingOrder order = await PromiseAsync(rig);
        await FundAsync(rig, Spend);
        using (Process killed = Process.Start(NodeRig.StartOf(null, Request(rig, 3_600)))!)
        {
            while (await killed.StandardError.ReadLineAsync() is { } line
                && !line.Contains("is demanded before court", StringComparison.Ordinal))
            {
                // What it waits for.
            }

            killed.Kill();
            await killed.WaitForExitAsync();
        }

        Demand demand = default;
        await Patience.UntilAsync(async () =>
        {
            Run(rig, 0);
            demand = await DemandAsync(rig, order);
            return demand.IsOpen;
        });
        Assert.Equal(rig.AddressOf(Spend), demand.Asker.ToString());
        string waiting = Run(rig, 0);
        Assert.Contains("to be answered by", waiting, StringComparison.Ordinal);
        Assert.DoesNotContain("wei are deposited", waiting, StringComparison.Ordinal);
        Assert.Equal(demand, await DemandAsync(rig, order));

        await AnswerAsync(rig, order);
        string receipts = rig.PathOf("receipts");
        string done = Run(rig, 0, "--receipts", receipts);
        Assert.Contains("finished order 0 of an earlier run", done, StringComparison.Ordinal);
        Assert.Contains("wei of deposits are back", done, StringComparison.Ordinal);
        JsonElement verified = rig.Json("verify", "receipt", receipts, "--deployment",
            rig.PathOf("deployment.json"), "--channel", rig.PathOf("channel.json"), "--model",
            rig.Model, "--input", rig.Input, "--depth", "full");
        Assert.Equal(1, verified.GetProperty("executedAgain").GetInt32());
        EvidenceBundle kept = EvidenceFolder.Read(Files(rig).Single(
            file => EvidenceFolder.Read(file).Order.Span.SequenceEqual(order.Signed.Span)));
        Assert.Equal(RefusalReason.None, kept.Check());
        Assert.False(kept.Receipt.IsEmpty || kept.Output is null);
    }

    /// <summary>Three days of silence: the node is convicted, the deposit comes back, and nothing
    /// is owed.</summary>
    [MarketFact]
    public async Task Silence_ConvictsAndGivesTheDepositBack()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        PendingOrder order = await PromiseAsync(rig);
        await FundAsync(rig, Spend);
        Assert.Contains("is demanded before court", Run(rig, 0), StringComparison.Ordinal);
        Assert.True((await DemandAsync(rig, order)).IsOpen);
        await rig.Chain.RpcAsync("evm_increaseTime", "259300");
        await rig.Chain.MineAsync();
        string ended = Run(rig, 60);
        Assert.Contains("did not answer the demand, and was convicted", ended,
            StringComparison.Ordinal);
        Assert.Contains("wei of deposits are back", ended, StringComparison.Ordinal);
        using JsonRpcClient rpc = Rpc(rig);
        CaseState state = await new CourtContract(rpc, Address.Parse(rig.Deployment("court")))
            .CaseAsync(order.Order.Channel, 0, BlockTag.Latest, default);
        Assert.True(state.IsLate);
        Assert.Equal(default, await new FeesContract(rpc, Claims(rig)).CreditAsync(
            Address.Parse(rig.AddressOf(Spend)), BlockTag.Latest, default));
        Assert.DoesNotContain("order 0", Run(rig, 0), StringComparison.Ordinal);
    }

    /// <summary>The node says that it has lost the input: it is shown; and the claim that lists the
    /// order then is the answer.</summary>
    [MarketFact]
    public async Task LostInput_IsShown_AndAClaimIsAnAnswer()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        PendingOrder order = await PromiseAsync(rig);
        await FundAsync(rig, Spend);
        Assert.Contains("is demanded before court", Run(rig, 0), StringComparison.Ordinal);
        VoucherClass terms = ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value;
        ChannelTerms channel = ChannelFile.Load(rig.PathOf("channel.json"));
        await SendAsync(rig, "want input", ClaimsContract.WantInput(
            new Brief(terms, channel, order.Order, order.Signature)));
        Assert.True((await DemandAsync(rig, order)).WantsInput);
        string shown = Run(rig, 0);
        Assert.Contains("it is shown", shown, StringComparison.Ordinal);
        Demand after = await DemandAsync(rig, order);
        Assert.True(after is { IsInputShown: true, WantsInput: false, IsOpen: true });
        Assert.DoesNotContain("it is shown", Run(rig, 0), StringComparison.Ordinal);

        await SendAsync(rig, "claim", ClaimsContract.Claim(
            terms, channel, default, [Deliver(rig, order)]));
        Assert.True((await DemandAsync(rig, order)).IsEnded);
        string receipts = rig.PathOf("receipts");
        string done = Run(rig, 0, "--receipts", receipts);
        Assert.Contains("finished order 0 of an earlier run", done, StringComparison.Ordinal);
        Assert.Contains("wei of deposits are back", done, StringComparison.Ordinal);
        Assert.Equal(1, rig.Json("verify", "receipt", receipts, "--deployment",
            rig.PathOf("deployment.json"), "--channel", rig.PathOf("channel.json"), "--model",
            rig.Model, "--input", rig.Input, "--depth", "full")
            .GetProperty("executedAgain").GetInt32());
    }

    /// <summary>A channel that has paid gets its part of the bond: not before five days, and then
    /// by the next request, though its node takes no orders any more; one that cannot tell whether
    /// it was sent says so, and goes on.</summary>
    [MarketFact]
    public async Task Share_OfALateConviction_IsFetchedWhenItIsFinal()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        await PayAsync(rig);
        PendingOrder order = await PromiseAsync(rig);
        await FundAsync(rig, Spend);
        Run(rig, 0);
        await PassAsync(rig, 259_300);
        string ended = Run(rig, 60);
        Assert.Contains("was convicted", ended, StringComparison.Ordinal);
        Assert.Contains("share of the node's bond is paid from", ended, StringComparison.Ordinal);
        Assert.Equal(UInt256.Zero, await BalanceAsync(rig));
        JsonElement status = rig.OnChain(
            "court", "status", "--channel", rig.PathOf("channel.json"), "--seq", "0");
        Assert.True(status.GetProperty("convicted").GetBoolean());
        Assert.True(status.GetProperty("order").GetProperty("late").GetBoolean());
        JsonElement share = Assert.Single(status.GetProperty("shares").EnumerateArray());
        Assert.Equal(rig.AddressOf(Spend), share.GetProperty("to").GetString());

        string early = Run(rig, 0);
        Assert.Contains("share of the node's bond is paid from", early, StringComparison.Ordinal);
        Assert.Contains("was convicted before the court", early, StringComparison.Ordinal);
        Assert.Equal(UInt256.Zero, await BalanceAsync(rig));
        await PassAsync(rig, 5 * 86_400);
        string unknown = await RunRefusedAsync(rig);
        Assert.Contains("brought cannot be fetched: share: sent as 0x", unknown,
            StringComparison.Ordinal);
        Assert.Contains("(ask with: computevoucher tx 0x", unknown, StringComparison.Ordinal);
        // It went on to what comes behind.
        Assert.Contains("was convicted before the court", unknown, StringComparison.Ordinal);
        Assert.Equal(UInt256.Zero, await BalanceAsync(rig));
        Assert.Contains(
            "the channel's share of the node's bond, went to", Run(rig, 0),
            StringComparison.Ordinal);
        // A fifth of the bond is slashed, a fifth of that is the reporters'; by silence no more
        // than twice the price of the order, a base unit for each of its units.
        UInt256 most = (UInt256)order.Order.MaxUnits * 2U;
        UInt256 fifth = CourtRig.Bond / 25;
        Assert.Equal(most < fifth ? most : fifth, await BalanceAsync(rig));
        Assert.DoesNotContain("went to", Run(rig, 0), StringComparison.Ordinal);
    }

    /// <summary>What is missing is said, and nothing sent; and who wants none is left alone.
    /// </summary>
    [MarketFact]
    public async Task NoEther_OrNever_DemandsNothing()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        PendingOrder order = await PromiseAsync(rig);
        string poor = Run(rig, 0);
        Assert.Contains("not demanded: " + rig.AddressOf(Spend) + " has 0 wei", poor,
            StringComparison.Ordinal);
        Assert.Contains("name another account", poor, StringComparison.Ordinal);
        string stranger = Run(rig, 0, "--demand-key", rig.PathOf("provider.key"));
        Assert.Contains("may not act for the channel", stranger, StringComparison.Ordinal);
        string never = Run(rig, 0, "--demand", "never");
        Assert.DoesNotContain("demanded", never, StringComparison.Ordinal);
        Assert.False((await DemandAsync(rig, order)).IsOpen);

        // The holder's own account will do.
        Assert.Contains("is demanded before court",
            Run(rig, 0, "--demand-key", rig.PathOf("holder.key")), StringComparison.Ordinal);
        Assert.True((await DemandAsync(rig, order)).IsOpen);
    }

    /// <summary>An order in the client's memory whose promise is over.</summary>
    private static async Task<PendingOrder> PromiseAsync(NodeRig rig)
    {
        VoucherDomain domain = DeploymentFile.Load(rig.PathOf("deployment.json")).Domain;
        ChannelTerms channel = ChannelFile.Load(rig.PathOf("channel.json"));
        using IModel model = ModelFile.Open(rig.Model);
        byte[] input = File.ReadAllBytes(rig.Input)[..model.InputBytesMax];
        InputInfo info = model.CheckInput(input);
        using JsonRpcClient rpc = Rpc(rig);
        ulong deadline = (await rpc.BlockAsync(BlockTag.Latest, default))!.Timestamp - 60;
        using PrivateKey spend = KeyFile.Load(rig.PathOf("spend.key"));
        using PrivateKey node = KeyFile.Load(rig.PathOf("node.key"));
        string state = rig.PathOf("client.state");
        using ClientJournal journal = ClientJournal.Open(state, channel);
        PendingOrder order = journal.Add(seq => PendingOrder.Sign(
            new Order(channel.HashStruct(), seq, model.ModelRoot, info.InputRoot, info.UnitsMax,
                deadline, OrderFlags.AcceptWanted, default),
            spend, domain.VouchersSeparator, input));
        EvidenceFolder evidence = EvidenceFolder.Open(state + ".evidence", domain,
            ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value, channel, deadline);
        evidence.Begin(order);
        Accept accept = new(order.Order.HashStruct(), deadline);
        evidence.Add(order.Order, bundle => bundle with
        {
            Accept = SignedPayload.Encode(
                accept, node.Sign(accept.Digest(domain.VouchersSeparator))),
        });
        return order;
    }

    /// <summary>The provider's answer, at last.</summary>
    private static Task AnswerAsync(NodeRig rig, PendingOrder order) => SendAsync(
        rig, "answer", ClaimsContract.Answer(
            ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value,
            ChannelFile.Load(rig.PathOf("channel.json")), Deliver(rig, order)));

    private static Delivery Deliver(NodeRig rig, PendingOrder order)
    {
        DeploymentFile deployment = DeploymentFile.Load(rig.PathOf("deployment.json"));
        using IModel model = ModelFile.Open(rig.Model);
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        RunResult result = session.Run(order.Input.Span, new RunOptions());
        Receipt receipt = new(order.Order.HashStruct(), result.Steps, result.OutputRoot, default,
            result.Units);
        using PrivateKey node = KeyFile.Load(rig.PathOf("node.key"));
        return new Delivery(order.Order, order.Signature, SignedStatement.Of(receipt,
            node.Sign(receipt.Digest(deployment.Domain.VouchersSeparator))), result.Output);
    }

    /// <summary>A move of the provider's at the court's Claims.</summary>
    private static async Task SendAsync(NodeRig rig, string kind, byte[] data, Address? to = null)
    {
        using ChainSession chain = await ChainSession.OpenAsync(
            [rig.Rpc], DeploymentFile.Load(rig.PathOf("deployment.json")),
            KeyFile.Load(rig.PathOf("provider.key")), SendRules.Quiet, default);
        await chain.Sender.SendAsync(kind, to ?? Claims(rig), data, default);
    }

    /// <summary>The channel has paid its node something, and its escrow is over long ago.</summary>
    private static async Task PayAsync(NodeRig rig)
    {
        VoucherDomain domain = DeploymentFile.Load(rig.PathOf("deployment.json")).Domain;
        ChannelTerms channel = ChannelFile.Load(rig.PathOf("channel.json"));
        using PrivateKey spend = KeyFile.Load(rig.PathOf("spend.key"));
        Ack ack = new(channel.HashStruct(), 1_000_000, 0);
        RedeemRow row = RedeemRow.From(
            channel, ack, spend.Sign(ack.Digest(domain.VouchersSeparator)));
        await SendAsync(rig, "redeem", VouchersContract.RedeemBatch(
            ChannelFile.LoadClass(rig.PathOf("channel.json"))!.Value, channel.Node, [row]),
            domain.Vouchers);
    }

    private static async Task PassAsync(NodeRig rig, int seconds)
    {
        await rig.Chain.RpcAsync("evm_increaseTime", $"{seconds}");
        await rig.Chain.MineAsync();
    }

    /// <summary>Of the spend key, token base units.</summary>
    private static async Task<UInt256> BalanceAsync(NodeRig rig)
    {
        using JsonRpcClient rpc = Rpc(rig);
        return await new Erc20Contract(rpc, Address.Parse(rig.Deployment("devToken")))
            .BalanceAsync(Address.Parse(rig.AddressOf(Spend)), BlockTag.Latest, default);
    }

    /// <summary>Runs a request, which finds no node; what it says on the way.</summary>
    private static string Run(NodeRig rig, int wait, params string[] more)
    {
        (int status, _, string error) = NodeRig.Run([.. Request(rig, wait), .. more]);
        Assert.Equal(1, status);
        return error;
    }

    /// <summary>Runs a request by two endpoints that refuse every transaction, so that none of
    /// them can say whether the other passed it on.</summary>
    private static async Task<string> RunRefusedAsync(NodeRig rig)
    {
        await using RpcProxy first = new(rig.Chain.Url);
        await using RpcProxy second = new(rig.Chain.Url);
        first.Fail("eth_sendRawTransaction", RpcFault.InsufficientFunds);
        second.Fail("eth_sendRawTransaction", RpcFault.InsufficientFunds);
        string[] line = [.. Request(rig, 0), "--rpc", second.Url.ToString()];
        line[Array.IndexOf(line, rig.Rpc)] = first.Url.ToString();
        (int status, _, string error) = NodeRig.Run(line);
        Assert.Equal(1, status);
        return error;
    }

    private static string[] Request(NodeRig rig, int wait) =>
    [
        "request", "--at", $"127.0.0.1:{rig.NodePort}", "--deployment",
        rig.PathOf("deployment.json"), "--channel", rig.PathOf("channel.json"), "--spend-key",
        rig.PathOf("spend.key"), "--state", rig.PathOf("client.state"), "--model", rig.Model,
        "--input", rig.Input, "--count", "1", "--patience", "1", "--rpc", rig.Rpc,
        "--demand-wait", $"{wait}",
    ];

    private static string[] Files(NodeRig rig) =>
        Directory.GetFiles(rig.PathOf("client.state.evidence"), "*.evidence");

    private static async Task<Demand> DemandAsync(NodeRig rig, PendingOrder order)
    {
        using JsonRpcClient rpc = Rpc(rig);
        return await new ClaimsContract(rpc, Claims(rig)).DemandAsync(
            order.Order.Channel, order.Order.Seq, BlockTag.Latest, default);
    }

    private static Address Claims(NodeRig rig) => Address.Parse(rig.Deployment("claims"));

    private static JsonRpcClient Rpc(NodeRig rig) =>
        ChainSession.Connect([rig.Rpc], SendRules.Reading);

    /// <summary>Ten ether.</summary>
    private static async Task FundAsync(NodeRig rig, string key) => await rig.Chain.RpcAsync(
        "anvil_setBalance", $"\"{rig.AddressOf(key)}\",\"0x8ac7230489e80000\"");
}
