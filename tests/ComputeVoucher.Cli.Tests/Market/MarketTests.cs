using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The published binary, a real chain, a real model: from the purchase to the payment,
/// and everything that can be wrong around the node.</summary>
[Trait("Category", "load")]
public sealed class MarketTests
{
    private const ulong Units = 10_000_000_000;

    [MarketFact]
    public async Task Market_OrdersAckRedeemSettle_EverySumAgrees()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();

        // 1. Orders, some with a trace root, some with an Accept; every receipt is checked.
        JsonElement first = rig.Json(rig.RequestArguments(64, 8, "--trace", "--accept",
            "--output", rig.PathOf("out"), "--receipts", rig.PathOf("receipts")));
        Assert.Equal(64, first.GetProperty("served").GetInt32());
        long units = NodeRig.Units(first, "units");
        Assert.Equal(units, NodeRig.Units(first, "ackedUnits"));

        // 2. What the node answered is what a local run answers.
        rig.Must("infer", "--model", rig.Model, "--input", rig.Input, "--output",
            rig.PathOf("local"), "--backend", "scalar");
        Assert.Equal(File.ReadAllBytes(rig.PathOf("local"))[..640],
            File.ReadAllBytes(rig.PathOf("out")));
        JsonElement verified = rig.Json("verify", "receipt", rig.PathOf("receipts"),
            "--deployment", rig.PathOf("deployment.json"), "--channel", rig.PathOf("channel.json"),
            "--model", rig.Model, "--input", rig.Input);
        Assert.Equal(64, verified.GetProperty("executedAgain").GetInt32());

        string line = File.ReadLines(rig.PathOf("receipts")).First();
        JsonElement receipt = JsonDocument.Parse(line).RootElement;
        string order = receipt.GetProperty("orderHash").GetString()!;
        JsonElement trace = rig.Json(rig.TraceArguments(order)).GetProperty("traces")[0];
        Assert.Equal(receipt.GetProperty("traceRoot").GetString(),
            trace.GetProperty("traceRoot").GetString());
        (int status, _, string error) = NodeRig.Run(
            rig.TraceArguments(receipt.GetProperty("outputRoot").GetString()!));
        Assert.Equal(1, status);
        Assert.Contains("knows no such order", error, StringComparison.Ordinal);

        // 3. A client that lost its memory learns from the node's signed evidence.
        File.Delete(rig.PathOf("client.state"));
        JsonElement second = rig.Json(rig.RequestArguments(16, 4));
        Assert.Equal(80, second.GetProperty("nextSeq").GetInt32());
        long acked = NodeRig.Units(second, "ackedUnits");
        Assert.Equal(units + NodeRig.Units(second, "units"), acked);

        // 4. The node says the same.
        string metrics = await rig.PageAsync("metrics") ?? "";
        Assert.Contains("computevoucher_orders_served_total 80\n", metrics,
            StringComparison.Ordinal);
        Assert.Equal("ok\n", await rig.PageAsync("health"));

        // 5. Drain, redeem in one batch, settle: paid for every unit (price: one each).
        Assert.Equal(0, rig.StopNode());
        JsonElement due = rig.Json("redeem", "--dry-run", "--config", rig.PathOf("node.json"));
        Assert.Equal(acked, NodeRig.Units(due, "units"));
        JsonElement redeemed = rig.Json("redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(acked, NodeRig.Units(redeemed, "redeemedUnits"));
        Assert.Equal(1, redeemed.GetProperty("transactions").GetArrayLength());
        JsonElement settled = rig.OnChain("provider", "settle", "--key", rig.PathOf("provider.key"),
            "--class", rig.PathOf("class.json"));
        Assert.Equal($"{acked}", settled.GetProperty("settled").GetString());

        // 6. Both agree to end it: the rest goes back to the holder at once, who knows his acks
        // from the node.
        await rig.StartNodeAsync();
        JsonElement closed = rig.OnChain("channel", "close", "--key", rig.PathOf("holder.key"),
            "--class", rig.PathOf("class.json"), "--channel", rig.PathOf("channel.json"),
            "--at", $"127.0.0.1:{rig.NodePort}", "--spend-key", rig.PathOf("spend.key"),
            "--state", rig.PathOf("lost.state"));
        Assert.Equal("closed", closed.GetProperty("state").GetString());
        JsonElement holder = rig.OnChain("voucher", "list", "--class", rig.PathOf("class.json"),
            "--holder", rig.AddressOf("holder"));
        Assert.Equal($"{Units - (ulong)acked}", holder.GetProperty("units").GetString());
    }

