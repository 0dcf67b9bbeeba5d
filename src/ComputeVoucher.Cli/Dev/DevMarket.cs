using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// A whole market on this machine, built in the order of these methods: a chain, the contracts, a
/// class, a provider with a node, a holder with a channel. It takes everything down again.
/// </summary>
internal sealed class DevMarket(DevHome home) : IAsyncDisposable
{
    /// <summary>Token base units per 1,000,000,000 units.</summary>
    private const ulong Price = 1_000_000;

    private const ulong DaySeconds = 86_400;

    /// <summary>A connection breaks a moment before the end of the process behind it is seen.
    /// </summary>
    private static readonly TimeSpan s_endSeenMax = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<CommandException> _lost = new();

    private Anvil? _chain;
    private DevNode? _node;
    private DeploymentFile? _deployment;
    private VoucherClass _class;
    private ChannelTerms _channel;
    private Address _provider;

    public DeploymentFile Deployment => _deployment!;

    public ChannelTerms Channel => _channel;

    public VoucherClass Class => _class;

    /// <summary>Null before it is started.</summary>
    public DevNode? Node => _node;

    /// <summary>Development accounts for all but orders, which have a key of their own.</summary>
    public void MakeKeys()
    {
        string[] files = [home.DeployerKey, home.HolderKey, home.ProviderKey, home.NodeKey];
        for (int i = 0; i < files.Length; i++)
        {
            KeyFile.Write(files[i], Convert.FromHexString(Anvil.Keys[i]));
        }

        _ = KeyFile.Create(home.SpendKey);
    }

    /// <summary>Runs steps, and gives up at once when chain or node ends meanwhile.</summary>
    /// <exception cref="CommandException">One ended; with which status.</exception>
    public async Task<T> WhileAliveAsync<T>(
        Func<CancellationToken, Task<T>> steps, CancellationToken cancel)
    {
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<T> run = steps(stop.Token);
        await Task.WhenAny(run, _lost.Task).ConfigureAwait(false);
        if (run.IsFaulted)
        {
            await Task.WhenAny(_lost.Task, Task.Delay(s_endSeenMax, cancel))
                .ConfigureAwait(false);
        }

        if (run.IsCompletedSuccessfully || !_lost.Task.IsCompleted)
        {
            return await run.ConfigureAwait(false);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        throw await _lost.Task.ConfigureAwait(false);
    }

    public async Task StartChainAsync(string anvil, CancellationToken cancel)
    {
        _chain = await Anvil.StartAsync(anvil, home.AnvilLog, cancel).ConfigureAwait(false);
        Watch(_chain.Lost);
    }

    public async Task DeployAsync(CancellationToken cancel)
    {
        using ChainSession chain = await ChainSession.OpenToDeployAsync(
            [_chain!.Url], KeyFile.Load(home.DeployerKey), SendRules.Quiet, cancel)
            .ConfigureAwait(false);
        _deployment = await DeployCommand.DeployAsync(
            chain, home.Deployment, withCourt: false, withDevToken: true, cancel)
            .ConfigureAwait(false);
    }

    public void CreateClass()
    {
        ulong now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        _class = new VoucherClass(Deployment.DevToken!.Value, Price, now + (365 * DaySeconds),
            (uint)(3 * DaySeconds), 0, 0, VoucherLimits.BasisPointsMax, CostTable.Hash,
            Address.Zero);
        OutputFile.Write(home.Class, ClassFile.Report(_class).ToJson() + "\n");
    }

    public async Task JoinAsync(CancellationToken cancel)
    {
        using PrivateKey node = KeyFile.Load(home.NodeKey);
        using ChainSession chain = await OpenAsync(home.ProviderKey, cancel).ConfigureAwait(false);
        await ProviderCommands.JoinAsync(chain, node, cancel).ConfigureAwait(false);
        _provider = chain.Account;
    }

    public async Task BuyAndLockAsync(UInt128 units, CancellationToken cancel)
    {
        using PrivateKey node = KeyFile.Load(home.NodeKey);
        using PrivateKey spend = KeyFile.Load(home.SpendKey);
        using ChainSession chain = await OpenAsync(home.HolderKey, cancel).ConfigureAwait(false);
        await VoucherCommands.BuyAsync(
            chain, _class, units, chain.Account, mintDevToken: true, cancel).ConfigureAwait(false);
        _channel = await ChannelCommands.OpenAsync(chain, _class, node.Address, spend.Address,
            units, home.Channel, cancel).ConfigureAwait(false);
    }

    public async Task<DevNode> StartNodeAsync(
        string model, UInt128 budget, CancellationToken cancel)
    {
        _node = await DevNode.StartAsync(
            home, _chain!.Url, Deployment, model, budget, cancel).ConfigureAwait(false);
        Watch(_node.Lost);
        return _node;
    }

    public async Task SettleAsync(CancellationToken cancel)
    {
        using ChainSession chain = await OpenAsync(home.ProviderKey, cancel).ConfigureAwait(false);
        await chain.Sender.SendAsync("settle", Deployment.Vouchers,
            VouchersContract.Settle(_class.Token, _provider), cancel).ConfigureAwait(false);
    }

    public async Task<DevSnapshot> SnapshotAsync(CancellationToken cancel)
    {
        using ChainSession chain = await OpenAsync(null, cancel).ConfigureAwait(false);
        return await DevSnapshot.TakeAsync(chain, _class, _channel, _provider, cancel)
            .ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync().ConfigureAwait(false);
        }

        if (_chain is not null)
        {
            await _chain.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Watch(Task<CommandException> lost) => lost.ContinueWith(
        ended => _lost.TrySetResult(ended.Result), TaskScheduler.Default);

    /// <summary>Reads, and sends where a key is named.</summary>
    private Task<ChainSession> OpenAsync(string? key, CancellationToken cancel) =>
        ChainSession.OpenAsync([_chain!.Url], Deployment,
            key is null ? null : KeyFile.Load(key), SendRules.Quiet, cancel);
}
