using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A node that runs can be asked, told and stopped, at any moment of its life.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class OperateTests
{
    private const ulong Units = 1_000_000_000_000;

    [MarketFact]
    public async Task RunningNode_IsAskedToldAndCopied()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        Assert.Equal(4, rig.Json(rig.RequestArguments(4, 2)).GetProperty("served").GetInt32());
        string[] config = ["--config", rig.PathOf("node.json")];
        JsonElement status = rig.Json(["status", .. config]);
        Assert.Equal("ready", status.GetProperty("node").GetString());
        Assert.InRange(await rig.CounterAsync("heap_bytes_max"), 192L << 20, 1L << 30);
        long units = NodeRig.Units(status, "unitsUnredeemed");
        Assert.True(units > 0);
        Assert.Equal(0, NodeRig.Units(status, "unitsUnacked"));
        JsonElement due = rig.Json(["redeem", "--dry-run", .. config]);
        Assert.Equal(units, NodeRig.Units(due, "units"));
        Assert.Equal(0, rig.Json(["outbox", .. config])
            .GetProperty("transactions").GetArrayLength());
        rig.Must(["probe", "live", .. config]);
        rig.Must(["probe", "ready", .. config]);
        rig.Must(["ledger", "backup", rig.PathOf("copy.db"), .. config]);

        JsonElement redeemed = rig.Json(["redeem", .. config]);
        Assert.Equal("Succeeded", redeemed.GetProperty("transactions")[0]
            .GetProperty("outcome").GetString());
        await rig.UntilAsync(() => Task.FromResult(
            NodeRig.Units(rig.Json(["status", .. config]), "unitsUnredeemed") == 0));
        await rig.UntilAsync(async () => await rig.CounterAsync("fees_paid_wei_total") > 0);
        Assert.Equal(1, await rig.CounterAsync("transactions_final_total"));

        Change(rig, "\"pollMs\": 100", "\"pollMs\": 101");
        Assert.Contains("waits for a restart: chain:pollMs",
            rig.Json(["reload", .. config]).GetProperty("reload").GetString());
        Signal(rig.Node!, "HUP");
        await rig.UntilAsync(() => Task.FromResult(rig.NodeLog().Contains(
            "configuration read again", StringComparison.Ordinal)));

        Process node = rig.Node!;
        rig.Must(["drain", .. config]);
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        Assert.Equal("stopped", rig.Json(["status", .. config]).GetProperty("node").GetString());
        Assert.Equal(1, NodeRig.Run(["probe", "live", .. config]).Status);

        Directory.Delete(rig.PathOf("ledger"), recursive: true);
        rig.Must(["ledger", "restore", rig.PathOf("copy.db"), .. config]);
        await rig.StartNodeAsync();
        Assert.Equal(0, rig.StopNode());
    }

    [MarketFact]
    public async Task Rpc_AwayAtStart_IsWaitedForAndSaidAndTheWaitEndsInOrder()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await using RpcProxy proxy = new(rig.Chain.Url);
        rig.WriteConfig(
            "proxy.json", rig.Deployment("vouchers"), "31337", proxy.Url.ToString());
        foreach (string signal in new[] { "TERM", "HUP" })
        {
            proxy.Fail(null, RpcFault.CloseUnsent);
            using Process node = Process.Start(NodeRig.StartOf(
                null, "serve", "--config", rig.PathOf("proxy.json")))!;
            _ = node.StandardError.BaseStream.CopyToAsync(Stream.Null);
            await Patience.UntilAsync(async () => await rig.PageAsync("ready") is { } page
                && page.StartsWith("waiting for the chain", StringComparison.Ordinal));
            Assert.Equal("ok\n", await rig.PageAsync("health"));
            string[] config = ["--config", rig.PathOf("proxy.json")];
            rig.Must(["probe", "live", .. config]);
            Assert.Equal(1, NodeRig.Run(["probe", "ready", .. config]).Status);
            Signal(node, signal);
            if (signal == "HUP")
            {
                proxy.Heal();
                await Patience.UntilAsync(rig.IsReadyAsync);
                Signal(node, "TERM");
            }

            await node.WaitForExitAsync();
            Assert.Equal(0, node.ExitCode);
        }
    }

    [MarketFact]
    public async Task Doctor_FindsEachMistakeAlone()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        rig.Must("key", "new", rig.PathOf("poor.key"));
        rig.WriteConfig("doctor.json", rig.Deployment("vouchers"), "31337");
        Assert.Null(Found(rig));
        string token = rig.Deployment("devToken");
        string nowhere = "0x" + new string('1', 40);
        Assert.Contains("never joined", Found(
            rig, "\"key\": \"node.key\"", "\"key\": \"spend.key\""));
        Assert.Contains("cannot be redeemed", Found(rig, "provider.key", "poor.key"));
        Assert.Contains("none.key", Found(rig, "provider.key", "none.key"));
        Assert.Contains("none.json", Found(rig, "class.json", "none.json"));
        Assert.Contains("none.tflite", Found(rig, rig.Model, rig.PathOf("none.tflite")));
        Assert.Contains("chain:tokens", Found(
            rig, $"\"tokens\": [\"{token}\"", $"\"tokens\": [\"{token}\", \"{nowhere}\""));
        Assert.Contains("no channel would ever be found", Found(
            rig, "\"pollMs\": 100", "\"startBlock\": 99999999"));
        Assert.Contains("the configuration says 1", Found(
            rig, "\"chainId\": 31337", "\"chainId\": 1"));
        Assert.Contains("no contract at", Found(rig, rig.Deployment("vouchers"), nowhere));
        Assert.Contains("is not this build's Vouchers", Found(
            rig, rig.Deployment("vouchers"), token));
        Assert.Contains("was deployed with providers = ", Found(
            rig, rig.Deployment("providers"), token));
        Assert.Contains("127.0.0.1:1", Found(
            rig, $"\"{rig.Rpc}\"", $"\"{rig.Rpc}\", \"http://127.0.0.1:1\""));
        Assert.Contains("budgetUnitsStart", Found(
            rig, "\"budgetUnitsStart\": 1000000000000000", "\"budgetUnitsStart\": 1"));
        Assert.Contains("/proc/x", Found(rig, "\"ledger\": \"ledger\"", "\"ledger\": \"/proc/x\""));
        await using RpcProxy proxy = new(rig.Chain.Url) { IsWithoutFinality = true };
        Assert.Contains("set chain:confirmations", Found(
            rig, $"\"{rig.Rpc}\"", $"\"{proxy.Url}\""));
        using System.Net.Sockets.TcpListener taken = new(
            System.Net.IPAddress.Loopback, rig.NodePort);
        taken.Start();
        Assert.Contains("node:listen", Found(rig));
    }

    /// <summary>The first finding that is wrong; null where all is well.</summary>
    private static string? Found(NodeRig rig, string? old = null, string changed = "")
    {
        string text = File.ReadAllText(rig.PathOf("doctor.json"));
        Assert.Contains(old ?? "", text, StringComparison.Ordinal);
        File.WriteAllText(rig.PathOf("mistake.json"),
            old is null ? text : text.Replace(old, changed, StringComparison.Ordinal));
        (int status, string output, string error) = NodeRig.Run(
            "doctor", "--config", rig.PathOf("mistake.json"));
        string? line = Array.Find(output.Split('\n'),
            one => one.StartsWith("WRONG", StringComparison.Ordinal));
        Assert.True(status == (line is null ? 0 : 1), error);
        return line;
    }

    private static void Change(NodeRig rig, string old, string changed) => File.WriteAllText(
        rig.PathOf("node.json"),
        File.ReadAllText(rig.PathOf("node.json")).Replace(old, changed, StringComparison.Ordinal));

    private static void Signal(Process process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
    }
}
