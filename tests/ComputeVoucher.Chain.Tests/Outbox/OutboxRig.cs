using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>An outbox over scripted endpoints, and a clock that only the test moves.</summary>
internal sealed class OutboxRig : IDisposable
{
    private readonly JsonRpcClient _rpc;
    private readonly OutboxOptions _options;

    public OutboxRig(FeeLimits? limits = null, uint confirmations = 0, int endpoints = 1)
    {
        Chains = [.. Enumerable.Range(0, endpoints).Select(_ => new ScriptedChain())];
        _rpc = ScriptedChain.Connect(Clock, Chains);
        _options = new OutboxOptions
        {
            ChainId = AnvilFixture.ChainId,
            Confirmations = confirmations,
            Fees = limits ?? new FeeLimits(),
        };
        Outbox = Open(Key);
    }

    public ManualClock Clock { get; } = new();

    public ScriptedChain[] Chains { get; }

    public ScriptedChain Chain => Chains[0];

    public DyingOutboxStore Store { get; } = new();

    public PrivateKey Key { get; } = PrivateKey.Parse(AnvilProcess.Keys[0]);

    public Outbox Outbox { get; private set; }

    public OutboxEntry Row => Store.List()[0];

    public static OutboxRequest Request(string key = "k") =>
        new() { Kind = "test", Key = key, To = Address.Zero, Data = [1, 2, 3] };

    /// <summary>A redemption of one channel.</summary>
    public static OutboxRequest Redemption(byte channel = 1) => Request($"r{channel}") with
    {
        Kind = Redeemer.Kind,
        Data = [channel],
        ExpectedTopic = BatchRedeemedEvent.Topic,
        Purpose = new RedemptionPurpose(
            default, [new RedeemedUnits(Keccak256.Hash([channel]), 1_000)]),
    };

    public Outbox Open(PrivateKey key) => new(_rpc, Store, key, _options, Clock);

    /// <summary>A restart, with another key or the same.</summary>
    public void Reopen(PrivateKey key)
    {
        Outbox.Dispose();
        Outbox = Open(key);
    }

    public Task<OutboxEntry> SubmitAsync(OutboxRequest request) =>
        Outbox.SubmitAsync(request, default);

    /// <summary>Steps and seconds, with a new block after every <paramref name="blockEvery"/>.
    /// </summary>
    public async Task<IReadOnlyList<OutboxChange>> RunAsync(int seconds, int blockEvery = 12)
    {
        List<OutboxChange> changes = [];
        for (int i = 1; i <= seconds; i++)
        {
            changes.AddRange(await Outbox.StepAsync(default));
            Clock.Advance(1);
            if (i % blockEvery == 0)
            {
                foreach (ScriptedChain chain in Chains)
                {
                    chain.Head++;
                }
            }
        }

        return changes;
    }

    /// <summary>A redemption's log: as the contract writes it where these rows moved.</summary>
    public void MineRedemption(ulong bitmap)
    {
        byte[] data = new AbiWriter().Write(bitmap).Write(bitmap * 1_000).Write(bitmap).ToArray();
        Chain.Mine(Row.Attempts[^1].TxHash, Key.Address, Address.Zero, (
            Address.Zero, [BatchRedeemedEvent.Topic, default, default, default], data));
    }

    public void Dispose()
    {
        Outbox.Dispose();
        _rpc.Dispose();
        Key.Dispose();
    }
}
