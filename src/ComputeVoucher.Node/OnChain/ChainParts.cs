using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node.Cli;
using ComputeVoucher.Node.Configuration;
using ComputeVoucher.Node.Keys;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.OnChain;

/// <summary>The chain as the node uses it, put together from configuration and ledger.</summary>
internal sealed class ChainParts : IDisposable
{
    private readonly PrivateKey _payer;

    private ChainParts(JsonRpcClient rpc, EndpointGuard guard, PrivateKey payer) =>
        (Rpc, Guard, _payer) = (rpc, guard, payer);

    public JsonRpcClient Rpc { get; }

    public EndpointGuard Guard { get; }

    public ChainService Service { get; private set; } = null!;

    /// <summary>Asks the endpoints who they are; opens no ledger yet.</summary>
    /// <exception cref="NodeException">Away, another chain, or no contracts there.</exception>
    public static async Task<ChainParts> ConnectAsync(
        NodeOptions options, CancellationToken cancel)
    {
        PrivateKey payer = KeyFile.Load(options.Redeem.KeyFile);
        JsonRpcClient rpc = new(new RpcOptions { Endpoints = options.Rpc }, TimeProvider.System);
        EndpointGuard guard = new(
            rpc, options.Domain.ChainId, options.Domain.Vouchers, options.Domain.Providers);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            throw new NodeException($"chain:rpc: {health.Problem ?? "no endpoint can be used"} "
                + "(correct the configuration, or start the endpoint)");
        }

        return new ChainParts(rpc, guard, payer);
    }

    /// <summary>Mirror, redeemer and outbox, over this ledger.</summary>
    public void Attach(
        LedgerStore ledger, NodeOptions options, ServicePolicy policy)
    {
        TimeProvider time = TimeProvider.System;
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
            }, time);
        Redeemer redeemer = new(
            ledger.Channels, id => ClassOf(policy, id),
            new BatchBuilder(Rpc, vouchers, _payer.Address), outbox, Rpc, vouchers.Address,
            RedeemerOptionsOf(options.Redeem), time);
        Service = new ChainService(Guard, mirror, redeemer, outbox,
            new ChainServiceOptions { MirrorAgeMax = options.AwayMax }, time);
    }

    public void Dispose()
    {
        Service?.Outbox.Dispose();
        Rpc.Dispose();
        _payer.Dispose();
    }

    private static VoucherClass? ClassOf(ServicePolicy policy, Bytes32 id) =>
        policy.Classes.TryGetValue(id, out VoucherClass terms) ? terms : null;

    private static RedeemerOptions RedeemerOptionsOf(RedeemOptions redeem) => new()
    {
        WeiPerTokenUnit = redeem.Enabled ? redeem.WeiPerTokenUnit : 0,
        GasFactor = redeem.GasFactor,
        AgeMax = redeem.Enabled ? redeem.AgeMax : TimeSpan.MaxValue,
    };
}
