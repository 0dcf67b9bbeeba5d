using System;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Texts that their reader does not read to the end: what is paid for them, and what comes
/// after them.</summary>
[Trait("Category", "load")]
public sealed class StreamTests
{
    private const ulong Units = 1_000_000_000_000;

    private const string Prompt = "Once upon a time";

    /// <summary>Far beyond what a test lets come.</summary>
    private const string Tokens = "1900";

    [MarketFact]
    public async Task ReaderThatLeaves_AndASignal_CancelAndSayThePrice()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units, NodeRig.ShippedTales);
        await rig.StartNodeAsync();
        using Process left = await BegunAsync(rig);
        left.StandardOutput.BaseStream.Dispose();
        AssertStopped(left, 141);

        // Not SIGINT, which a shell makes its background jobs ignore; both go one way.
        using Process interrupted = await BegunAsync(rig);
        using Process kill = Process.Start("kill", ["-TERM", $"{interrupted.Id}"]);
        _ = interrupted.StandardOutput.ReadToEnd();
        AssertStopped(interrupted, 143);
        Assert.Contains("computevoucher_orders_cancelled_total 2\n",
            await rig.PageAsync("metrics"), StringComparison.Ordinal);

        // Nothing is left of them.
        (int status, string output, string error) = NodeRig.Run(
            rig.PromptArguments("The dog", "--tokens", "20"));
        Assert.Equal(0, status);
        Assert.Equal(Text(rig, "The dog", "20"), output);
        Assert.DoesNotContain("earlier run", error, StringComparison.Ordinal);
    }

    [MarketFact]
    public async Task KilledClient_NextPrompt_IsCleanAndTheOldOrderIsSaid()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units, NodeRig.ShippedTales);
        await rig.StartNodeAsync();
        using (Process killed = await BegunAsync(rig))
        {
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        string receipts = rig.PathOf("receipts");
        (int status, string output, string error) = NodeRig.Run(rig.PromptArguments(
            "The dog", "--tokens", "20", "--temperature", "0.9", "--receipts", receipts));
        Assert.Equal(0, status);
        Assert.Equal(Text(rig, "The dog", "20", "--temperature", "0.9"), output);
        Assert.Matches(@"finished order 0 of an earlier run: \d+ tokens, [\d.]+ M CU\n", error);
        Assert.DoesNotContain("p50", error, StringComparison.Ordinal);

        // What both lines hold is enough to execute them again.
        string[] verify =
        [
            "verify", "receipt", receipts, "--deployment", rig.PathOf("deployment.json"),
            "--channel", rig.PathOf("channel.json"),
        ];
        JsonElement again = rig.Json([.. verify, "--model", rig.Model]);
        Assert.Equal(2, again.GetProperty("executedAgain").GetInt32());
        Assert.Equal("signatures valid, not executed again",
            rig.Json(verify).GetProperty("check").GetString());
        (status, _, error) = NodeRig.Run([.. verify, "--model", NodeRig.ShippedModel]);
        Assert.Equal(1, status);
        Assert.Contains("the order names model", error, StringComparison.Ordinal);
    }

    [MarketFact]
    public async Task RefusedOrUnseen_SaysSoOnceAndPrintsNoFigures()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units, NodeRig.ShippedTales);
        await rig.StartNodeAsync();
        (int status, string output, string error) = NodeRig.Run(
            rig.PromptArguments(Prompt, "--context", "64", "--tokens", "5"));
        Assert.Equal((1, ""), (status, output));
        // Whether the opening was final when the order came is the machine's speed.
        Assert.StartsWith("computevoucher: 1 of 1 orders refused: 121:", Assert.Single(
            error.TrimEnd().Split('\n'),
            line => !line.StartsWith("waiting: the opening", StringComparison.Ordinal)),
            StringComparison.Ordinal);

        // A channel file of no channel: the node may see it yet.
        string unseen = rig.PathOf("unseen.json");
        ChannelFile.Write(unseen, ChannelFile.Load(rig.PathOf("channel.json")) with
        {
            Salt = Keccak256.Hash("unseen"u8),
        });
        string[] request = rig.PromptArguments(Prompt, "--deadline", "3");
        request[Array.IndexOf(request, rig.PathOf("channel.json"))] = unseen;
        (status, _, error) = NodeRig.Run(request);
        Assert.Equal(1, status);
        Assert.StartsWith("waiting: the node does not know this channel yet (finality); ", error,
            StringComparison.Ordinal);
        Assert.EndsWith("(reason 110)\n", error, StringComparison.Ordinal);
    }

    /// <summary>A text of which something has come.</summary>
    private static async Task<Process> BegunAsync(NodeRig rig)
    {
        Process client = Process.Start(NodeRig.StartOf(
            null, rig.PromptArguments(Prompt, "--tokens", Tokens)))!;
        byte[] begin = new byte[60];
        await client.StandardOutput.BaseStream.ReadExactlyAsync(begin);
        return client;
    }

    private static void AssertStopped(Process client, int status)
    {
        string error = client.StandardError.ReadToEnd();
        client.WaitForExit();
        Assert.Matches(@"stopped order \d+: \d+ tokens, [\d.]+ M CU\n", error);
        Assert.Equal(status, client.ExitCode);
    }

    private static string Text(NodeRig rig, string prompt, string tokens, params string[] more) =>
        rig.Json([
            "generate", "--model", rig.Model, "--prompt", prompt, "--tokens", tokens, .. more])
            .GetProperty("text").GetString() + "\n";
}
