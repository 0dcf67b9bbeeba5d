using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Mirror;

/// <summary>How long the published binary takes until it serves, over a real chain: with many
/// channels, near and far away, at its first start and the next; and how many requests a long
/// history costs where some are refused.</summary>
internal static class Program
{
    private const int Channels = 10_000;
    private const ulong UnitsOfChannel = 1_000_000;
    private const int Blocks = 200_000;

    // One request in so many is refused: 2 %.
    private const int RefusedEvery = 50;

    private static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(40);

    private static async Task<int> Main()
    {
        if (NodeRig.Binary is null || AnvilProcess.Binary is null)
        {
            Console.Error.WriteLine("no published binary, or no anvil: ./run.sh build first");
            return 2;
        }

        await using (NodeRig rig = await NodeRig.CreateAsync(UnitsOfChannel))
        {
            await StartsAsync(rig);
        }

        await using (NodeRig rig = await NodeRig.CreateAsync(UnitsOfChannel))
        {
            await HistoryAsync(rig);
        }

        return 0;
    }

    private static async Task StartsAsync(NodeRig rig)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await ManyChannels.OpenAsync(rig, Channels, UnitsOfChannel);
        Print($"{Channels} channels opened", watch.Elapsed, "");
        await using RpcProxy near = new(new Uri(rig.Rpc));
        await StartAsync(rig, near, "near", "first start, chain on this machine");
        await StartAsync(rig, near, "near", "next start");
        await using RpcProxy far = new(new Uri(rig.Rpc)) { Delay = s_far };
        await StartAsync(rig, far, "far", "first start, each answer 40 ms later");
        await StartAsync(rig, far, "far", "next start, each answer 40 ms later");
    }

    private static async Task HistoryAsync(NodeRig rig)
    {
        await rig.Chain.MineAsync(Blocks);
        await using RpcProxy calm = new(new Uri(rig.Rpc));
        await StartAsync(rig, calm, "calm", $"{Blocks} blocks");
        await using RpcProxy limited = new(new Uri(rig.Rpc)) { LimitEvery = RefusedEvery };
        await StartAsync(rig, limited, "limited", $"{Blocks} blocks, 2 % refused with HTTP 429");
        double times = (double)limited.Count("eth_getLogs") / calm.Count("eth_getLogs");
        Console.WriteLine(
            $"eth_getLogs: {limited.Count("eth_getLogs")} for {calm.Count("eth_getLogs")}, "
            + string.Create(CultureInfo.InvariantCulture, $"{times:F2} times"));
    }

    /// <summary>From the start of the process until it is ready; then it is stopped.</summary>
    private static async Task StartAsync(NodeRig rig, RpcProxy proxy, string ledger, string what)
    {
        rig.WriteConfig(
            "bench.json", rig.Deployment("vouchers"), "31337", proxy.Url.ToString(), ledger);
        int before = proxy.Requests;
        Stopwatch watch = Stopwatch.StartNew();
        await rig.StartNodeAsync("bench.json");
        TimeSpan ready = watch.Elapsed;
        int requests = proxy.Requests - before;
        long channels = await rig.CounterAsync("channels");
        Print(what, ready, $"{requests} requests, {channels} channels");
        rig.StopNode();
    }

    private static void Print(string what, TimeSpan time, string rest) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{what}: {time.TotalSeconds:F2} s {rest}"));
}
