using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>What a command needs to read the chain and to send a transaction or two.</summary>
internal sealed class ChainSession : IDisposable
{
    private readonly TransactionSender? _sender;

    private ChainSession(
        JsonRpcClient rpc, DeploymentFile? deployment, ulong chainId, PrivateKey? key)
    {
        Rpc = rpc;
        Deployment = deployment!;
        _sender = key is null
            ? null
            : new TransactionSender(rpc, key, chainId, TimeProvider.System);
        Vouchers = new VouchersContract(rpc, deployment?.Vouchers ?? default);
        Providers = new ProvidersContract(rpc, deployment?.Providers ?? default);
    }

    public JsonRpcClient Rpc { get; }

    public DeploymentFile Deployment { get; }

    public VouchersContract Vouchers { get; }

    public ProvidersContract Providers { get; }

    /// <summary>Who signs; only of a session with a key.</summary>
    public TransactionSender Sender => _sender!;

    public Address Account => Sender.Account;

    /// <summary>The sender as a holder of vouchers.</summary>
    public HolderAccount Holder => new(Rpc, Deployment.Domain, Sender, TimeProvider.System);

    /// <summary>Reads only.</summary>
    public static Task<ChainSession> OpenAsync(ParseResult parsed, CancellationToken cancel) =>
        OpenAsync(parsed, withKey: false, cancel);

    /// <summary>Reads, and sends with <c>--key</c>.</summary>
    public static Task<ChainSession> OpenToSendAsync(
        ParseResult parsed, CancellationToken cancel) =>
        OpenAsync(parsed, withKey: true, cancel);

    /// <summary>Before there is a deployment.</summary>
    public static Task<ChainSession> OpenToDeployAsync(
        ParseResult parsed, CancellationToken cancel) => OpenToDeployAsync(
            parsed.GetRequiredValue(CommonOptions.Rpc),
            KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key)), cancel);

    /// <summary>The session disposes of the key.</summary>
    public static async Task<ChainSession> OpenToDeployAsync(
        IReadOnlyList<string> urls, PrivateKey key, CancellationToken cancel)
    {
        JsonRpcClient rpc = Connect(urls);
        ulong chainId = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        return new ChainSession(rpc, null, chainId, key);
    }

    public static JsonRpcClient Connect(IReadOnlyList<string> urls)
    {
        List<Uri> endpoints = [];
        foreach (string url in urls)
        {
            endpoints.Add(Uri.TryCreate(url, UriKind.Absolute, out Uri? endpoint)
                ? endpoint
                : throw new UsageException(
                    "--rpc: a URL is wanted, as http://127.0.0.1:8545"));
        }

        return new JsonRpcClient(new RpcOptions { Endpoints = endpoints }, TimeProvider.System);
    }

    public void Dispose()
    {
        _sender?.Dispose();
        _sender?.Key.Dispose();
        Rpc.Dispose();
    }

    private static Task<ChainSession> OpenAsync(
        ParseResult parsed, bool withKey, CancellationToken cancel)
    {
        DeploymentFile deployment = DeploymentFile.Load(
            parsed.GetRequiredValue(CommonOptions.Deployment));
        PrivateKey? key = withKey
            ? KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key))
            : null;
        return OpenAsync(parsed.GetRequiredValue(CommonOptions.Rpc), deployment, key, cancel);
    }

    /// <summary>Reads, and sends where there is a key, of which the session disposes.</summary>
    public static async Task<ChainSession> OpenAsync(
        IReadOnlyList<string> urls, DeploymentFile deployment, PrivateKey? key,
        CancellationToken cancel)
    {
        JsonRpcClient rpc = Connect(urls);
        EndpointGuard guard = new(
            rpc, deployment.ChainId, deployment.Vouchers, deployment.Providers);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            throw new CommandException(health.Problem ?? "the chain cannot be used");
        }

        return new ChainSession(rpc, deployment, deployment.ChainId, key);
    }
}
