using System;
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
    private readonly PrivateKey _payer;
    private readonly TimeProvider _time;

    private ChainParts(
        JsonRpcClient rpc, EndpointGuard guard, PrivateKey payer, TimeProvider time) =>
        (Rpc, Guard, _payer, _time) = (rpc, guard, payer, time);

    public JsonRpcClient Rpc { get; }

    public EndpointGuard Guard { get; }

    public ChainService Service { get; private set; } = null!;

    /// <summary>Asks the endpoints who they are; opens no ledger yet.</summary>
    /// <exception cref="NodeException">Away, another chain, or no contracts there.</exception>
    public static async Task<ChainParts> ConnectAsync(
        NodeOptions options, PrivateKey payer, TimeProvider time, CancellationToken cancel,
        Func<HttpMessageHandler>? network = null)
    {
        RpcOptions endpoints = new() { Endpoints = options.Rpc, HandlerFactory = network };
        JsonRpcClient rpc = new(endpoints, time);
        EndpointGuard guard = new(
            rpc, options.Domain.ChainId, options.Domain.Vouchers, options.Domain.Providers);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            throw new NodeException($"chain:rpc: {health.Problem ?? "no endpoint can be used"} "
                + "(correct the configuration, or start the endpoint)");
        }

        return new ChainParts(rpc, guard, payer, time);
    }

    /// <summary>Mirror, redeemer and outbox, over this ledger.</summary>
    public void Attach(
        LedgerStore ledger, NodeOptions options, ServicePolicy policy)
    {
        VouchersContract vouchers = new(Rpc, options.Domain.Vouchers);
        ChannelMirror mirror = new(
            Rpc, vouchers, new LedgerMirrorStore(ledger), policy.Node, new MirrorOptions
            {
                StartBlock = options.StartBlock,
                Confirmations = options.Confirmations,
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
            new ChainServiceOptions { MirrorAgeMax = options.AwayMax }, _time);
    }

    public void Dispose()
    {
        Service?.Outbox.Dispose();
        Rpc.Dispose();
    }

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
