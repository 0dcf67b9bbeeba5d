using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A class with a court pays into escrow: <c>provider settle</c> ends it when it has
/// matured, and names what has not.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class ReleaseTests
{
    private const ulong Units = 1_000_000_000_000;

    /// <summary>Seconds from a redemption to its maturity: the order horizon and the class's
    /// window, 3 days and 2.</summary>
    private const ulong Maturity = 5 * 86_400;

    /// <summary>The chain's clock moves while no node runs: one that runs would see a clock ahead
    /// of its own.</summary>
    [MarketFact]
    public async Task Settle_AfterMaturity_ReleasesWhatMaturedAndNamesTheRest()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        // Bought while the chain's clock is this machine's, by which a permit ends.
        rig.OnChain("voucher", "buy", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--units", "18", "--mint-dev-token");
        long first = await EarnAsync(rig);
        string early = Refused(rig);
        Assert.Contains("nothing has matured, nothing was sent", early, StringComparison.Ordinal);
        Assert.Contains($"{Digits(first)} matures ", early, StringComparison.Ordinal);
        Assert.Equal(UInt256.Zero, await BalanceAsync(rig));

        // Later spends of a holder are in escrow as well, and mature later.
        await rig.Chain.RpcAsync("evm_increaseTime", $"{Maturity - 3_600}");
        await rig.Chain.MineAsync();
        string stillEarly = Refused(rig);
        Assert.Contains($"{Digits(first)} matures ", stillEarly, StringComparison.Ordinal);
        ulong[] later = [7, 11];
        foreach (ulong units in later)
        {
            await SpendAsync(rig, units);
        }

        await rig.Chain.RpcAsync("evm_increaseTime", "3600");
        await rig.Chain.MineAsync();
        JsonElement settled = rig.OnChain(Settle(rig));
        Assert.Equal(first, NodeRig.Units(settled, "released"));
        Assert.Equal(first, NodeRig.Units(settled, "settled"));
        Assert.Equal(first, NodeRig.Units(settled, "balance"));
        Assert.Equal(rig.Deployment("devToken"), settled.GetProperty("token").GetString());
        Assert.Equal(18, settled.GetProperty("waiting").EnumerateArray()
            .Sum(row => NodeRig.Units(row, "amount")));
        ulong due = settled.GetProperty("waiting").EnumerateArray()
            .Max(row => row.GetProperty("maturesAt").GetUInt64());
        Assert.Equal([0, .. later], await HeldAsync(rig));

        // What was released is not released again; what waits is left alone.
        string again = Refused(rig);
        Assert.Contains(When(due), again, StringComparison.Ordinal);
        Assert.Equal([0, .. later], await HeldAsync(rig));

        await rig.Chain.RpcAsync("evm_increaseTime", $"{Maturity}");
        await rig.Chain.MineAsync();
        settled = rig.OnChain(Settle(rig));
        Assert.Equal(18, NodeRig.Units(settled, "released"));
        Assert.Equal(first + 18, NodeRig.Units(settled, "balance"));
        Assert.Empty(settled.GetProperty("waiting").EnumerateArray());
    }

    /// <summary>A node that redeems by itself also ends the escrow by itself, a day after its
    /// maturity where nobody says what a token is worth. The chain's clock is ahead of the node's,
    /// which takes no orders then, and releases all the same.</summary>
    [MarketFact]
    public async Task Serve_AfterMaturity_ReleasesByItself()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        long earned = await EarnAsync(rig);
        File.WriteAllText(rig.PathOf("node.json"), File.ReadAllText(rig.PathOf("node.json"))
            .Replace("\"enabled\": false", "\"enabled\": true", StringComparison.Ordinal));
        await rig.Chain.RpcAsync("evm_increaseTime", $"{Maturity + 3_600}");
        await rig.Chain.MineAsync();
        rig.LaunchNode();
        await rig.UntilAsync(async () => await rig.CounterAsync("escrow_matured") == earned);
        Assert.Equal(earned, (long)(await HeldAsync(rig))[0]);
        Assert.Equal(0, await rig.CounterAsync("escrow_releases_total"));
        Assert.Equal(0, rig.StopNode());

        await rig.Chain.RpcAsync("evm_increaseTime", "86400");
        await rig.Chain.MineAsync();
        rig.LaunchNode();
        await rig.UntilAsync(async () => (await HeldAsync(rig))[0] == 0);
        Assert.Equal(1, await rig.CounterAsync("escrow_releases_total"));
        Assert.Equal(0, rig.StopNode());
        JsonElement settled = rig.OnChain(Settle(rig));
        Assert.Equal(0, NodeRig.Units(settled, "released"));
        Assert.Equal(earned, NodeRig.Units(settled, "settled"));
    }

    /// <summary>Serves a few orders and redeems them, and then there is no node.</summary>
    /// <returns>Units, and as many base units of the token, in escrow.</returns>
    private static async Task<long> EarnAsync(NodeRig rig)
    {
        await rig.StartNodeAsync();
        JsonElement served = rig.Json(rig.RequestArguments(
            4, 2, "--deadline", "600", "--rpc", rig.Rpc));
        rig.Must("redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(0, rig.StopNode());
        return NodeRig.Units(served, "units");
    }

    /// <summary>The holder pays the node with units that no channel holds.</summary>
    private static async Task SpendAsync(NodeRig rig, ulong units)
    {
        byte[] call = VouchersContract.Spend(
            ClassFile.Load(rig.PathOf("class.json")), ChannelFile.Load(rig.PathOf("channel.json")),
            units);
        await rig.Chain.RpcAsync("eth_sendTransaction", $$"""
            {"from":"{{rig.AddressOf("holder")}}","to":"{{rig.Deployment("vouchers")}}",
             "data":"0x{{Convert.ToHexString(call)}}","gas":"0x100000"}
            """);
        await rig.Chain.MineAsync();
    }

    private static string[] Settle(NodeRig rig) =>
    [
        "provider", "settle", "--key", rig.PathOf("provider.key"), "--class",
        rig.PathOf("class.json"), "--config", rig.PathOf("node.json"),
    ];

    /// <summary>What it says where nothing is to be paid out.</summary>
    private static string Refused(NodeRig rig)
    {
        (int status, _, string error) = NodeRig.Run(
        [
            .. Settle(rig), "--rpc", rig.Rpc, "--deployment", rig.PathOf("deployment.json"),
        ]);
        Assert.Equal(1, status);
        return error;
    }

    private static string Digits(long amount) =>
        amount.ToString("N0", CultureInfo.InvariantCulture);

    private static string When(ulong seconds) =>
        DateTimeOffset.FromUnixTimeSeconds((long)seconds).ToString(
            "yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Base units in the first three batches, as the contract has them.</summary>
    private static async Task<List<ulong>> HeldAsync(NodeRig rig)
    {
        using JsonRpcClient rpc = Rpc(rig);
        VouchersContract vouchers = new(rpc, Address.Parse(rig.Deployment("vouchers")));
        List<ulong> held = [];
        for (ulong id = 1; id <= 3; id++)
        {
            EscrowBatch batch = await vouchers.BatchAsync(id, BlockTag.Latest, default);
            held.Add((ulong)batch.Amount);
        }

        return held;
    }

    private static async Task<UInt256> BalanceAsync(NodeRig rig)
    {
        using JsonRpcClient rpc = Rpc(rig);
        return await new Erc20Contract(rpc, Address.Parse(rig.Deployment("devToken")))
            .BalanceAsync(Address.Parse(rig.AddressOf("provider")), BlockTag.Latest, default);
    }

    private static JsonRpcClient Rpc(NodeRig rig) =>
        ChainSession.Connect([rig.Rpc], SendRules.Reading);
}
