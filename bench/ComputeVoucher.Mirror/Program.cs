using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Mirror;

/// <summary>How long the published binary takes until it serves, over a real chain: with many
/// channels, near and far away, at its first start and the next; and how many requests a long
/// history costs where some are refused.</summary>
internal static class Program
{
    private const int Channels = 10_000;
    private const ulong UnitsOfChannel = 1_000_000;
    private const int BlockSeconds = 12;

    // As many ranges as 200,000 blocks are at 2,000 a range, for which a development chain would
    // mine for an hour.
    private const int Blocks = 4_000;
    private const int BlocksOfRange = 40;

    // One request in so many is refused: 2 %.
    private const int RefusedEvery = 50;

    private static readonly TimeSpan s_far = TimeSpan.FromMilliseconds(40);

    // Mined by one call to the chain, which answers when it is done.
    private const int BlocksPerCall = 500;

    private static async Task<int> Main(string[] arguments)
    {
        string what = arguments.Length == 1 ? arguments[0] : "";
        if (what is not ("starts" or "history"))
        {
            Console.Error.WriteLine("usage: ComputeVoucher.Mirror starts|history");
            return 2;
        }

        if (NodeRig.Binary is null || AnvilProcess.Binary is null)
        {
            Console.Error.WriteLine("no published binary, or no anvil: ./run.sh build first");
            return 2;
        }

        await using NodeRig rig = await NodeRig.CreateAsync(UnitsOfChannel);
        await (what == "starts" ? StartsAsync(rig) : HistoryAsync(rig));
        return 0;
    }

    private static async Task StartsAsync(NodeRig rig)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await ManyChannels.OpenAsync(rig, Channels, UnitsOfChannel);
        Print($"{Channels} channels opened", watch.Elapsed, "");
        // As mainnet: for each block the development chain hashes the whole state anew, which at
        // one block a second takes half of its time.
        await rig.Chain.RpcAsync("evm_setIntervalMining", $"{BlockSeconds}");
        await StartAsync(rig, null, "near", "first start, chain on this machine");
        await StartAsync(rig, null, "near", "next start");
        await using RpcProxy far = new(new Uri(rig.Rpc)) { Delay = s_far };
        await StartAsync(rig, far, "far", "first start, each answer 40 ms later");
        await StartAsync(rig, far, "far", "next start, each answer 40 ms later");
    }

    private static async Task HistoryAsync(NodeRig rig)
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (int mined = 0; mined < Blocks; mined += BlocksPerCall)
        {
            await rig.Chain.MineAsync(BlocksPerCall);
        }

        Print($"{Blocks} blocks mined", watch.Elapsed, "");
        await using RpcProxy calm = new(new Uri(rig.Rpc));
        await StartAsync(rig, calm, "calm", $"{Blocks} blocks", BlocksOfRange);
        await using RpcProxy limited = new(new Uri(rig.Rpc)) { LimitEvery = RefusedEvery };
        await StartAsync(
            rig, limited, "limited", $"{Blocks} blocks, 2 % refused", BlocksOfRange);
        double times = (double)limited.Count("eth_getLogs") / calm.Count("eth_getLogs");
        Console.WriteLine(
            $"eth_getLogs: {limited.Count("eth_getLogs")} for {calm.Count("eth_getLogs")}, "
            + string.Create(CultureInfo.InvariantCulture, $"{times:F2} times"));
    }

    /// <summary>From the start of the process until it is ready; then it is stopped.</summary>
    /// <param name="rig">Has the chain.</param>
    /// <param name="proxy">Through which the node sees it, and which counts; null is the chain
    /// itself, which shares the cores with nothing but the node.</param>
    /// <param name="ledger">Its folder: a new one is a first start.</param>
    /// <param name="what">Of the line that is printed.</param>
    /// <param name="range">Blocks of one query of logs.</param>
    private static async Task StartAsync(
        NodeRig rig,
        RpcProxy? proxy,
        string ledger,
        string what,
        ulong range = ChainLimits.LogBlocksMax)
    {
        string rpc = proxy?.Url.ToString() ?? rig.Rpc;
        rig.WriteConfig("bench.json", rig.Deployment("vouchers"), "31337", rpc, ledger);
        string config = rig.PathOf("bench.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace(
            "\"chain\": {",
            $"\"chain\": {{ \"logBlocksMax\": {range},",
            StringComparison.Ordinal));
        int before = proxy?.Requests ?? 0;
        Stopwatch watch = Stopwatch.StartNew();
        await rig.StartNodeAsync("bench.json");
        TimeSpan ready = watch.Elapsed;
        string requests = proxy is null ? "" : $"{proxy.Requests - before} requests, ";
        long channels = await rig.CounterAsync("channels");
        Print(what, ready, $"{requests}{channels} channels");
        rig.StopNode();
    }

    private static void Print(string what, TimeSpan time, string rest) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{what}: {time.TotalSeconds:F2} s {rest}"));
}
