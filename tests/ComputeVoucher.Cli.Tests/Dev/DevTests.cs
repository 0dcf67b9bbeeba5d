using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The whole market in one command, through the published binary: figures that agree, and
/// nothing left behind, whatever way it ends.</summary>
[Trait("Category", "load")]
public sealed class DevTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cv-dev-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [MarketFact]
    public void Once_Graph_EveryUnitServedIsPaidAndNothingIsLeft()
    {
        (int status, string output, string error) = NodeRig.RunIn(Variables(), Dev(3));
        Assert.True(status == 0, error);
        Assert.Equal("starting a chain, deploying the contracts\n"
            + "buying 363000 units and locking them to the node\n"
            + "sending 3 orders for glyphs.tflite\n"
            + "redeeming, and waiting for finality\n", WithoutWaits(error));
        Assert.Contains($"{"units redeemed and burned",-34}{"0",20}{"135,984",20}\n", output,
            StringComparison.Ordinal);
        Assert.Contains("\n3 orders in ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [MarketFact]
    public void Once_Prompt_StreamsOneAnswerAndShowsOthers()
    {
        (int status, string output, string error) = NodeRig.RunIn(Variables(),
            "dev", "--once", "--anvil", AnvilProcess.Binary!, "--model", NodeRig.ShippedTales,
            "--prompt", "Once upon a time", "--tokens", "8", "--orders", "2");
        Assert.True(status == 0, error);
        Assert.StartsWith("Once upon a time there was", output, StringComparison.Ordinal);
        Assert.Equal(3, output.Split("\n\n").Length - 1);
    }

    [MarketFact]
    public void Home_Named_KeepsWhatTheRunWrote()
    {
        string home = Path.Combine(_folder, "home");
        string[] dev = [.. Dev(1), "--home", home, "--json"];
        (int status, string output, string error) = NodeRig.RunIn(Variables(), dev);
        Assert.True(status == 0, error);
        Assert.Equal('{', output[0]);
        Assert.True(File.Exists(Path.Combine(home, "node.log")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(home, "spend.key")));
        (status, _, error) = NodeRig.RunIn(Variables(), dev);
        Assert.Equal(1, status);
        Assert.Contains("already holds something", error, StringComparison.Ordinal);
    }

    [MarketFact]
    public async Task Terminated_EndsItsChildrenAndTakesItsFilesAway()
    {
        using Process dev = Start(1_000_000);
        List<int> children = await ChildrenAsync(dev);
        Signal("-TERM", dev.Id);
        await dev.WaitForExitAsync();
        Assert.Equal(143, dev.ExitCode);
        Assert.All(children, child => Assert.False(ProcessTable.Lives(child)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [MarketFact]
    public async Task Killed_ItsChildrenEndWithIt()
    {
        using Process dev = Start(1_000_000);
        List<int> children = await ChildrenAsync(dev);
        Signal("-KILL", dev.Id);
        await dev.WaitForExitAsync();
        await Patience.UntilAsync(() => !children.Exists(ProcessTable.Lives));
    }

    [MarketTheory]
    [InlineData("anvil", "anvil")]
    [InlineData("serve", "the node")]
    public async Task AChildThatDiesMidRun_IsNamedAtOnce(string word, string name)
    {
        using Process dev = Start(1_000_000, out Task<string> error);
        List<int> children = await ChildrenAsync(dev);
        Signal("-KILL", children.Find(child => ProcessTable.CommandOf(child)
            .Contains(word + '\0', StringComparison.Ordinal)));
        await dev.WaitForExitAsync();
        Assert.Equal(1, dev.ExitCode);
        // What follows depends on whether it had said anything yet.
        Assert.Contains(
            $": {name} ended with status 137", await error, StringComparison.Ordinal);
        Assert.All(children, child => Assert.False(ProcessTable.Lives(child)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [MarketFact]
    public void Anvil_AWrapperScript_LeavesNoChain()
    {
        string wrapper = Path.Combine(_folder, "wrapper");
        File.WriteAllText(wrapper, $"#!/bin/sh\n'{AnvilProcess.Binary}' \"$@\"\nexit $?\n");
        File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (int status, _, string error) = NodeRig.RunIn(Variables(), Dev(1, wrapper));
        Assert.True(status == 0, error);
        Assert.Empty(ProcessTable.WithVariable(_folder));
        Assert.Equal([wrapper], Directory.GetFileSystemEntries(_folder));
    }

    [MarketFact]
    public void AStepThatFails_OneLineThatNamesIt()
    {
        (int status, _, string error) = NodeRig.RunIn(
            Variables(), [.. Dev(1, anvil: "/bin/false")]);
        Assert.Equal(1, status);
        Assert.EndsWith("\ncomputevoucher: starting a chain, deploying the contracts: anvil ended "
            + "with status 1: it said nothing (is it the right program?)\n", error,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [BinaryFact]
    public void WithoutAnvil_SaysHowToGetOne()
    {
        Dictionary<string, string> nowhere = new() { ["PATH"] = _folder };
        (int status, _, string error) = NodeRig.RunIn(nowhere, "dev", "--once", "--model",
            NodeRig.ShippedModel, "--input", NodeRig.ShippedInput);
        Assert.Equal(1, status);
        Assert.Contains("no anvil on PATH", error, StringComparison.Ordinal);
        (status, _, error) = NodeRig.RunIn(nowhere, Dev(1, "/bin/true"));
        Assert.Equal(1, status);
        Assert.EndsWith("(apt-get install util-linux)\n", error, StringComparison.Ordinal);
        (status, _, error) = NodeRig.Run("dev");
        Assert.Equal(2, status);
        Assert.Contains("--once is wanted", error, StringComparison.Ordinal);
    }

    /// <summary>Whether the opening was final when the orders came is the machine's speed.
    /// </summary>
    private static string WithoutWaits(string error) => string.Concat(error.Split('\n')
        .Where(line => line.Length > 0
            && !line.StartsWith("waiting: the opening", StringComparison.Ordinal))
        .Select(line => line + "\n"));

    private static string[] Dev(int orders, string? anvil = null) =>
    [
        "dev", "--once", "--anvil", anvil ?? AnvilProcess.Binary!, "--model",
        NodeRig.ShippedModel, "--input", NodeRig.ShippedInput, "--orders", $"{orders}",
    ];

    private Dictionary<string, string> Variables() => new() { ["TMPDIR"] = _folder };

    private Process Start(int orders) => Start(orders, out _);

    private Process Start(int orders, out Task<string> error)
    {
        Process dev = Process.Start(NodeRig.StartOf(Variables(), Dev(orders)))!;
        dev.OutputDataReceived += (_, _) => { };
        dev.BeginOutputReadLine();
        error = dev.StandardError.ReadToEndAsync();
        return dev;
    }

    /// <summary>Chain and node, once both run.</summary>
    private static async Task<List<int>> ChildrenAsync(Process parent)
    {
        List<int> children = [];
        await Patience.UntilAsync(() =>
        {
            Assert.False(parent.HasExited, "dev ended by itself");
            children = ProcessTable.ChildrenOf(parent.Id);
            return children.Count == 2;
        });
        return children;
    }

    private static void Signal(string signal, int process)
    {
        using Process kill = Process.Start("kill", [signal, $"{process}"]);
        kill.WaitForExit();
    }
}
