using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Node;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Children of this process: found again, told apart from strangers, ended whole.
/// </summary>
[Trait("Category", "load")]
public sealed class ChildProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cv-child-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Until_ItHoldsButTheChildHasEnded_Throws()
    {
        await using ChildProcess child = Start("exit 3");
        await child.Lost.WaitAsync(Patience.Default);
        CommandException failure = await Assert.ThrowsAsync<CommandException>(
            () => child.UntilAsync(_ => Task.FromResult(true), default));
        Assert.Contains("it ended with status 3: it said", failure.Message);
    }

    [Fact]
    public async Task Lost_AChildThatEndsByItself_SaysHow()
    {
        await using ChildProcess child = Start("echo bad luck; exit 5");
        CommandException line = await child.Lost.WaitAsync(Patience.Default);
        Assert.Equal("it ended with status 5: bad luck", line.Message);
    }

    [Fact]
    public async Task Stop_AChildThatWasStopped_IsNotLost()
    {
        await using ChildProcess child = Start("echo up; sleep 1000");
        await child.UntilAsync(_ => Task.FromResult(child.HasSaid("up")), default);
        Assert.Equal(128 + 15, await child.StopAsync());
        Assert.False(child.Lost.IsCompleted);
    }

    [Fact]
    public async Task End_OfAWrapper_EndsWhatItStarted()
    {
        string pid = Path.Combine(_folder, "pid");
        await using ChildProcess child = Start(
            $"(trap '' TERM; sleep 1000) & echo $! >'{pid}'; echo up; exit 0");
        await child.Lost.WaitAsync(Patience.Default);
        int grandchild = int.Parse(await File.ReadAllTextAsync(pid));
        await Patience.UntilAsync(() => !ProcessTable.Lives(grandchild));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Script_RunsOnlyBelowItsParent(int off, bool runs)
    {
        string file = Path.Combine(_folder, "ran");
        using Process shell = Process.Start("/bin/sh",
        [
            "-c", ChildProcess.Script, Path.Combine(_folder, "log"),
            $"{Environment.ProcessId + off}", "touch", file,
        ]);
        // On this thread: when it ends, the kernel ends its children.
        shell.WaitForExit();
        Assert.Equal(runs, shell.ExitCode == 0);
        Assert.Equal(runs, File.Exists(file));
    }

    [MarketFact]
    public async Task Anvil_APortThatAStrangerHas_IsNotAdopted()
    {
        await using AnvilProcess stranger = await AnvilProcess.StartAsync();
        IPEndPoint taken = new(IPAddress.Loopback, stranger.Url.Port);
        Queue<IPEndPoint> ports = new([taken, HealthPage.FreeEndPoint()]);
        await using Anvil ours = await FreePorts.UseAsync(1, ports.Dequeue, chosen =>
            Anvil.StartAsync(AnvilProcess.Binary!, Log, chosen[0], CancellationToken.None));
        Assert.NotEqual($"http://{taken}", ours.Url);
        Assert.Empty(ports);
    }

    [Fact]
    public async Task FreePorts_AStartThatFailsOnPortsOfItsOwn_IsNotTriedAgain()
    {
        int starts = 0;
        await Assert.ThrowsAsync<CommandException>(() => FreePorts.UseAsync<int>(2, _ =>
        {
            starts++;
            throw new CommandException("no");
        }));
        Assert.Equal(1, starts);
    }

    [Fact]
    public async Task FreePorts_AlwaysTaken_GivesUp()
    {
        using TcpListener stranger = new(IPAddress.Loopback, 0);
        stranger.Start();
        int starts = 0;
        await Assert.ThrowsAsync<CommandException>(() => FreePorts.UseAsync<int>(
            1, () => (IPEndPoint)stranger.LocalEndpoint, _ =>
            {
                starts++;
                throw new CommandException("no");
            }));
        Assert.Equal(5, starts);
    }

    private string Log => Path.Combine(_folder, "log");

    private ChildProcess Start(string script) =>
        ChildProcess.Start("it", Log, "/bin/sh", "-c", script);
}
