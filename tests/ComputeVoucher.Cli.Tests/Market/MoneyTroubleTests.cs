using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What would cost an operator or a holder money is said, with what to do about it.
/// </summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class MoneyTroubleTests
{
    private const ulong Units = 1_000_000_000_000;

    /// <summary>A thaw runs, and the account that redeems cannot pay for the gas.</summary>
    [MarketFact]
    public async Task NoMoneyForGas_WhileAThawRuns_LogMetricsAndCommandSayIt()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        rig.Must("key", "new", rig.PathOf("poor.key"));
        string poor = rig.AddressOf("poor");
        string config = File.ReadAllText(rig.PathOf("node.json"));
        File.WriteAllText(rig.PathOf("node.json"), config.Replace(
            "\"provider.key\"", "\"poor.key\"", StringComparison.Ordinal));
        await rig.StartNodeAsync();
        rig.Json(rig.RequestArguments(4, 2));
        rig.OnChain("channel", "thaw", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--channel", rig.PathOf("channel.json"));
        string says = $"{poor} has 0 wei (0 ETH) for gas and needs up to ";
        await rig.UntilAsync(() => Task.FromResult(
            rig.NodeLog(int.MaxValue).Contains(says, StringComparison.Ordinal)));
        Assert.Contains(
            "orders are taken, but something is wrong", rig.NodeLog(int.MaxValue),
            StringComparison.Ordinal);
        Assert.Contains("\ncomputevoucher_gas_balance_wei 0\n", await rig.PageAsync("metrics"),
            StringComparison.Ordinal);
        Assert.True(await rig.CounterAsync("thaw_seconds_left") > 0);
        Assert.Equal(0, rig.StopNode());

        (int status, _, string error) = NodeRig.Run(
            "redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(1, status);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    /// <summary>A restored copy, or an empty one, is behind the chain: the node says so.</summary>
    [MarketFact]
    public async Task LedgerBehindTheChain_IsAnError()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        rig.Json(rig.RequestArguments(4, 2));
        rig.Json("redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(0, rig.StopNode());
        Assert.DoesNotContain(
            "LedgerBehind", rig.NodeLog(int.MaxValue), StringComparison.Ordinal);
        Directory.Delete(rig.PathOf("ledger"), recursive: true);
        await rig.StartNodeAsync();
        await rig.UntilAsync(() => Task.FromResult(rig.NodeLog(int.MaxValue).Contains(
            "LedgerBehind", StringComparison.Ordinal)));
        Assert.Equal(0, rig.StopNode());
    }

    /// <summary>The salt of an open channel is nowhere else: its file is never overwritten, none
    /// is left of a channel that does not exist, and the chain gives it back.</summary>
    [MarketFact]
    public async Task ChannelFile_IsNeverOverwrittenAndCanBeRestored()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        string file = rig.PathOf("channel.json");
        string terms = File.ReadAllText(file);
        Assert.Contains("already there", Refused(rig, "1", file).Error, StringComparison.Ordinal);
        Assert.Equal(terms, File.ReadAllText(file));

        string other = rig.PathOf("other.json");
        (string error, string hashes) = Refused(rig, $"{Units}", other);
        Assert.Contains(" has 0 units of class 0x", error, StringComparison.Ordinal);
        Assert.Contains($", {Units} are needed", error, StringComparison.Ordinal);
        Assert.DoesNotContain("0x", hashes, StringComparison.Ordinal);
        Assert.False(File.Exists(other));

        JsonElement listed = rig.OnChain(
            "channel", "list", "--holder", rig.AddressOf("holder")).GetProperty("channels")[0];
        JsonElement restored = rig.OnChain("channel", "restore", "--id",
            listed.GetProperty("id").GetString()!, "--class", rig.PathOf("class.json"),
            "-o", other);
        Assert.Equal(terms, File.ReadAllText(other));
        File.Delete(other);
        rig.OnChain("channel", "restore", "--id", listed.GetProperty("id").GetString()!,
            "-o", other);
        Assert.StartsWith(
            File.ReadAllText(other).TrimEnd('\n', '}'), terms, StringComparison.Ordinal);

        // Every amount is a string: numbers of JSON are exact to 2^53 alone.
        foreach (string amount in new[] { "locked", "redeemed" })
        {
            Assert.Equal(JsonValueKind.String, restored.GetProperty(amount).ValueKind);
        }
    }

    /// <summary>Where the contracts are is not made again for nothing.</summary>
    [MarketFact]
    public async Task DeploymentFile_Exists_NothingIsDeployed()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        string file = rig.PathOf("deployment.json");
        string before = File.ReadAllText(file);
        (int status, _, string error) = NodeRig.Run("deploy", "--rpc", rig.Rpc, "--key",
            rig.PathOf("deployer.key"), "--out", file);
        Assert.Equal(1, status);
        Assert.Contains("already there", error, StringComparison.Ordinal);
        Assert.DoesNotContain("waiting for a block", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(file));
    }

    /// <summary>Each transaction is told with its hash, before a block has it.</summary>
    [MarketFact]
    public async Task SeveralTransactions_EachIsToldWithItsHash()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        (int status, string output, string error) = NodeRig.Run(
            "voucher", "buy", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--units", "1000", "--mint-dev-token", "--rpc", rig.Rpc,
            "--deployment", rig.PathOf("deployment.json"), "--json");
        Assert.True(status == 0, error);
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= 2, error);
        Assert.All(lines, line => Assert.Matches(" 0x[0-9a-f]{64}: waiting for a block$", line));
        using JsonDocument bought = JsonDocument.Parse(output);
        Assert.Equal("1000", bought.RootElement.GetProperty("bought").GetString());
    }

    /// <summary>A URL with an access key stands in the environment, not in a list of processes.
    /// </summary>
    [MarketFact]
    public async Task Endpoint_OfTheEnvironment_IsTaken()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        string[] show =
        [
            "channel", "show", "--deployment", rig.PathOf("deployment.json"), "--channel",
            rig.PathOf("channel.json"),
        ];
        (int status, _, string error) = NodeRig.RunIn(
            new() { ["CV_RPC"] = $" {rig.Rpc} " }, show);
        Assert.True(status == 0, error);
        (status, _, error) = NodeRig.RunIn(
            new() { ["CV_RPC"] = "wss://a.invalid/v3/SECRET" }, show);
        Assert.Equal(1, status);
        Assert.DoesNotContain("SECRET", error, StringComparison.Ordinal);
        string help = NodeRig.RunIn(
            new() { ["CV_RPC"] = "http://a.invalid/SECRET" }, "channel", "show", "--help").Output;
        Assert.Contains("CV_RPC", help, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", help, StringComparison.Ordinal);
    }

    /// <summary>A channel that cannot be opened: the message, and what was said before it.
    /// </summary>
    private static (string Error, string Before) Refused(NodeRig rig, string units, string file)
    {
        (int status, _, string error) = NodeRig.Run("channel", "open", "--key",
            rig.PathOf("holder.key"), "--class", rig.PathOf("class.json"), "--node",
            rig.AddressOf("node"), "--spend", rig.AddressOf("spend"), "--units", units, "-o", file,
            "--rpc", rig.Rpc, "--deployment", rig.PathOf("deployment.json"), "--json");
        Assert.True(status == 1, error);
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using JsonDocument last = JsonDocument.Parse(lines[^1]);
        JsonElement told = last.RootElement.GetProperty("error");
        Assert.Equal("failed", told.GetProperty("reason").GetString());
        return (told.GetProperty("message").GetString() + told.GetProperty("remedy").GetString(),
            string.Join('\n', lines[..^1]));
    }
}
