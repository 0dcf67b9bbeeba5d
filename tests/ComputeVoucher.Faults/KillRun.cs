using System;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Faults;

/// <summary>
/// A node under load is killed with SIGKILL at random moments and started again. At the end the
/// units that the client saw acknowledged, those in the node's ledger, those redeemed on chain and
/// the tokens paid must agree to the last one.
/// </summary>
internal static class KillRun
{
    /// <summary>
    /// Locked to the channel: a classifier of some 10^5 units, served for minutes.
    /// </summary>
    private const ulong UnitsBought = 1_000_000_000_000_000;

    /// <summary>
    /// Most orders that a node serves before it is killed: from its first one to many batches. A
    /// life in orders and not in seconds, so that a busy machine's kills fall where an idle one's
    /// do.
    /// </summary>
    private const int LifeOrdersMax = 1_000;

    /// <summary>Exit status: 0 all agree, 1 they do not, 2 too little happened to tell.</summary>
    public static async Task<int> RunAsync(int kills, ulong seed)
    {
        if (NodeRig.Binary is null || AnvilProcess.Binary is null)
        {
            Console.Error.WriteLine("kill: no published binary or no anvil: ./run.sh build");
            return 2;
        }

        Prng random = new(seed);
        await using NodeRig rig = await NodeRig.CreateAsync(UnitsBought);
        await rig.StartNodeAsync();
        using Process client = Process.Start(NodeRig.StartOf(null,
            rig.RequestArguments(10_000_000, 8, "--ack-every", "8")))!;
        Task<string> complaint = client.StandardError.ReadToEndAsync();
        for (int i = 0; i < kills; i++)
        {
            int life = 1 + random.Below(LifeOrdersMax);
            await rig.UntilAsync(async () => client.HasExited
                || await rig.CounterAsync("orders_served_total") >= life);
            if (client.HasExited)
            {
                Console.Error.WriteLine($"kill: the client gave up: {await complaint}");
                return 1;
            }

            rig.KillNode();
            await rig.StartNodeAsync();
        }

        client.Kill();
        await client.WaitForExitAsync();
        return await AgreeAsync(rig, "kill", kills, seed, kills + 1, rig.RequestArguments(1, 1));
    }

    /// <summary>Four accounts of the same units, from four places, and the ledger's orders one by
    /// one.</summary>
    /// <param name="rig">With a node that runs.</param>
    /// <param name="name">Of the run, for its lines.</param>
    /// <param name="kills">What was done to it.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="ordersMin">Fewer prove too little.</param>
    /// <param name="order">Arguments of a last order, which also finishes and acknowledges what a
    /// killed client left behind.</param>
    internal static async Task<int> AgreeAsync(
        NodeRig rig, string name, int kills, ulong seed, int ordersMin, string[] order)
    {
        JsonElement last = rig.Json(order);
        Int128 acked = Units(last, "ackedUnits");
        long orders = last.GetProperty("nextSeq").GetInt64();
        // What was just confirmed must survive the very next instruction.
        rig.KillNode();
        await rig.StartNodeAsync();
        int status = rig.StopNode();
        if (await LedgerCount.CheckAsync(rig, orders, acked) is { } wrong)
        {
            Console.Error.WriteLine($"{name}: {wrong}");
            return 1;
        }

        JsonElement redeem = rig.Json("redeem", "--config", rig.PathOf("node.json"));
        JsonElement settled = rig.OnChain("provider", "settle", "--key", rig.PathOf("provider.key"),
            "--class", rig.PathOf("class.json"));
        JsonElement channel = rig.OnChain(
            "channel", "show", "--channel", rig.PathOf("channel.json"));
        Int128 ledger = Units(redeem, "ackedUnits");
        Int128 redeemed = Units(channel, "redeemed");
        // The class's price is one token base unit a unit.
        Int128 paid = Units(settled, "settled");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {kills} kills, seed {seed}, {orders} orders; units acknowledged "
            + $"{acked}, in the ledger {ledger}, redeemed {redeemed}, paid {paid}; drained with "
            + $"status {status}"));
        bool agree = acked == ledger && ledger == redeemed && redeemed == paid && status == 0;
        if (!agree)
        {
            Console.Error.WriteLine($"{name}: the sums do not agree");
            return 1;
        }

        return orders >= ordersMin ? 0 : 2;
    }

    private static Int128 Units(JsonElement report, string field) =>
        Int128.Parse(report.GetProperty(field).ToString(), CultureInfo.InvariantCulture);
}
