using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Threading.Tasks;
using ComputeVoucher.Node;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>The published binary as a node that has its keys and waits for its chain, which is
/// away: no market is needed for what is asked of the process itself.</summary>
internal sealed class ServingProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cv-serving-");
    private readonly int _healthPort;
    private Process? _process;

    private ServingProcess()
    {
        foreach (string key in new[] { "node.key", "payer.key" })
        {
            Must("key", "new", PathOf(key));
        }

        string token = "0x" + new string('1', 40);
        Must("class", "create", "--token", token, "--price", "1", "-o", PathOf("class.json"));
        File.Copy(NodeRig.ShippedModel, PathOf("model.tflite"));
        _healthPort = NodeRig.FreePort();
        File.WriteAllText(PathOf("node.json"), $$"""
            {
              "chain": {
                "rpc": ["http://127.0.0.1:{{NodeRig.FreePort()}}"], "chainId": 1,
                "vouchers": "{{token}}", "providers": "{{token}}", "tokens": ["{{token}}"]
              },
              "node": {
                "key": "node.key", "listen": "127.0.0.1:{{NodeRig.FreePort()}}",
                "ledger": "ledger", "health": "127.0.0.1:{{_healthPort}}"
              },
              "redeem": { "key": "payer.key" },
              "serve": { "models": ["model.tflite"], "classes": ["class.json"] }
            }
            """);
    }

    public int Id => _process!.Id;

    /// <param name="script">Of a shell, which sets limits, say, and becomes its arguments.</param>
    public static async Task<ServingProcess> StartAsync(string script)
    {
        ServingProcess serving = new();
        serving._process = Process.Start(StartOf(
            script, NodeRig.Binary!, "serve", "--config", serving.PathOf("node.json")))!;
        _ = serving._process.StandardOutput.ReadToEndAsync();
        _ = serving._process.StandardError.ReadToEndAsync();
        await Patience.UntilAsync(
            async () => (await serving.PageAsync()).Contains(
                "waiting for the chain", StringComparison.Ordinal),
            () => $"ended: {serving._process.HasExited}");
        return serving;
    }

    /// <summary>Runs a shell to its end.</summary>
    public static async Task<(int Status, string Output)> ShellAsync(
        string script, params string[] arguments)
    {
        using Process process = Process.Start(StartOf(script, arguments))!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Lines of a file of the kernel about the process.</summary>
    public string[] Proc(string file) => File.ReadAllLines($"/proc/{Id}/{file}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>What the node waits for.</summary>
    private async Task<string> PageAsync() => (await HealthPage.AskAsync(
        new IPEndPoint(IPAddress.Loopback, _healthPort), "ready", default)).Text;

    private static ProcessStartInfo StartOf(string script, params string[] arguments) =>
        new("sh", ["-c", script, "sh", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private static void Must(params string[] arguments)
    {
        (int status, _, string error) = NodeRig.Run(arguments);
        Assert.True(status == 0, error);
    }
}
