using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A class with a court: the holder orders of a node that can be punished, and keeps what
/// it would be punished with.</summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class CourtTests
{
    private const ulong Units = 1_000_000_000_000;

    /// <summary>Attack a05 begins with an exit: nothing is ordered behind it that is due later
    /// than the bond may answer for.</summary>
    [MarketFact]
    public async Task A05_OrdersWantABond_AndEndWithItsExit()
    {
        await using NodeRig rig = await CreateAsync();
        (int status, _, string error) = NodeRig.Run(Request(rig, 600));
        Assert.Equal(1, status);
        Assert.Contains("has no bond in token", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Evidence(rig)));

        await CourtRig.StakeAsync(rig);
        rig.Must(Request(rig, 600));
        EvidenceBundle bundle = EvidenceFolder.Read(
            Assert.Single(Directory.GetFiles(Evidence(rig), "*.evidence")));
        Assert.Equal(RefusalReason.None, bundle.Check());
        Assert.False(bundle.Receipt.IsEmpty || bundle.Ack.IsEmpty);
        Assert.Equal(rig.Deployment("court"), bundle.Class.Court.ToString());

        JsonElement bond = rig.Json("status", "--config", rig.PathOf("node.json"))
            .GetProperty("bonds").EnumerateArray().Single();
        Assert.Equal(rig.Deployment("court"), bond.GetProperty("court").GetString());
        string doctor = NodeRig.Run("doctor", "--config", rig.PathOf("node.json")).Output;
        Assert.Contains($"{CourtRig.Bond} of token", doctor, StringComparison.Ordinal);
        Assert.Contains("bytes of inputs", doctor, StringComparison.Ordinal);
        Assert.Contains($"court {rig.Deployment("court")}: this build's code", doctor,
            StringComparison.Ordinal);
        Assert.Contains("a whole dispute costs up to", doctor, StringComparison.Ordinal);
        Assert.Contains("redeem:key is the provider's", doctor, StringComparison.Ordinal);

        // The exit ends 33 days later, so that a deadline of a little less than 3 days is the last
        // that the bond answers for; with every second that passes it is less. The chain's clock
        // may be ahead of the client's: a second for each of its blocks.
        rig.OnChain("provider", "exit", "--key", rig.PathOf("provider.key"), "--node",
            rig.AddressOf("node"), "--class", rig.PathOf("class.json"));
        int kept = 0;
        await Patience.UntilAsync(
            () =>
            {
                kept = Directory.GetFiles(Evidence(rig), "*.evidence").Length;
                (status, _, error) = NodeRig.Run(Request(rig, 259_200));
                return error.Contains("takes its bond away at", StringComparison.Ordinal);
            },
            () => error);
        Assert.Equal(1, status);
        Assert.Equal(kept, Directory.GetFiles(Evidence(rig), "*.evidence").Length);
    }

    /// <summary>What a node says of a trace later is evidence too; and where the class of a channel
    /// is not known, that is said when there is something to lose.</summary>
    [MarketFact]
    public async Task TraceRoot_IsAddedToTheEvidence_AndAMissingClassIsSaid()
    {
        await using NodeRig rig = await CreateAsync();
        await CourtRig.StakeAsync(rig);
        string receipts = rig.PathOf("receipts");
        rig.Must([.. Request(rig, 600), "--receipts", receipts]);
        string order = JsonDocument.Parse(File.ReadLines(receipts).Single()).RootElement
            .GetProperty("orderHash").GetString()!;
        string file = Assert.Single(Directory.GetFiles(Evidence(rig), "*.evidence"));
        Assert.True(EvidenceFolder.Read(file).TraceRoot.IsEmpty);
        JsonElement row = rig.Json(
            [.. rig.TraceArguments(order), "--state", rig.PathOf("client.state")])
            .GetProperty("traces")[0];
        Assert.Equal(file, row.GetProperty("evidence").GetString());
        EvidenceBundle bundle = EvidenceFolder.Read(file);
        Assert.Equal(RefusalReason.None, bundle.Check());
        Assert.Equal(
            row.GetProperty("signed").GetString(), Primitives.Hex.Encode(bundle.TraceRoot.Span));
        Assert.False(bundle.IsEquivocation());

        string channel = rig.PathOf("channel.json");
        string[] show = ["channel", "show", "--channel", channel];
        Assert.Equal(rig.Deployment("court"), rig.OnChain(show).GetProperty("court").GetString());
        JsonElement served = rig.Json(Request(rig, 600));
        Assert.False(served.TryGetProperty("court", out _));
        ChannelTerms terms = ChannelFile.Load(channel);
        File.Delete(channel);
        ChannelFile.Write(channel, terms);
        Assert.Contains("does not hold", rig.OnChain(show).GetProperty("court").GetString()!,
            StringComparison.Ordinal);
        served = rig.Json(Request(rig, 600));
        Assert.Contains("does not hold", served.GetProperty("court").GetString()!,
            StringComparison.Ordinal);
        Assert.Contains("--class", served.GetProperty("remedy").GetString()!,
            StringComparison.Ordinal);
    }

    /// <summary>R20, R13: where a court is paid for, only what it can judge is ordered, and only by
    /// who has the weights to show what is wrong.</summary>
    [MarketFact]
    public async Task test_courtClassWantsHeldWeights()
    {
        await using NodeRig rig = await CourtRig.CreateAsync(Units);
        string[] request = Request(rig, 600);
        int at = Array.IndexOf(request, rig.Model);

        // Not admitted: the court knows no shapes, no units and no roots of it.
        string other = Path.Combine(Path.GetDirectoryName(NodeRig.ShippedModel)!, "..", "..",
            "models", "tales", "tales.gguf");
        Assert.True(File.Exists(other));
        string[] prompt = [.. request[..at], other, .. request[(at + 1)..]];
        int input = Array.IndexOf(prompt, "--input");
        (prompt[input], prompt[input + 1]) = ("--prompt", "Once");
        (int status, _, string error) = NodeRig.Run(prompt);
        Assert.Equal(1, status);
        Assert.Contains("not disputable", error, StringComparison.Ordinal);

        // Admitted, and its weights cut off.
        string half = rig.PathOf("half.tflite");
        byte[] whole = File.ReadAllBytes(rig.Model);
        File.WriteAllBytes(half, whole[..(whole.Length / 2)]);
        request[at] = half;
        Assert.Equal(1, NodeRig.Run(request).Status);
        Assert.Empty(Directory.GetFiles(Evidence(rig)));

        // A receipt whose weights are not here says so.
        request[at] = rig.Model;
        await rig.StartNodeAsync();
        string receipts = rig.PathOf("receipts");
        rig.Must([.. request, "--receipts", receipts]);
        Assert.Equal("weights not held: not disputable", rig.Json("verify", "receipt", receipts,
            "--deployment", rig.PathOf("deployment.json"), "--channel",
            rig.PathOf("channel.json")).GetProperty("disputable").GetString());
    }

    private static async Task<NodeRig> CreateAsync()
    {
        NodeRig rig = await CourtRig.CreateAsync(Units, isBonded: false);
        await rig.StartNodeAsync();
        return rig;
    }

    private static string Evidence(NodeRig rig) => rig.PathOf("client.state.evidence");

    private static string[] Request(NodeRig rig, int deadline) => rig.RequestArguments(
        1, 1, "--deadline", $"{deadline}", "--rpc", rig.Rpc);
}