    [MarketFact]
    public async Task Files_OfNodeAndClient_PrivateInAFolderThatOthersRead()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        // As a volume or a service manager prepares it.
        Directory.CreateDirectory(rig.PathOf("ledger"));
        await rig.StartNodeAsync();
        rig.Json(rig.RequestArguments(4, 2, "--output", rig.PathOf("out"), "--receipts",
            rig.PathOf("receipts")));
        RequirePrivate(rig.PathOf("ledger"), "*");
        RequirePrivate(rig.Folder, "client.state*");
        RequirePrivate(rig.Folder, "receipts");
        RequirePrivate(rig.Folder, "out");
        Assert.Equal(0, rig.StopNode());
    }

    /// <summary>Files and sockets that group and others may do nothing with, and some of them.
    /// </summary>
    private static void RequirePrivate(string folder, string pattern)
    {
        const int GroupAndOthers = 0x3F;
        string[] files = Directory.GetFiles(folder, pattern);
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(
            (file, 0), (file, (int)File.GetUnixFileMode(file) & GroupAndOthers)));
    }

    [MarketFact]
    public async Task Node_WrongSurroundings_OneClearLineAndStatusOne()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        string vouchers = rig.Deployment("vouchers");
        string nowhere = "0x" + new string('1', 40);
        rig.WriteConfig("chain.json", vouchers, "1");
        Refused(rig, "chain.json", "is chain 31337, the configuration says 1");
        rig.WriteConfig("code.json", nowhere, "31337");
        Refused(rig, "code.json", "no contract at");
        rig.WriteKey("node", AnvilProcess.Keys[3][2..],
            UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused(rig, "node.json", "chmod 600");
        File.SetUnixFileMode(rig.PathOf("node.key"), UnixFileMode.UserRead);

        await rig.StartNodeAsync();
        Refused(rig, "node.json", "is another node running?");
        WithoutHealth(rig, "node.json", "lock.json");
        Refused(rig, "lock.json", "ledger");
        rig.WriteConfig("port.json", vouchers, "31337", ledger: "ledger2");
        WithoutHealth(rig, "port.json", "port.json");
        Refused(rig, "port.json", $"{rig.NodePort}");
        Assert.Equal(0, rig.StopNode());
    }

    [MarketFact]
    public async Task Node_SigtermUnderLoad_DrainsAndLosesNothing()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(1_000_000_000_000);
        await rig.StartNodeAsync();
        using Process client = Process.Start(NodeRig.StartOf(
            null, rig.RequestArguments(1_000_000, 8)))!;
        await rig.UntilAsync(async () => await rig.CounterAsync("orders_served_total") >= 100);
        Assert.Equal(0, rig.StopNode());

        await rig.StartNodeAsync();
        await rig.UntilAsync(async () => await rig.CounterAsync("orders_served_total") >= 100);
        Assert.False(client.HasExited);
        client.Kill();
        await client.WaitForExitAsync();
        JsonElement last = rig.Json(rig.RequestArguments(1, 1));
        Assert.Equal(0, rig.StopNode());
        JsonElement redeemed = rig.Json("redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(last.GetProperty("ackedUnits").ToString(),
            redeemed.GetProperty("redeemedUnits").ToString());
    }

    [MarketFact]
    public async Task Node_LanguageModel_StreamsCancelsAndChargesTheStepsDone()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(
            1_000_000_000_000, NodeRig.ShippedTales);
        await rig.StartNodeAsync();

        // 1. The same text as without a node, token for token.
        const string Prompt = "Once upon a time";
        string local = rig.Json("generate", "--model", rig.Model, "--prompt", Prompt, "--tokens",
            "60").GetProperty("text").GetString()!;
        Assert.Equal(local + "\n", rig.Must(rig.PromptArguments(Prompt, "--tokens", "60")));

        // 2. Streams side by side, with trace roots; each checked by the client.
        JsonElement several = rig.Json(rig.PromptArguments(Prompt, "--tokens", "40", "--trace",
            "--count", "8", "--concurrency", "8", "--temperature", "0.9"));
        Assert.Equal(8, several.GetProperty("served").GetInt32());

        // 3. A cancelled order is charged for its steps and no more.
        JsonElement whole = rig.Json(rig.PromptArguments(Prompt, "--tokens", "1500"));
        // On a busy machine a Cancel may come when all is done; then the next one is looked at.
        long most = NodeRig.Units(whole, "units");
        JsonElement cut = default;
        await Patience.UntilAsync(
            () =>
            {
                cut = rig.Json(rig.PromptArguments(
                    Prompt, "--tokens", "1500", "--cancel-after", "3"));
                Assert.InRange(NodeRig.Units(cut, "units"), 1, most);
                return NodeRig.Units(cut, "units") <= most / 2;
            },
            () => "every Cancel came late");
        Assert.InRange(await rig.CounterAsync("orders_cancelled_total"), 1, long.MaxValue);

        Assert.Equal(0, rig.StopNode());
        JsonElement redeemed = rig.Json("redeem", "--config", rig.PathOf("node.json"));
        Assert.Equal(cut.GetProperty("ackedUnits").ToString(),
            redeemed.GetProperty("redeemedUnits").ToString());
    }

    private static void WithoutHealth(NodeRig rig, string config, string copy) =>
        File.WriteAllText(rig.PathOf(copy), File.ReadAllText(rig.PathOf(config)).Replace(
            $"127.0.0.1:{rig.HealthPort}", "off", StringComparison.Ordinal));

    private static void Refused(NodeRig rig, string config, string says)
    {
        (int status, _, string error) = NodeRig.Run("serve", "--config", rig.PathOf(config));
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string last = Assert.Single(lines, line => !line.StartsWith('{'));
        Assert.True(status == 1 && last.Contains(says, StringComparison.Ordinal), error);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("a defect", error, StringComparison.Ordinal);
    }
}
