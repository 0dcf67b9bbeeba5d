using System;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>Prometheus as the distribution has it reads the figures of a node that serves.
/// </summary>
[Trait("Category", "slow")]
[Trait("Category", "load")]
public sealed class PrometheusTests
{
    private const ulong Units = 1_000_000_000_000;

    [PrometheusFact]
    public async Task Node_ThatServed_PassesPromtoolAndIsScrapedByNameAndByAddress()
    {
        await using NodeRig rig = await NodeRig.CreateAsync(Units);
        await rig.StartNodeAsync();
        Assert.Equal(4, rig.Json(rig.RequestArguments(4, 2)).GetProperty("served").GetInt32());
        (int status, string words) = await CheckAsync((await rig.PageAsync("metrics"))!);
        Assert.Equal((0, ""), (status, words));

        string[] targets = [$"127.0.0.1:{rig.HealthPort}", $"localhost:{rig.HealthPort}"];
        using Scraper scraper = Scraper.Start(rig.Folder, targets);
        foreach (string target in targets)
        {
            await scraper.UntilAsync($"up{{instance=\"{target}\"}}", "1");
            await scraper.UntilAsync(
                $"computevoucher_orders_served_total{{instance=\"{target}\"}}", "4");
        }

        Assert.Equal(0, rig.StopNode());
    }

    /// <summary>The test above can fail: promtool says what it does not like.</summary>
    [PrometheusFact]
    public async Task Page_WithAFault_IsRefusedByPromtool()
    {
        (int status, string words) = await CheckAsync("# HELP a x\n# TYPE a counter\na 1\n");
        Assert.NotEqual(0, status);
        Assert.Contains("_total", words, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string Words)> CheckAsync(string page)
    {
        using Process process = Process.Start(new ProcessStartInfo("promtool", "check metrics")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(page);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    /// <summary>A Prometheus that scrapes every second and keeps its data in a folder.</summary>
    private sealed class Scraper : IDisposable
    {
        private static readonly HttpClient s_http = new() { Timeout = Patience.Default };

        private readonly Process _process;
        private readonly int _port;
        private string _last = "";

        private Scraper(Process process, int port) => (_process, _port) = (process, port);

        public static Scraper Start(string folder, string[] targets)
        {
            string config = Path.Combine(folder, "prometheus.yml");
            File.WriteAllText(config, $$"""
                global: { scrape_interval: 1s, scrape_timeout: 1s }
                scrape_configs:
                  - job_name: computevoucher
                    static_configs: [ { targets: ["{{string.Join("\", \"", targets)}}"] } ]
                """);
            int port = NodeRig.FreePort();
            Process process = Process.Start(new ProcessStartInfo("prometheus",
            [
                $"--config.file={config}",
                $"--web.listen-address=127.0.0.1:{port}",
                $"--storage.tsdb.path={Path.Combine(folder, "prometheus")}",
            ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
            return new Scraper(process, port);
        }

        /// <summary>Until the newest sample of the one series is so.</summary>
        public Task UntilAsync(string series, string value) => Patience.UntilAsync(
            async () => await AskAsync(series) == value,
            () => $"{series}: {_last}; ended: {_process.HasExited}");

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        private async Task<string?> AskAsync(string series)
        {
            try
            {
                _last = await s_http.GetStringAsync(
                    $"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(series)}");
            }
            catch (HttpRequestException failure)
            {
                _last = failure.Message;
                return null;
            }

            using JsonDocument answer = JsonDocument.Parse(_last);
            JsonElement found = answer.RootElement.GetProperty("data").GetProperty("result");
            return found.GetArrayLength() == 1
                ? found[0].GetProperty("value")[1].GetString()
                : null;
        }
    }
}

/// <summary>A market and Prometheus; skipped by name without them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute() => Skip = new MarketFactAttribute().Skip
        ?? (IsThere("prometheus") && IsThere("promtool")
            ? null
            : "prometheus is absent: apt-get install prometheus, as ./test.sh long does");

    private static bool IsThere(string program) =>
        Array.Exists(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            folder => File.Exists(Path.Combine(folder, program)));
}
