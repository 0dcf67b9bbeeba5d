using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What may go wrong around a node that serves: it stays up, says so in one line, and
/// takes up its work again; no unit is lost.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class SurroundingsTests
{
    private const ulong Units = 1_000_000_000_000;

    [MountFact]
    public async Task Disk_FullUnderLoad_RefusesThenServesAgainAndEverySumAgrees()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        string ledger = rig.PathOf("ledger");
        Directory.CreateDirectory(ledger);
        using MountNamespace disk = MountNamespace.Start(
            $"mount -t tmpfs -o size=1m,mode=700 none '{ledger}'");
        rig.NodePrefix = disk.Prefix;
        await rig.StartNodeAsync();
        ProcessStartInfo start = NodeRig.StartOf(
            null, rig.RequestArguments(10_000, 16, "--json"));
        using Process client = Process.Start(start)!;
        Task<string> answer = client.StandardOutput.ReadToEndAsync();
        await rig.UntilAsync(() => Task.FromResult(
            rig.NodeLog().Contains("LedgerFull", StringComparison.Ordinal)));
        Assert.False(client.HasExited);
        Assert.Equal("ok\n", await rig.PageAsync("health"));

        disk.Run("mount", "-o", "remount,size=200m", ledger);
        using JsonDocument served = JsonDocument.Parse(await answer);
        await client.WaitForExitAsync();
        Assert.Equal(0, client.ExitCode);
        Assert.Equal(10_000, served.RootElement.GetProperty("served").GetInt32());
        string log = rig.NodeLog(int.MaxValue);
        Assert.Contains("LedgerRoom", log, StringComparison.Ordinal);
        Assert.DoesNotContain("UnexpectedFailure", log, StringComparison.Ordinal);
        Assert.Equal(0, rig.StopNode());
        (int status, string output, string error) = rig.RunPrefixed(
            "redeem", "--config", rig.PathOf("node.json"), "--json");
        Assert.True(status == 0, error);
        using JsonDocument redeemed = JsonDocument.Parse(output);
        Assert.Equal(served.RootElement.GetProperty("ackedUnits").ToString(),
            redeemed.RootElement.GetProperty("redeemedUnits").ToString());
        Assert.Equal(served.RootElement.GetProperty("units").ToString(),
            redeemed.RootElement.GetProperty("redeemedUnits").ToString());
    }

    [MountFact]
    public async Task Libssl_Missing_HttpServesAndHttpsIsOneLine()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        using MountNamespace bare = MountNamespace.Start(
            "for f in $(ldconfig -p | sed -n 's/.*lib\\(ssl\\|crypto\\)\\.so.* => //p'); do "
            + "mount --bind /dev/null \"$f\"; done");
        rig.NodePrefix = bare.Prefix;
        await rig.StartNodeAsync();
        Assert.Equal(8, rig.Json(rig.RequestArguments(8, 2)).GetProperty("served").GetInt32());
        Assert.Equal(0, rig.StopNode());

        rig.WriteConfig("https.json", rig.Deployment("vouchers"), "31337",
            rig.Rpc.Replace("http:", "https:", StringComparison.Ordinal));
        (int status, _, string error) = rig.RunPrefixed(
            "serve", "--config", rig.PathOf("https.json"));
        string line = OneLine(status, error);
        Assert.Contains("install libssl3", line, StringComparison.Ordinal);
        (status, string report, _) = rig.RunPrefixed(
            "doctor", "--config", rig.PathOf("https.json"));
        Assert.Equal(1, status);
        Assert.Contains("install libssl3", report, StringComparison.Ordinal);
    }

    [MarketFact]
    public async Task Rpc_AwayWhileServing_RefusesByNumberAndComesBack()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await using RpcProxy proxy = new(rig.Chain.Url);
        rig.WriteConfig(
            "proxy.json", rig.Deployment("vouchers"), "31337", proxy.Url.ToString());
        string config = File.ReadAllText(rig.PathOf("proxy.json"));
        File.WriteAllText(rig.PathOf("proxy.json"), config.Replace(
            "\"pollMs\": 100", "\"pollMs\": 100, \"awaySecondsMax\": 2", StringComparison.Ordinal));
        await rig.StartNodeAsync("proxy.json");
        Assert.Equal(4, rig.Json(rig.RequestArguments(4, 2)).GetProperty("served").GetInt32());

        proxy.Fail(null, RpcFault.CloseUnsent);
        await rig.UntilAsync(async () => !await rig.IsReadyAsync());
        Assert.Equal("ok\n", await rig.PageAsync("health"));
        using Process client = Process.Start(NodeRig.StartOf(
            null, rig.RequestArguments(4, 2, "--json")))!;
        await rig.UntilAsync(async () =>
            (await rig.PageAsync("metrics"))!.Contains(
                "orders_refused_total{", StringComparison.Ordinal));
        Assert.False(client.HasExited);

        proxy.Heal();
        string answer = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        Assert.True(client.ExitCode == 0, rig.NodeLog());
        using JsonDocument served = JsonDocument.Parse(answer);
        Assert.Equal(4, served.RootElement.GetProperty("served").GetInt32());
        await rig.UntilAsync(rig.IsReadyAsync);
        Assert.Equal(0, rig.StopNode());
    }

    [MarketFact]
    public async Task Frames_TruncatedFlippedOversize_NodeStaysAndServes()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        Random random = new(7);
        for (int i = 0; i < 40; i++)
        {
            byte[] bytes = new byte[12 + random.Next(200)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
            {
                // A header that could be a Hello, with a length of up to 4 GiB.
                bytes[4] = 1;
                bytes.AsSpan(5, 3).Clear();
            }

            using TcpClient client = new();
            await client.ConnectAsync("127.0.0.1", rig.NodePort);
            await client.GetStream().WriteAsync(bytes.AsMemory(0, 1 + random.Next(bytes.Length)));
        }

        Assert.False(rig.Node!.HasExited);
        Assert.Equal(4, rig.Json(rig.RequestArguments(4, 2)).GetProperty("served").GetInt32());
        string log = rig.NodeLog(int.MaxValue);
        Assert.DoesNotContain("UnexpectedFailure", log, StringComparison.Ordinal);
        Assert.Equal(0, rig.StopNode());
    }

    private static string OneLine(int status, string error)
    {
        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string line = Assert.Single(lines, line => !line.StartsWith('{'));
        Assert.True(status == 1, error);
        return line;
    }
}
