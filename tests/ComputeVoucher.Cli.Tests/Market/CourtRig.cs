using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A rig whose class has the deployment's court, its model admitted and its node bonded.
/// </summary>
internal static class CourtRig
{
    public const ulong Bond = 5_000_000;

    public static async Task<NodeRig> CreateAsync(ulong units, bool isBonded = true)
    {
        NodeRig rig = await NodeRig.CreateAsync(units);
        File.Delete(rig.PathOf("class.json"));
        File.Delete(rig.PathOf("channel.json"));
        rig.Must("class", "create", "--token", rig.Deployment("devToken"), "--price", "1000000000",
            "--court", rig.Deployment("court"), "--window-days", "2", "-o",
            rig.PathOf("class.json"));
        rig.OnChain("voucher", "buy", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--units", $"{units}", "--mint-dev-token");
        rig.OnChain("channel", "open", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--node", rig.AddressOf("node"), "--spend",
            rig.AddressOf("spend"), "--units", $"{units}", "-o", rig.PathOf("channel.json"));
        rig.OnChain("model", "admit", rig.Model, "--key", rig.PathOf("deployer.key"));
        string config = rig.PathOf("node.json");
        File.WriteAllText(config, File.ReadAllText(config)
            .Replace("\"pollMs\"", $"\"courts\": [\"{rig.Deployment("court")}\"], \"pollMs\"",
                StringComparison.Ordinal)
            .Replace("\"rules\": {", "\"rules\": { \"orderHorizonSeconds\": 259200, ",
                StringComparison.Ordinal));
        if (isBonded)
        {
            await StakeAsync(rig);
        }

        return rig;
    }

    /// <summary>Coins out of nothing for the provider, and all of them for its node.</summary>
    public static async Task StakeAsync(NodeRig rig)
    {
        string provider = rig.AddressOf("provider")[2..].PadLeft(64, '0');
        await rig.Chain.RpcAsync("eth_sendTransaction", $$"""
            {"from":"{{rig.AddressOf("deployer")}}","to":"{{rig.Deployment("devToken")}}",
             "data":"0x40c10f19{{provider}}{{Bond:x64}}"}
            """);
        await rig.Chain.MineAsync();
        rig.OnChain("provider", "stake", "--key", rig.PathOf("provider.key"), "--node",
            rig.AddressOf("node"), "--class", rig.PathOf("class.json"), "--amount", $"{Bond}");
    }
}
