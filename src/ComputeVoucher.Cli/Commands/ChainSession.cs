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
    /// <summary>Between two questions to an endpoint that does not answer.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly TransactionSender? _sender;
    private readonly List<string> _handedOver = [];
    private readonly long _start = TimeProvider.System.GetTimestamp();

    private ChainSession(
        JsonRpcClient rpc, DeploymentFile? deployment, ulong chainId, PrivateKey? key,
        SendRules rules)
    {
        Rpc = rpc;
        Rules = rules;
        Deployment = deployment!;
        SenderOptions options = new()
        {
            ChainId = chainId,
            Confirmations = rules.Confirmations,
            Timeout = rules.Timeout,
            Say = rules.Say,
        };
        _sender = key is null
            ? null
            : new TransactionSender(rpc, key, options, TimeProvider.System);
        Vouchers = new VouchersContract(rpc, deployment?.Vouchers ?? default);
        Providers = new ProvidersContract(rpc, deployment?.Providers ?? default);
    }

    public JsonRpcClient Rpc { get; }

    /// <summary>How long and how deep is waited, and who is told.</summary>
    public SendRules Rules { get; }

    /// <summary>Since the session opened.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_start);

    public DeploymentFile Deployment { get; }

    public VouchersContract Vouchers { get; }

    public ProvidersContract Providers { get; }

    /// <summary>Who signs; only of a session with a key.</summary>
    public TransactionSender Sender => _sender!;

    public Address Account => Sender.Account;

    /// <summary>Transactions that are mined by now, a word and a hash each.</summary>
    public IReadOnlyList<string> Done => [.. _sender?.Done ?? [], .. _handedOver];

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
            CommonOptions.Endpoints(parsed),
            KeyFile.Load(parsed.GetRequiredValue(CommonOptions.Key)), SendOptions.Parse(parsed),
            cancel);

    /// <summary>The session disposes of the key.</summary>
    public static async Task<ChainSession> OpenToDeployAsync(
        IReadOnlyList<string> urls, PrivateKey key, SendRules rules, CancellationToken cancel)
    {
        JsonRpcClient rpc = Connect(urls, rules);
        ulong chainId = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        return new ChainSession(rpc, null, chainId, key, rules);
    }

    /// <summary>A transaction that somebody else sent for this session is mined.</summary>
    public void NoteDone(string step, Bytes32 hash) => _handedOver.Add($"{step} {hash}");

    public static JsonRpcClient Connect(IReadOnlyList<string> urls, SendRules rules)
    {
        List<Uri> endpoints = [];
        foreach (string url in urls)
        {
            endpoints.Add(Uri.TryCreate(url, UriKind.Absolute, out Uri? endpoint)
                ? endpoint
                : throw new UsageException(
                    "--rpc: a URL is wanted, as http://127.0.0.1:8545"));
        }

        RpcOptions options = new()
        {
            Endpoints = endpoints, Patience = rules.Timeout, OnWait = rules.Say,
        };
        return new JsonRpcClient(options, TimeProvider.System);
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
        return OpenAsync(CommonOptions.Endpoints(parsed), deployment, key,
            withKey ? SendOptions.Parse(parsed) : SendRules.Reading, cancel);
    }

    /// <summary>Reads, and sends where there is a key, of which the session disposes.</summary>
    public static async Task<ChainSession> OpenAsync(
        IReadOnlyList<string> urls, DeploymentFile deployment, PrivateKey? key,
        SendRules rules, CancellationToken cancel)
    {
        JsonRpcClient rpc = Connect(urls, rules);
        long start = TimeProvider.System.GetTimestamp();
        _ = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
        EndpointGuard guard = new(rpc, deployment.Domain, TimeSpan.Zero);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        while (!health.IsAccepting && !guard.IsContradicted
            && TimeProvider.System.GetElapsedTime(start) < rules.Timeout)
        {
            // It answered a moment ago, so it is not the URL.
            rules.Say($"{health.Problem}; asking again");
            await Task.Delay(s_pause, cancel).ConfigureAwait(false);
            health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        }

        if (!health.IsAccepting)
        {
            throw new CommandException(health.Problem ?? "the chain cannot be used");
        }

        return new ChainSession(rpc, deployment, deployment.ChainId, key, rules);
    }
}
