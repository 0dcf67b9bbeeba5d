using System;
using System.Globalization;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary>The node of a development market: this program once more, as <c>serve</c>.</summary>
internal sealed class DevNode : IAsyncDisposable
{
    private const string UnitsServed = "computevoucher_units_served_total ";

    private readonly ChildProcess _process;
    private readonly IPEndPoint _health;

    private DevNode(ChildProcess process, IPEndPoint listen, IPEndPoint health) =>
        (_process, Listen, _health) = (process, listen, health);

    /// <summary>Where it takes orders.</summary>
    public IPEndPoint Listen { get; }

    /// <inheritdoc cref="ChildProcess.Lost"/>
    public Task<CommandException> Lost => _process.Lost;

    /// <summary>Writes its configuration, starts it, and waits until it takes orders.</summary>
    public static Task<DevNode> StartAsync(DevHome home, string rpc, DeploymentFile deployment,
        string model, UInt128 budget, CancellationToken cancel) => FreePorts.UseAsync(2, ports =>
        {
            OutputFile.Write(home.NodeConfig, Configuration(
                home, rpc, deployment, model, budget, ports[0], ports[1]).ToJson() + "\n");
            return StartAsync(home, ports[0], ports[1], cancel);
        });

    private static async Task<DevNode> StartAsync(
        DevHome home, IPEndPoint listen, IPEndPoint health, CancellationToken cancel)
    {
        string program = Environment.ProcessPath
            ?? throw new CommandException("the path of this program is unknown (is /proc there?)");
        ChildProcess process = ChildProcess.Start(
            "the node", home.NodeLog, program, "serve", "--config", home.NodeConfig);
        DevNode node = new(process, listen, health);
        try
        {
            // Its own word first: it says where it serves once it has both ports.
            await process.UntilAsync(async stop => process.HasSaid($" on {listen}")
                && await HealthPage.ReadAsync(health, "ready", stop).ConfigureAwait(false)
                    is not null, cancel).ConfigureAwait(false);
            return node;
        }
        catch
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Units it has served, as it says itself.</summary>
    public async Task<UInt128> UnitsServedAsync(CancellationToken cancel)
    {
        string page = await HealthPage.ReadAsync(_health, "metrics", cancel)
            .ConfigureAwait(false) ?? "";
        string? line = Array.Find(
            page.Split('\n'), one => one.StartsWith(UnitsServed, StringComparison.Ordinal));
        return line is null
            ? throw new CommandException("the node's metrics name no units served: "
                + _process.LastWords(1))
            : UInt128.Parse(line.AsSpan(UnitsServed.Length), CultureInfo.InvariantCulture);
    }

    /// <summary>Drains it; its ledger is free afterwards.</summary>
    /// <exception cref="CommandException">It did not end by itself.</exception>
    public async Task DrainAsync()
    {
        int status = await _process.StopAsync().ConfigureAwait(false);
        if (status != ExitStatus.Done)
        {
            throw new CommandException($"the node ended with status {status} instead of draining: "
                + _process.LastWords(1));
        }
    }

    /// <summary>The last lines of its log.</summary>
    public string LastWords(int lines) => _process.LastWords(lines);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static Report Configuration(DevHome home, string rpc, DeploymentFile deployment,
        string model, UInt128 budget, IPEndPoint listen, IPEndPoint health) => new Report()
        .Add("chain", new Report()
            .Add("rpc", [rpc])
            .Add("chainId", deployment.ChainId)
            .Add("vouchers", deployment.Vouchers.ToString())
            .Add("providers", deployment.Providers.ToString())
            .Add("tokens", [deployment.DevToken.ToString()!])
            .Add("pollMs", 200)
            .Add("headAgeSecondsMax", 0)
            // One order of a small model makes a channel that a real node would call dust.
            .Add("channelUnitsMin", 1))
        .Add("node", new Report()
            .Add("key", home.NodeKey)
            .Add("listen", listen.ToString())
            .Add("ledger", home.Ledger)
            .Add("health", health.ToString()))
        .Add("serve", new Report()
            .Add("models", [model])
            .Add("classes", [home.Class]))
        .Add("redeem", new Report()
            .Add("enabled", false)
            .Add("key", home.ProviderKey))
        .Add("rules", new Report().Add("budgetUnitsStart", budget));
}
