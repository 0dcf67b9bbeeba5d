using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.TypeScript.Tests;

/// <summary>One run of the client in tests/typescript against a market of its own: a channel's
/// whole life, then once more after the node has started again.</summary>
public sealed class TypeScriptRun : IAsyncLifetime
{
    private const ulong Units = 1_000_000_000_000;

    private static readonly string s_folder =
        Path.Combine(SharedData.RepositoryRoot, "tests", "typescript");

    /// <summary>What each step said: "ok", or why not.</summary>
    public Dictionary<string, string> Steps { get; } = [];

    /// <summary>Everything that the client printed.</summary>
    public string Output { get; private set; } = "";

    /// <summary>Exit status of each start of the client: 0 where every step was "ok".</summary>
    public List<int> Statuses { get; } = [];

    public async Task InitializeAsync()
    {
        if (NodeRig.Binary is null || AnvilProcess.Binary is null)
        {
            // Every test is skipped, by name.
            return;
        }

        if (await RunAsync(Path.Combine(s_folder, "build.mjs")) != 0)
        {
            throw new InvalidOperationException($"tests/typescript does not build: {Output}");
        }

        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        rig.Must("model", "import", NodeRig.ShippedModel, "-o", rig.PathOf("glyphs.cvm"));
        rig.Must("model", "import", NodeRig.ShippedTales, "-o", rig.PathOf("tales.cvm"));
        File.Copy(NodeRig.ShippedInput, rig.PathOf("glyphs.inputs"));
        ServeBothModels(rig.PathOf("node.json"));
        string client = Path.Combine(s_folder, "out", "client.js");
        await rig.StartNodeAsync();
        Statuses.Add(await RunAsync(client, "first", rig.Folder, $"{rig.NodePort}"));
        rig.StopNode();
        await rig.StartNodeAsync();
        Statuses.Add(await RunAsync(client, "restarted", rig.Folder, $"{rig.NodePort}"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>One stream of tokens at a time, so that an order can be cancelled while it waits.
    /// </summary>
    private static void ServeBothModels(string config)
    {
        string text = File.ReadAllText(config);
        string one = $"\"models\": [\"{NodeRig.ShippedModel}\"";
        File.WriteAllText(config, text.Replace(
            one, $"\"streamsMax\": 1, {one}, \"{NodeRig.ShippedTales}\"",
            StringComparison.Ordinal));
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("node", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource bound = new(Patience.Default);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(bound.Token);
            Output += await process.StandardOutput.ReadToEndAsync(bound.Token);
            Output += await error;
            await process.WaitForExitAsync(bound.Token);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }

        ReadSteps();
        return process.ExitCode;
    }

    private void ReadSteps()
    {
        foreach (string line in Output.Split('\n'))
        {
            int end = line.IndexOf(':', StringComparison.Ordinal);
            if (line.StartsWith("ok ", StringComparison.Ordinal))
            {
                Steps[line[3..]] = "ok";
            }
            else if (line.StartsWith("not ok ", StringComparison.Ordinal) && end > 0)
            {
                Steps[line[7..end]] = line;
            }
        }
    }
}
