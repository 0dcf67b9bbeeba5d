using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.TestKit;

/// <summary>A development chain of our own: anvil of the npm package that src/contracts pins.
/// </summary>
/// <remarks>It runs below a shell that waits for the end of its standard input, so it ends with
/// the test process whatever way that ends.</remarks>
public sealed class AnvilProcess : IAsyncDisposable
{
    private const string ListeningPrefix = "Listening on 127.0.0.1:";

    // The path of the npm package, below src/contracts.
    private const string PackagePath =
        "src/contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";

    private static readonly HttpClient s_http = new() { Timeout = Patience.Default };

    private readonly Process _process;

    private AnvilProcess(Process process, int port)
    {
        _process = process;
        Url = new Uri($"http://127.0.0.1:{port}/");
    }

    /// <summary>The private keys of the first accounts, rich from the start; anvil's own
    /// well-known mnemonic.</summary>
    public static string[] Keys { get; } =
    [
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    ];

    /// <summary>The binary, or null where npm has not fetched it.</summary>
    public static string? Binary { get; } = Find();

    public Uri Url { get; }

    /// <summary>Chain id 31337, one slot per epoch so that "finalized" follows two blocks
    /// behind.</summary>
    public static async Task<AnvilProcess> StartAsync(string arguments = "")
    {
        string binary = Binary
            ?? throw new InvalidOperationException("no anvil: npm ci in src/contracts");
        string command = $"'{binary}' --port 0 --slots-in-an-epoch 1 {arguments} & "
            + "child=$!; read -r line; kill -9 $child; wait $child 2>/dev/null";
        ProcessStartInfo start = new("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using CancellationTokenSource timer = new(Patience.Default);
        while (await process.StandardOutput.ReadLineAsync(timer.Token) is string line)
        {
            if (line.StartsWith(ListeningPrefix, StringComparison.Ordinal))
            {
                int port = int.Parse(line.AsSpan(ListeningPrefix.Length));

                // A full pipe would stop the chain.
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return new AnvilProcess(process, port);
            }
        }

        process.Dispose();
        throw new InvalidOperationException("anvil ended before it listened");
    }

    /// <summary>One JSON-RPC call, for the methods that only a development chain has; the
    /// parameters are JSON without the brackets.</summary>
    public async Task<JsonElement> RpcAsync(string method, string parameters = "")
    {
        JsonElement answer = await PostAsync(Body(method, parameters, 1));
        return answer.TryGetProperty("result", out JsonElement result)
            ? result
            : throw new InvalidOperationException($"{method}: {answer}");
    }

    /// <summary>Many calls of one method in one request; their answers, result or error, in the
    /// same order.</summary>
    public async Task<JsonElement[]> RpcAllAsync(string method, IReadOnlyList<string> parameters)
    {
        if (parameters.Count == 0)
        {
            return [];
        }

        IEnumerable<string> calls = parameters.Select((p, i) => Body(method, p, i));
        JsonElement all = await PostAsync($"[{string.Join(',', calls)}]");
        JsonElement[] answers = new JsonElement[parameters.Count];
        foreach (JsonElement answer in all.EnumerateArray())
        {
            answers[answer.GetProperty("id").GetInt32()] = answer;
        }

        return answers;
    }

    /// <summary>Mines so many blocks.</summary>
    public Task MineAsync(int blocks = 1) => RpcAsync("anvil_mine", $"\"0x{blocks:x}\"");

    public async ValueTask DisposeAsync()
    {
        try
        {
            // The shell's read returns, and it ends the chain.
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        _process.Dispose();
    }

    private static string Body(string method, string parameters, int id) =>
        $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":[{{parameters}}]}""";

    private async Task<JsonElement> PostAsync(string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await s_http.PostAsync(Url, content);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return answer.RootElement.Clone();
    }

    private static string? Find()
    {
        string? named = Environment.GetEnvironmentVariable("CV_ANVIL");
        string path = string.IsNullOrEmpty(named)
            ? Path.Combine(SharedData.RepositoryRoot, PackagePath)
            : named;
        return File.Exists(path) ? path : null;
    }
}
