using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;

namespace ComputeVoucher.TestKit;

/// <summary>
/// A whole market in a temporary folder, all of it made with the published binary: a chain, the
/// contracts, a class, a provider with a node, a holder with an open channel.
/// </summary>
public sealed class NodeRig : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = Patience.Default };

    // Time for a node to start, however busy the machine is.
    private static readonly string[] s_patience =
        ["--patience", $"{Patience.Default.TotalSeconds}"];

    private readonly AnvilProcess _anvil;
    private Process? _node;

    private NodeRig(AnvilProcess anvil, string folder, string model, string input)
    {
        _anvil = anvil;
        Folder = folder;
        Model = model;
        Input = input;
        NodePort = FreePort();
        HealthPort = FreePort();
    }

    /// <summary>The published binary, or null before ./run.sh build.</summary>
    public static string? Binary { get; } = Find();

    public string Folder { get; }

    public string Model { get; }

    public string Input { get; }

    public int NodePort { get; }

    public int HealthPort { get; }

    public string Rpc => _anvil.Url.ToString();

    public AnvilProcess Chain => _anvil;

    public Process? Node => _node;

    /// <summary>Words before the node's command: a mount namespace, say.</summary>
    public string[] NodePrefix { get; set; } = [];

    /// <summary>The shipped classifier.</summary>
    public static string ShippedModel { get; } =
        Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.tflite");

    /// <summary>Its inputs.</summary>
    public static string ShippedInput { get; } =
        Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", "glyphs.inputs");

    /// <summary>The shipped language model.</summary>
    public static string ShippedTales { get; } =
        Path.Combine(SharedData.RepositoryRoot, "models", "tales", "tales.gguf");

    /// <summary>Everything up to, and without, a running node.</summary>
    /// <param name="units">Units bought and locked.</param>
    /// <param name="model">Served and ordered; null is the shipped classifier.</param>
    public static async Task<NodeRig> CreateAsync(ulong units, string? model = null)
    {
        string folder = Directory.CreateTempSubdirectory("computevoucher-rig-").FullName;
        AnvilProcess anvil = await AnvilProcess.StartAsync("--block-time 1 --mixed-mining");
        NodeRig rig = new(anvil, folder, model ?? ShippedModel, ShippedInput);
        string[] names = ["deployer", "holder", "provider", "node"];
        for (int i = 0; i < names.Length; i++)
        {
            rig.WriteKey(names[i], AnvilProcess.Keys[i][2..]);
        }

        rig.Must("key", "new", rig.PathOf("spend.key"));
        rig.Must("deploy", "--rpc", rig.Rpc, "--key", rig.PathOf("deployer.key"), "--dev-token",
            "--out", rig.PathOf("deployment.json"));
        rig.Must("class", "create", "--token", rig.Deployment("devToken"), "--price", "1000000000",
            "-o", rig.PathOf("class.json"));
        rig.OnChain("provider", "join", "--key", rig.PathOf("provider.key"), "--node-key",
            rig.PathOf("node.key"));
        rig.OnChain("voucher", "buy", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--units", $"{units}", "--mint-dev-token");
        rig.OnChain("channel", "open", "--key", rig.PathOf("holder.key"), "--class",
            rig.PathOf("class.json"), "--node", rig.AddressOf("node"), "--spend",
            rig.AddressOf("spend"), "--units", $"{units}", "-o", rig.PathOf("channel.json"));
        rig.WriteConfig("node.json", rig.Deployment("vouchers"), "31337");
        return rig;
    }

    public string PathOf(string name) => Path.Combine(Folder, name);

    public string AddressOf(string key) => Must("key", "address", PathOf(key + ".key")).Trim();

    public string Deployment(string field)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(PathOf("deployment.json")));
        return file.RootElement.GetProperty(field).ToString();
    }

    public void WriteKey(string name, string digits, UnixFileMode mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        File.WriteAllText(PathOf(name + ".key"), digits + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PathOf(name + ".key"), mode);
        }
    }

    /// <summary>A node's configuration; the arguments are what the tests get wrong.</summary>
    public void WriteConfig(string name, string vouchers, string chainId, string? rpc = null,
        string ledger = "ledger", int? port = null, string tunnel = "-") =>
        File.WriteAllText(PathOf(name), $$"""
            {
              "chain": {
                "rpc": ["{{rpc ?? Rpc}}"], "chainId": {{chainId}}, "vouchers": "{{vouchers}}",
                "providers": "{{Deployment("providers")}}",
                "tokens": ["{{Deployment("devToken")}}"], "pollMs": 100,
                "headAgeSecondsMax": 0
              },
              "node": {
                "key": "node.key", "listen": "127.0.0.1:{{port ?? NodePort}}",
                "ledger": "{{ledger}}", "health": "127.0.0.1:{{HealthPort}}"
              },
              "wire": { "proxyFrom": ["{{tunnel}}"] },
              "serve": { "models": ["{{Model}}"], "classes": ["class.json"] },
              "redeem": { "enabled": false, "key": "provider.key" },
              "rules": { "budgetUnitsStart": 1000000000000000 }
            }
            """);

    /// <summary>An amount of a command's JSON: a decimal string.</summary>
    public static long Units(JsonElement answer, string name) => long.Parse(
        answer.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    /// <summary>Runs the binary to its end.</summary>
    public static (int Status, string Output, string Error) Run(params string[] arguments) =>
        RunIn(null, arguments);

    /// <summary>The same with variables in the environment.</summary>
    public static (int Status, string Output, string Error) RunIn(
        Dictionary<string, string>? environment, params string[] arguments) =>
        Finish(StartOf(environment, arguments));

    private static (int Status, string Output, string Error) Finish(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>The output; anything but status 0 is the test's failure.</summary>
    public string Must(params string[] arguments)
    {
        (int status, string output, string error) = Run(arguments);
        return status == 0
            ? output
            : throw new InvalidOperationException(
                $"{string.Join(' ', arguments)}: status {status}: {error}");
    }

    /// <summary>With --rpc, --deployment and --json.</summary>
    public JsonElement OnChain(params string[] arguments) => Json(
        [.. arguments, "--rpc", Rpc, "--deployment", PathOf("deployment.json")]);

    /// <summary>With --json.</summary>
    public JsonElement Json(params string[] arguments)
    {
        using JsonDocument answer = JsonDocument.Parse(Must([.. arguments, "--json"]));
        return answer.RootElement.Clone();
    }

    /// <summary>Arguments of a request for so many orders.</summary>
    public string[] RequestArguments(int count, int concurrency, params string[] more) =>
    [
        "request", "--at", $"127.0.0.1:{NodePort}", "--deployment", PathOf("deployment.json"),
        "--channel", PathOf("channel.json"), "--spend-key", PathOf("spend.key"), "--state",
        PathOf("client.state"), "--model", Model, "--input", Input, "--count", $"{count}",
        "--concurrency", $"{concurrency}", .. s_patience, .. more,
    ];

    /// <summary>Arguments of a question for the trace root of an order.</summary>
    public string[] TraceArguments(string order) =>
    [
        "trace", order, "--at", $"127.0.0.1:{NodePort}", "--deployment",
        PathOf("deployment.json"), "--channel", PathOf("channel.json"), "--spend-key",
        PathOf("spend.key"),
    ];

    /// <summary>Arguments of a request that prompts a language model.</summary>
    public string[] PromptArguments(string prompt, params string[] more) =>
    [
        "request", "--at", $"127.0.0.1:{NodePort}", "--deployment", PathOf("deployment.json"),
        "--channel", PathOf("channel.json"), "--spend-key", PathOf("spend.key"), "--state",
        PathOf("client.state"), "--model", Model, "--prompt", prompt, .. s_patience, .. more,
    ];

    /// <summary>Starts the node, and waits until it takes orders.</summary>
    public Task StartNodeAsync(string config = "node.json")
    {
        LaunchNode(config);
        return UntilAsync(IsReadyAsync);
    }

    /// <summary>Starts the node; its log goes to node.log.</summary>
    public void LaunchNode(string config = "node.json")
    {
        ProcessStartInfo start = Prefixed("serve", "--config", PathOf(config));
        _node = Process.Start(start)!;
        _ = _node.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        FileStream log = new(PathOf("node.log"), FileMode.Append, FileAccess.Write,
            FileShare.ReadWrite, bufferSize: 1);
        _ = _node.StandardError.BaseStream.CopyToAsync(log)
            .ContinueWith(_ => log.Dispose(), TaskScheduler.Default);
    }

    /// <summary>Waits until it holds, as long as the node lives.</summary>
    public Task UntilAsync(Func<Task<bool>> holds) => Patience.UntilAsync(
        async () =>
        {
            return _node is { HasExited: false }
                ? await holds()
                : throw new InvalidOperationException($"the node ended: {NodeLog()}");
        },
        () => NodeLog());

    /// <summary>Whether the node takes orders, as it says itself.</summary>
    public async Task<bool> IsReadyAsync() => await PageAsync("ready") is { } page
        && page.StartsWith("ready", StringComparison.Ordinal);

    /// <summary>A counter of the metrics page; 0 while there is none.</summary>
    public async Task<long> CounterAsync(string name)
    {
        string page = await PageAsync("metrics") ?? "";
        string prefix = $"computevoucher_{name} ";
        string? line = Array.Find(
            page.Split('\n'), one => one.StartsWith(prefix, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(prefix.Length));
    }

    /// <summary>Runs the binary to its end behind <see cref="NodePrefix"/>.</summary>
    public (int Status, string Output, string Error) RunPrefixed(params string[] arguments) =>
        Finish(Prefixed(arguments));

    /// <summary>A page of the health endpoint; null while there is none.</summary>
    public async Task<string?> PageAsync(string path)
    {
        try
        {
            using HttpResponseMessage response = await s_http.GetAsync(
                $"http://127.0.0.1:{HealthPort}/{path}");
            return await response.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>kill -9; the status must say so.</summary>
    public void KillNode()
    {
        _node!.Kill();
        _node.WaitForExit();
        if (_node.ExitCode != 137)
        {
            throw new InvalidOperationException($"the node ended with {_node.ExitCode}, not 137");
        }
    }

    /// <summary>SIGTERM; the exit status.</summary>
    public int StopNode()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_node!.Id}"]);
        kill.WaitForExit();
        _node.WaitForExit();
        int status = _node.ExitCode;
        _node.Dispose();
        _node = null;
        return status;
    }

    /// <summary>The last words of the log.</summary>
    public string NodeLog(int charsMax = 2000)
    {
        using FileStream log = new(PathOf("node.log"), FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite);
        using StreamReader reader = new(log);
        string text = reader.ReadToEnd();
        return text.Length > charsMax ? text[^charsMax..] : text;
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is { HasExited: false })
        {
            _node.Kill();
            await _node.WaitForExitAsync();
        }

        _node?.Dispose();
        await _anvil.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Starts the binary; the caller reads and ends it.</summary>
    public static ProcessStartInfo StartOf(
        Dictionary<string, string>? environment, params string[] arguments)
    {
        ProcessStartInfo start = new(Binary ?? throw new InvalidOperationException(
            "no published binary: ./run.sh build"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private ProcessStartInfo Prefixed(params string[] arguments)
    {
        ProcessStartInfo start = StartOf(null, arguments);
        for (int i = NodePrefix.Length - 1; i >= 0; i--)
        {
            start.ArgumentList.Insert(0, start.FileName);
            start.FileName = NodePrefix[i];
        }

        return start;
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Find()
    {
        string path = Path.Combine(SharedData.RepositoryRoot, "artifacts", "computevoucher");
        return File.Exists(path) ? path : null;
    }
}
