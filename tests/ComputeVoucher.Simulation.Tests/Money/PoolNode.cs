using System;
using System.Collections.Generic;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>The money path of a node over a pool of endpoints: guard, mirror, redeemer and outbox,
/// which may die between two steps and begin again over what they stored.</summary>
internal sealed class PoolNode : IDisposable
{
    private readonly SimulatedChain _chain;
    private readonly IReadOnlyList<SimulatedView> _views;
    private readonly VoucherDomain _domain;
    private readonly VoucherClass _class;
    private readonly FeeLimits _limits;
    private readonly ManualClock _clock;
    private readonly PrivateKey _payer = PrivateKey.FromBytes(Keccak256.Hash("payer"u8).Span);
    private JsonRpcClient _rpc = null!;

    public PoolNode(
        SimulatedChain chain,
        IReadOnlyList<SimulatedView> views,
        VoucherDomain domain,
        in VoucherClass terms,
        FeeLimits limits,
        ManualClock clock)
    {
        (_chain, _views, _domain, _clock) = (chain, views, domain, clock);
        (_class, _limits) = (terms, limits);
        Restart();
    }

    /// <summary>Wei that a token base unit is worth: a dollar of 6 decimals at 3,000 dollars an
    /// ether.</summary>
    public static UInt128 WeiPerTokenUnit => 333_333_333;

    public static Address Address { get; } = new(Keccak256.Hash("node"u8).Span[12..]);

    public Address Payer => _payer.Address;

    public MemoryMirrorStore Store { get; } = new();

    public DyingOutboxStore Rows { get; } = new();

    public ChainService Service { get; private set; } = null!;

    /// <summary>What was in memory alone is gone.</summary>
    public void Restart()
    {
        Stop();
        List<Uri> urls = [];
        Queue<SimulatedView> views = new(_views);
        for (int i = 0; i < _views.Count; i++)
        {
            urls.Add(new Uri($"http://endpoint{i}.invalid"));
        }

        _rpc = new JsonRpcClient(new RpcOptions
        {
            Endpoints = urls,
            HandlerFactory = () => _chain.Connect(views.Dequeue()),
        }, _clock);
        VouchersContract vouchers = new(_rpc, _domain.Vouchers);
        Outbox outbox = new(_rpc, Rows, _payer, new OutboxOptions
        {
            ChainId = _domain.ChainId,
            Fees = _limits,
        }, _clock);
        Redeemer redeemer = new(
            Store.States, id => id == _class.HashStruct() ? _class : null,
            new BatchBuilder(_rpc, vouchers, _payer.Address), outbox, _rpc, vouchers.Address,
            new RedeemerOptions { WeiPerTokenUnit = WeiPerTokenUnit }, _clock);
        ChannelMirror mirror = new(_rpc, vouchers, Store, Address, new MirrorOptions
        {
            Classes = [_class.HashStruct()],
            HeadAgeMax = ChainLimits.HeadAgeMax,
        });
        Service = new ChainService(
            new EndpointGuard(_rpc, _domain, ChainLimits.HeadAgeMax),
            mirror, redeemer, outbox, new ChainServiceOptions(), _clock);
    }

    public void Dispose()
    {
        Stop();
        _payer.Dispose();
    }

    private void Stop()
    {
        Service?.Outbox.Dispose();
        _rpc?.Dispose();
    }
}
