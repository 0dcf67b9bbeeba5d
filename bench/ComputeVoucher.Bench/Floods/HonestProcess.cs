using System;
using System.Diagnostics;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Bench;

/// <summary>An honest client in a process of its own: whoever floods shares neither its heap nor
/// its threads, so that no pause of the bench's counts as the node's. It is told what to do line by
/// line, and answers each with one.</summary>
internal sealed class HonestProcess : IDisposable
{
    /// <summary>The word by which the bench starts itself as a client.</summary>
    public const string Command = "honest";

    private const string Serve = "serve";
    private const string Run = "run";
    private const string Stop = "stop";

    private readonly HonestPlan _plan;
    private readonly Process _process;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _seq;

    private HonestProcess(HonestPlan plan)
    {
        _plan = plan;
        (_file, _seq) = Share(plan);
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "ComputeVoucher.Bench"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        string[] arguments = [Command, plan.Folder, $"{plan.Node}", plan.Model, plan.Input];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
    }

    /// <summary>Connected, and as fast as it becomes.</summary>
    public static async Task<HonestProcess> StartAsync(NodeRig rig)
    {
        IPEndPoint node = new(IPAddress.Loopback, rig.NodePort);
        HonestProcess client = new(new HonestPlan(rig.Folder, node, rig.Model, rig.Input));
        await client.AskAsync(Serve).ConfigureAwait(false);
        return client;
    }

    /// <summary>For a flooder at an endpoint, after one more order.</summary>
    /// <param name="endpoint">Null is the node.</param>
    public async Task<FloodTarget> TargetAsync(IPEndPoint? endpoint)
    {
        byte[] signed = Hex.Decode(await AskAsync(Serve).ConfigureAwait(false));
        _ = SignedPayload.Decode(signed, out Order served, out _);
        byte[] input = _plan.Work().Input;
        return new FloodTarget
        {
            Endpoint = endpoint ?? _plan.Node,
            Answers = endpoint is null,
            Separator = _plan.Separator(),
            SpendKey = _plan.SpendKey(),
            Served = served,
            Input = input,
            InputBytesMax = input.Length,
            UnusedSeq = () => _seq.ReadUInt64(0) + (ulong)(2 * HonestClient.AckEvery),
        };
    }

    /// <summary>Orders until it is stopped.</summary>
    public async Task<HonestFigures> RunAsync(CancellationToken stop)
    {
        Task<string> figures = AskAsync(Run);
        await Task.Delay(Timeout.Infinite, stop)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _process.StandardInput.WriteLineAsync(Stop).ConfigureAwait(false);
        return HonestFigures.Read(await figures.ConfigureAwait(false));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _seq.Dispose();
        _file.Dispose();
    }

    /// <summary>The client's side, until standard input ends.</summary>
    /// <param name="args">What <see cref="HonestPlan"/> holds.</param>
    public static async Task<int> ServeAsync(string[] args)
    {
        HonestPlan plan = new(args[0], IPEndPoint.Parse(args[1]), args[2], args[3]);
        (MemoryMappedFile file, MemoryMappedViewAccessor seq) = Share(plan);
        using (file)
        using (seq)
        {
            await using HonestClient client = await HonestClient.ConnectAsync(plan)
                .ConfigureAwait(false);
            client.Began = next => seq.Write(0, next);
            while (Console.In.ReadLine() is { } line)
            {
                string answer = line == Run
                    ? await RunAsync(client).ConfigureAwait(false)
                    : Hex.Encode(await client.ServeAsync().ConfigureAwait(false));
                Console.Out.WriteLine(answer);
            }
        }

        return 0;
    }

    private static async Task<string> RunAsync(HonestClient client)
    {
        using CancellationTokenSource over = new();
        Task<HonestFigures> running = Task.Run(() => client.RunAsync(over.Token));
        Console.In.ReadLine();
        await over.CancelAsync().ConfigureAwait(false);
        return (await running.ConfigureAwait(false)).Write();
    }

    /// <summary>Eight bytes that both processes see: the client's next sequence.</summary>
    private static (MemoryMappedFile File, MemoryMappedViewAccessor View) Share(HonestPlan plan)
    {
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            Path.Combine(plan.Folder, "client.seq"), FileMode.OpenOrCreate, null, sizeof(ulong));
        return (file, file.CreateViewAccessor(0, sizeof(ulong)));
    }

    private async Task<string> AskAsync(string what)
    {
        await _process.StandardInput.WriteLineAsync(what).ConfigureAwait(false);
        return await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false)
            ?? throw new IOException("the honest client's process ended");
    }
}
