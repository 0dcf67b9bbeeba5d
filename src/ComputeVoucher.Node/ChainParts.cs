using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>The chain as the node uses it, put together from configuration and ledger.</summary>
public sealed class ChainParts : IDisposable
{
    /// <summary>Between the first two looks for an endpoint that is away.</summary>
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The node is back within 10 s of its endpoint, as the guard's retries are while it
    /// serves.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(8);

    private readonly PrivateKey _payer;
    private readonly TimeProvider _time;

    private ChainParts(
        JsonRpcClient rpc, EndpointGuard guard, PrivateKey payer, TimeProvider time) =>
        (Rpc, Guard, _payer, _time) = (rpc, guard, payer, time);

    public JsonRpcClient Rpc { get; }

    public EndpointGuard Guard { get; }

    /// <summary>Who pays for redemptions.</summary>
    public Address Payer => _payer.Address;

    public ChainService Service { get; private set; } = null!;

    /// <summary>Asks the endpoints who they are; opens no ledger yet.</summary>
    /// <exception cref="NodeException">Away, another chain, or no contracts there.</exception>
    public static async Task<ChainParts> ConnectAsync(
        NodeOptions options, PrivateKey payer, TimeProvider time, CancellationToken cancel,
        Func<HttpMessageHandler>? network = null)
    {
        JsonRpcClient rpc = ClientOf(options, time, network);
        EndpointGuard guard = GuardOf(options, rpc);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            throw new NodeException($"chain:rpc: {health.Problem ?? "no endpoint can be used"} "
                + "(correct the configuration, or start the endpoint)");
        }

        return new ChainParts(rpc, guard, payer, time);
    }

    /// <summary>As above, and waits while no endpoint answers, each time twice as long: a node that
    /// starts during an outage of its endpoint must not stay down after it. Each time
    /// <paramref name="away"/> is told why.</summary>
    /// <exception cref="NodeException">Another chain, or no contracts there.</exception>
    public static async Task<ChainParts> ReachAsync(
        NodeOptions options, PrivateKey payer, TimeProvider time, Action<string> away,
        CancellationToken cancel, Func<HttpMessageHandler>? network = null)
    {
        TimeSpan pause = s_firstPause;
        JsonRpcClient rpc = ClientOf(options, time, network);
        try
        {
            while (true)
            {
                EndpointGuard guard = GuardOf(options, rpc);
                ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
                if (guard.IsReached && !guard.IsContradicted)
                {
                    return new ChainParts(rpc, guard, payer, time);
                }

                string problem = health.Problem ?? "no endpoint can be used";
                if (guard.IsContradicted)
                {
                    throw new NodeException($"chain:rpc: {problem} (correct the configuration)");
                }

                away(problem);
                await Task.Delay(pause, time, cancel).ConfigureAwait(false);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
        catch
        {
            rpc.Dispose();
            throw;
        }
    }

    /// <summary>Mirror, redeemer and outbox, over this ledger.</summary>
    public void Attach(
        LedgerStore ledger, NodeOptions options, ServicePolicy policy)
    {
        VouchersContract vouchers = new(Rpc, options.Domain.Vouchers);
        ChannelMirror mirror = new(
            Rpc, vouchers, new LedgerMirrorStore(ledger), policy.Node, options.Follow with
            {
                StartBlock = options.StartBlock,
                Confirmations = options.Confirmations,
                Classes = [.. policy.Classes.Keys],
                Providers = options.Domain.Providers,
            });
        Outbox outbox = new(
            Rpc, new LedgerOutboxStore(ledger), _payer, new OutboxOptions
            {
                ChainId = options.Domain.ChainId,
                Confirmations = options.Confirmations,
                Fees = options.Redeem.Fees,
            }, _time);
        Redeemer redeemer = new(
            ledger.Channels, id => ClassOf(policy, id),
            new BatchBuilder(Rpc, vouchers, _payer.Address), outbox, Rpc, vouchers.Address,
            RedeemerOptionsOf(options.Redeem), _time);
        Service = new ChainService(Guard, mirror, redeemer, outbox,
            new ChainServiceOptions { MirrorAgeMax = options.AwayMax }, _time)
        {
            Releaser = ReleaserOf(options, policy, outbox),
        };
    }

    /// <summary>Null where no class has a court, and all that is redeemed is earned at once.
    /// </summary>
    private EscrowReleaser? ReleaserOf(
        NodeOptions options, ServicePolicy policy, Outbox outbox)
    {
        HashSet<Address> tokens = [];
        foreach (VoucherClass terms in policy.Classes.Values)
        {
            if (!terms.Court.IsZero)
            {
                tokens.Add(terms.Token);
            }
        }

        ProvidersContract providers = new(Rpc, options.Domain.Providers);
        return tokens.Count == 0 ? null : new EscrowReleaser(Rpc, options.Domain.Vouchers,
            cancel => providers.ProviderOfAsync(policy.Node, BlockTag.Latest, cancel), tokens,
            outbox, RedeemerOptionsOf(options.Redeem), _time);
    }

    public void Dispose()
    {
        Service?.Outbox.Dispose();
        Rpc.Dispose();
    }

    private static JsonRpcClient ClientOf(
        NodeOptions options, TimeProvider time, Func<HttpMessageHandler>? network) => new(
            new RpcOptions
            {
                Endpoints = options.Rpc,
                Headers = options.RpcHeaders,
                HandlerFactory = network,
            },
            time);

    private static EndpointGuard GuardOf(NodeOptions options, JsonRpcClient rpc) =>
        new(rpc, options.Domain, options.Follow.HeadAgeMax, options.Courts);

    private static VoucherClass? ClassOf(ServicePolicy policy, Bytes32 id) =>
        policy.Classes.TryGetValue(id, out VoucherClass terms) ? terms : null;

    private static RedeemerOptions RedeemerOptionsOf(RedeemOptions redeem) => new()
    {
        IsAutomatic = redeem.Enabled,
        WeiPerTokenUnit = redeem.WeiPerTokenUnit,
        GasFactor = redeem.GasFactor,
        AgeMax = redeem.AgeMax,
    };
}
