using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A settlement beside a node that redeems from the same account: one outbox numbers
/// both.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class SettleTests
{
    private const ulong Units = 1_000_000_000_000;

    [MarketFact]
    public async Task Settle_WhileTheNodeRuns_GoesThroughItsOutboxAndIsToldAsEver()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        long units = await EarnAsync(rig);

        (int status, string output, string error) = NodeRig.Run(Settle(rig, "provider"));
        Assert.True(status == 0, error);
        using JsonDocument settled = JsonDocument.Parse(output);
        Assert.Equal($"{units}", settled.RootElement.GetProperty("settled").GetString());
        Assert.Equal($"{units}", settled.RootElement.GetProperty("balance").GetString());
        JsonElement row = Assert.Single(Rows(rig, "settle"));
        Assert.Equal("Succeeded", row.GetProperty("outcome").GetString());
        Assert.Contains($"settle {row.GetProperty("hash").GetString()}: waiting for a block",
            error, StringComparison.Ordinal);

        // Nothing is left, so it ends: no gas, and the contract's own reason.
        (status, _, error) = NodeRig.Run(Settle(rig, "provider"));
        Assert.Equal(1, status);
        Assert.Contains("settle: refused, nothing was sent", error, StringComparison.Ordinal);
        Assert.Contains("nothing was earned in this token", error, StringComparison.Ordinal);
        JsonElement ended = Rows(rig, "settle")[1];
        Assert.Equal("Refused", ended.GetProperty("outcome").GetString());

        // Another account than the node's: said, and sent as ever.
        (status, _, error) = NodeRig.Run(Settle(rig, "holder"));
        Assert.Equal(1, status);
        Assert.Contains($"the node sends from {rig.AddressOf("provider")}, not from", error,
            StringComparison.Ordinal);
        Assert.Equal(2, Rows(rig, "settle").Length);
        Assert.Equal(0, rig.StopNode());
        (status, _, error) = NodeRig.Run(Settle(rig, "provider"));
        Assert.Equal(1, status);
        Assert.Contains("nothing was earned in this token", error, StringComparison.Ordinal);
    }

    /// <summary>No block comes while both are asked for; then both are mined, in their order.
    /// </summary>
    [MarketFact]
    public async Task Settle_BesideARedemption_NeitherTakesTheOthersNonce()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        long first = await EarnAsync(rig);
        rig.Must(rig.RequestArguments(4, 2));
        await rig.Chain.RpcAsync("evm_setIntervalMining", "0");
        await rig.Chain.RpcAsync("evm_setAutomine", "false");
        using Process redeem = Process.Start(NodeRig.StartOf(
            null, "redeem", "--config", rig.PathOf("node.json"), "--json"))!;
        await rig.UntilAsync(() => Task.FromResult(
            Rows(rig, "redeem").Length == 2
                && NodeRig.Units(Rows(rig, "redeem")[1], "attempts") > 0));

        // Told at once, given up in time, and the node goes on with it.
        (int status, _, string error) = NodeRig.Run([.. Settle(rig, "provider"), "--timeout", "1"]);
        JsonElement sent = Assert.Single(Rows(rig, "settle"));
        Assert.Equal(Nonce(Rows(rig, "redeem")[1]) + 1, Nonce(sent));
        Assert.True(status > 1, error);
        Assert.Contains("outcome unknown after 1 s", error, StringComparison.Ordinal);
        Assert.Contains($"computevoucher tx {sent.GetProperty("hash").GetString()}", error,
            StringComparison.Ordinal);

        using Process settle = Process.Start(NodeRig.StartOf(null, Settle(rig, "provider")))!;
        await rig.Chain.RpcAsync("evm_setIntervalMining", "1");
        string settled = await settle.StandardOutput.ReadToEndAsync();
        await settle.WaitForExitAsync();
        string redeemed = await redeem.StandardOutput.ReadToEndAsync();
        await redeem.WaitForExitAsync();
        Assert.Equal((0, 0), (settle.ExitCode, redeem.ExitCode));
        Assert.Contains("\"outcome\":\"Succeeded\"", redeemed.Replace(" ", ""),
            StringComparison.Ordinal);
        Assert.Single(Rows(rig, "settle"));
        using JsonDocument answer = JsonDocument.Parse(settled);
        Assert.True(NodeRig.Units(answer.RootElement, "balance") > first);
        Assert.Equal(0, rig.StopNode());
    }

    /// <summary>A request that nothing was signed for is taken back when the command gives up.
    /// </summary>
    [MarketFact]
    public async Task Settle_HeldBackByAFeeCap_SaysWhyAndTakesItBack()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        await EarnAsync(rig);
        Assert.Equal(0, rig.StopNode());
        string path = rig.PathOf("node.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(
            "\"enabled\": false", "\"enabled\": false, \"transactionWeiMax\": 1",
            StringComparison.Ordinal));
        await rig.StartNodeAsync();
        (int status, _, string error) = NodeRig.Run([.. Settle(rig, "provider"), "--timeout", "3"]);
        Assert.Equal(1, status);
        Assert.Contains("settle: gas costs more than redeem:transactionWeiMax", error,
            StringComparison.Ordinal);
        Assert.Contains("nothing was sent after 3 s", error, StringComparison.Ordinal);
        JsonElement row = Assert.Single(Rows(rig, "settle"));
        Assert.Equal("Cancelled", row.GetProperty("outcome").GetString());
        Assert.Equal(0, NodeRig.Units(row, "attempts"));
        Assert.Equal(0, rig.StopNode());
    }

    /// <summary>Serves a few orders, and redeems them.</summary>
    /// <returns>Units, and as many base units of the token.</returns>
    private static async Task<long> EarnAsync(NodeRig rig)
    {
        string[] config = ["--config", rig.PathOf("node.json")];
        JsonElement served = rig.Json(rig.RequestArguments(4, 2));
        rig.Must(["redeem", .. config]);
        await rig.UntilAsync(() => Task.FromResult(
            NodeRig.Units(rig.Json(["status", .. config]), "unitsUnredeemed") == 0));
        return NodeRig.Units(served, "units");
    }

    private static string[] Settle(NodeRig rig, string key) =>
    [
        "provider", "settle", "--rpc", rig.Rpc, "--deployment", rig.PathOf("deployment.json"),
        "--key", rig.PathOf(key + ".key"), "--class", rig.PathOf("class.json"), "--config",
        rig.PathOf("node.json"), "--json",
    ];

    private static JsonElement[] Rows(NodeRig rig, string kind) =>
    [
        .. rig.Json("outbox", "--config", rig.PathOf("node.json")).GetProperty("transactions")
            .EnumerateArray().Where(row => row.GetProperty("kind").GetString() == kind),
    ];

    private static ulong Nonce(JsonElement row) =>
        ulong.Parse(
        row.GetProperty("nonce").ToString(), CultureInfo.InvariantCulture);
}
