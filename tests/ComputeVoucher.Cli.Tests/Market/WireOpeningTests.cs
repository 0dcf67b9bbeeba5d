using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>`verify receipt` asks the node that served the orders, over the wire, and judges what
/// it opens.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class WireOpeningTests
{
    [MarketFact]
    public async Task Receipts_AreOpenedByTheirNode_AtRandom()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(1_000_000_000_000);
        await rig.StartNodeAsync();
        string receipts = rig.PathOf("receipts");
        rig.Must(rig.RequestArguments(2, 1, "--trace", "--receipts", receipts));
        string[] verify =
        [
            "verify", "receipt", receipts, "--deployment", rig.PathOf("deployment.json"),
            "--channel", rig.PathOf("channel.json"), "--model", rig.Model, "--input", rig.Input,
            "--at", $"127.0.0.1:{rig.NodePort}", "--openings", "32",
        ];
        string[] asked = [.. verify, "--spend-key", rig.PathOf("spend.key")];
        JsonElement found = rig.Json(asked);
        Assert.Equal("signatures valid, 2 of 2 opened at random",
            found.GetProperty("check").GetString());
        JsonElement[] opened = [.. found.GetProperty("opened").EnumerateArray()];
        Assert.Equal(2, opened.Length);
        Assert.All(opened, one => Assert.Equal(32, one.GetProperty("openings").GetInt32()));
        Assert.NotEqual(opened[0].GetProperty("seed").GetString(),
            opened[1].GetProperty("seed").GetString());
        Assert.Equal("1 % wrong: 27.5 %", opened[0].GetProperty("detects")[1].GetString());
        Assert.InRange(found.GetProperty("openedBytes").GetInt64(), 1, 1 << 20);

        // Whoever signed no order is told nothing.
        (int status, _, string error) = NodeRig.Run(
            [.. verify, "--spend-key", rig.PathOf("holder.key")]);
        Assert.Equal(1, status);
        Assert.Contains("the channel names", error, StringComparison.Ordinal);
        (status, _, error) = NodeRig.Run(verify);
        Assert.Equal(2, status);
        Assert.Contains("--spend-key FILE is wanted", error, StringComparison.Ordinal);
    }

    /// <summary>An order without a trace root: the node signs it when it is asked, and that word is
    /// what is opened.</summary>
    [MarketFact]
    public async Task OrderWithoutATraceRoot_IsOpenedUnderTheOneThatIsSignedThen()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(1_000_000_000_000);
        await rig.StartNodeAsync();
        string receipts = rig.PathOf("receipts");
        rig.Must(rig.RequestArguments(1, 1, "--receipts", receipts));
        string line = File.ReadAllLines(receipts).Single();
        JsonElement found = rig.Json("verify", "receipt", receipts, "--deployment",
            rig.PathOf("deployment.json"), "--channel", rig.PathOf("channel.json"), "--model",
            rig.Model, "--input", rig.Input, "--at", $"127.0.0.1:{rig.NodePort}", "--spend-key",
            rig.PathOf("spend.key"), "--openings", "8");
        string order = JsonDocument.Parse(line).RootElement.GetProperty("orderHash").GetString()!;
        JsonElement word = rig.Json(rig.TraceArguments(order)).GetProperty("traces")[0];
        Assert.Equal(word.GetProperty("traceRoot").GetString(),
            found.GetProperty("opened")[0].GetProperty("traceRoot").GetString());
    }
}
