using System;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Units that become others, or pay without a channel: what a dry run says is what
/// happens.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class VoucherMoveTests
{
    private const ulong Units = 1_000_000_000_000;

    /// <summary>1000 units at 1 token base unit each become units at 3 and a premium of half.
    /// </summary>
    [MarketFact]
    public async Task Migrate_DryRunSaysWhatIsReceivedAndBurned_ThenItIs()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        Buy(rig, 1_000);
        string into = Class(rig, "into", "--price", "3000000000", "--premium-bps", "5000",
            "--expiry-days", "400");
        JsonElement said = rig.OnChain([.. Migrate(rig, into, 1_000), "--dry-run"]);
        // 1000 / 4.5 is 222; 1000 − 222 · 4.5 is 1.
        Assert.Equal(("222", "1", false), Figures(said));
        Assert.Equal("1000", Held(rig, "class.json"));
        Assert.Equal("0", Held(rig, into));

        Assert.Equal(
            ("222", "1", true), Figures(rig.OnChain(Migrate(rig, into, 1_000))));
        Assert.Equal("0", Held(rig, "class.json"));
        Assert.Equal("222", Held(rig, into));

        // Backward in time, and where nothing would come out, it says so and sends nothing.
        (int status, _, string error) = NodeRig.Run([
            "voucher", "migrate", "--rpc", rig.Rpc, "--deployment", rig.PathOf("deployment.json"),
            "--key", rig.PathOf("holder.key"), "--class", rig.PathOf(into), "--into",
            rig.PathOf("class.json"), "--units", "5"]);
        Assert.Equal(1, status);
        Assert.Contains("ends no earlier", error, StringComparison.Ordinal);
        Buy(rig, 4);
        (status, _, error) = NodeRig.Run([.. Migrate(rig, into, 4), "--rpc", rig.Rpc,
            "--deployment", rig.PathOf("deployment.json")]);
        Assert.Equal(1, status);
        Assert.Contains("all of them burn", error, StringComparison.Ordinal);
        Assert.Equal("4", Held(rig, "class.json"));
    }

    [MarketFact]
    public async Task Spend_PaysTheProviderWithoutTheChannel()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        Buy(rig, 1_000);
        string[] spend =
        [
            "voucher", "spend", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--channel", rig.PathOf("channel.json"), "--units", "600",
        ];
        JsonElement said = rig.OnChain([.. spend, "--dry-run"]);
        Assert.Equal("600", said.GetProperty("paid").GetString());
        Assert.Equal("1000", Held(rig, "class.json"));
        Assert.True(rig.OnChain(spend).GetProperty("sent").GetBoolean());
        Assert.Equal("400", Held(rig, "class.json"));
        JsonElement channel = rig.OnChain("channel", "show", "--channel",
            rig.PathOf("channel.json"));
        Assert.Equal("0", channel.GetProperty("redeemed").GetString());
    }

    private static string[] Migrate(NodeRig rig, string into, ulong units) =>
    [
        "voucher", "migrate", "--key", rig.PathOf("holder.key"), "--class",
        rig.PathOf("class.json"), "--into", rig.PathOf(into), "--units", $"{units}",
    ];

    private static (string?, string?, bool) Figures(JsonElement report) => (
        report.GetProperty("received").GetString(), report.GetProperty("burned").GetString(),
        report.GetProperty("sent").GetBoolean());

    private static void Buy(NodeRig rig, ulong units) => rig.OnChain("voucher", "buy", "--key",
        rig.PathOf("holder.key"), "--class", rig.PathOf("class.json"), "--units", $"{units}",
        "--mint-dev-token");

    private static string Class(NodeRig rig, string name, params string[] terms)
    {
        rig.Must(["class", "create", "--token", rig.Deployment("devToken"), .. terms, "-o",
            rig.PathOf(name + ".json")]);
        return name + ".json";
    }

    private static string? Held(NodeRig rig, string file) => rig.OnChain("voucher", "list",
        "--class", rig.PathOf(file), "--holder", rig.AddressOf("holder"))
        .GetProperty("units").GetString();
}
