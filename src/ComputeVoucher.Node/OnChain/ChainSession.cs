using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node.Cli;
using ComputeVoucher.Node.Files;
using ComputeVoucher.Node.Keys;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node.OnChain;

/// <summary>What a command needs to read the chain and to send a transaction or two.</summary>
internal sealed class ChainSession : IDisposable
{
    /// <summary>How often a command looks for its transaction.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(150);

    private readonly Outbox? _outbox;
    private readonly PrivateKey? _key;

    private ChainSession(JsonRpcClient rpc, DeploymentFile? deployment, Outbox? outbox,
        PrivateKey? key)
    {
        (Rpc, _outbox, _key) = (rpc, outbox, key);
        Deployment = deployment!;
        Vouchers = new VouchersContract(rpc, deployment?.Vouchers ?? default);
        Providers = new ProvidersContract(rpc, deployment?.Providers ?? default);
    }

    public JsonRpcClient Rpc { get; }

    public DeploymentFile Deployment { get; }

    public VouchersContract Vouchers { get; }

    public ProvidersContract Providers { get; }

    /// <summary>Who signs; only of a session with a key.</summary>
    public Address Account => _key!.Address;

    public PrivateKey Key => _key!;

    /// <summary>Reads only.</summary>
    public static Task<ChainSession> OpenAsync(ParseResult parsed, CancellationToken cancel) =>
        OpenAsync(parsed, withKey: false, cancel);

    /// <summary>Reads, and sends with <c>--key</c>.</summary>
    public static Task<ChainSession> OpenToSendAsync(
        ParseResult parsed, CancellationToken cancel) =>
        OpenAsync(parsed, withKey: true, cancel);

    /// <summary>Before there is a deployment.</summary>
    public static async Task<ChainSession> OpenToDeployAsync(
        ParseResult parsed, CancellationToken cancel)
    {
        PrivateKey key = KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key));
        JsonRpcClient rpc = Connect(parsed.GetRequiredValue(CommonOptions.Rpc));
        ulong chainId = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        return new ChainSession(rpc, null, OutboxOf(rpc, key, chainId), key);
    }

    public static JsonRpcClient Connect(IReadOnlyList<string> urls)
    {
        List<Uri> endpoints = [];
        foreach (string url in urls)
        {
            endpoints.Add(Uri.TryCreate(url, UriKind.Absolute, out Uri? endpoint)
                ? endpoint
                : throw new UsageException(
                    $"--rpc {url}: a URL is wanted, as http://127.0.0.1:8545"));
        }

        return new JsonRpcClient(new RpcOptions { Endpoints = endpoints }, TimeProvider.System);
    }

    /// <summary>Sends one transaction and waits until it is in a block.</summary>
    /// <exception cref="NodeException">The contract refused it.</exception>
    public async Task<TransactionReceipt> SendAsync(
        string kind, Address? to, byte[] data, CancellationToken cancel)
    {
        OutboxRequest request = new() { Kind = kind, To = to, Data = data };
        OutboxItem item = await _outbox!.SubmitAsync(request, cancel).ConfigureAwait(false);
        OutboxChange done = await WaitAsync(item, cancel).ConfigureAwait(false);
        return done.Item.Outcome == OutboxOutcome.Succeeded && done.Receipt is { } receipt
            ? receipt
            : throw new NodeException($"{kind}: the chain refused it: "
                + (done.Item.Note ?? done.Item.Outcome.ToString()));
    }

    public void Dispose()
    {
        _outbox?.Dispose();
        _key?.Dispose();
        Rpc.Dispose();
    }

    private async Task<OutboxChange> WaitAsync(OutboxItem item, CancellationToken cancel)
    {
        TransactionReceipt? receipt = null;
        while (true)
        {
            foreach (OutboxChange change in await _outbox!.StepAsync(cancel).ConfigureAwait(false))
            {
                receipt = change.Receipt ?? receipt;
                if (change.Item.Id == item.Id && change.Item.State >= OutboxState.Mined)
                {
                    return new OutboxChange(change.Item, receipt);
                }
            }

            if (_outbox.Problem is { } problem)
            {
                // What a service would wait for, a command reports: the person is still there.
                throw new NodeException(problem);
            }

            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<ChainSession> OpenAsync(
        ParseResult parsed, bool withKey, CancellationToken cancel)
    {
        DeploymentFile deployment = DeploymentFile.Load(
            parsed.GetRequiredValue(CommonOptions.Deployment));
        PrivateKey? key = withKey
            ? KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key))
            : null;
        JsonRpcClient rpc = Connect(parsed.GetRequiredValue(CommonOptions.Rpc));
        EndpointGuard guard = new(
            rpc, deployment.ChainId, deployment.Vouchers, deployment.Providers);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            throw new NodeException(health.Problem ?? "the chain cannot be used");
        }

        return new ChainSession(rpc, deployment,
            key is null ? null : OutboxOf(rpc, key, deployment.ChainId), key);
    }

    private static Outbox OutboxOf(JsonRpcClient rpc, PrivateKey key, ulong chainId) =>
        new(rpc, new MemoryOutboxStore(), key, new OutboxOptions { ChainId = chainId },
            TimeProvider.System);
}
