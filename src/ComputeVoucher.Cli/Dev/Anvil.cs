using System;
using System.IO;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;

namespace ComputeVoucher.Cli;

/// <summary>A development chain on this machine.</summary>
internal sealed class Anvil : IAsyncDisposable
{
    private const string Remedy = "npm install @foundry-rs/anvil brings one, and so does "
        + "./run.sh build; name it with --anvil FILE";

    /// <summary>
    /// Keys of anvil's first accounts, rich from the start: public knowledge, worth nothing
    /// anywhere else.
    /// </summary>
    public static readonly string[] Keys =
    [
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    ];

    private readonly ChildProcess _process;

    private Anvil(ChildProcess process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    /// <inheritdoc cref="ChildProcess.Lost"/>
    public Task<CommandException> Lost => _process.Lost;

    /// <summary>The named program, or the one on PATH.</summary>
    /// <exception cref="CommandException">None; how to get one.</exception>
    public static string Find(string? named)
    {
        if (named is not null)
        {
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new CommandException($"--anvil {named}: no such file ({Remedy})");
        }

        return SearchPath.Find("anvil")
            ?? throw new CommandException($"no anvil on PATH, and so no chain ({Remedy})");
    }

    /// <summary>Starts it on a free port and waits until it answers.</summary>
    public static Task<Anvil> StartAsync(string program, string log, CancellationToken cancel) =>
        FreePorts.UseAsync(1, ports => StartAsync(program, log, ports[0], cancel));

    /// <exception cref="CommandException">It ended, and nothing of it is left.</exception>
    internal static async Task<Anvil> StartAsync(
        string program, string log, IPEndPoint at, CancellationToken cancel)
    {
        // One slot an epoch and a block a second, so that finality moves while one watches.
        ChildProcess process = ChildProcess.Start("anvil", log, program, "--slots-in-an-epoch",
            "1", "--block-time", "1", "--mixed-mining", "--port", $"{at.Port}");
        Anvil anvil = new(process, $"http://{at}");
        try
        {
            using JsonRpcClient rpc = ChainSession.Connect([anvil.Url], SendRules.Reading);
            // Its own word first: whoever took the port before it would answer as well.
            await process.UntilAsync(
                async stop => process.HasSaid($"Listening on {at}")
                    && await AnswersAsync(rpc, stop).ConfigureAwait(false),
                cancel).ConfigureAwait(false);
            return anvil;
        }
        catch
        {
            await anvil.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<bool> AnswersAsync(JsonRpcClient rpc, CancellationToken cancel)
    {
        try
        {
            return await rpc.ChainIdAsync(cancel).ConfigureAwait(false) > 0;
        }
        catch (ChainException)
        {
            return false;
        }
    }
}
