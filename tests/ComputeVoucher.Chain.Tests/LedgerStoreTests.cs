using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Outbox and mirror in the real ledger, across restarts.</summary>
[Collection("anvil ledger")]
[Trait("Category", "load")]
public sealed class LedgerStoreTests(VouchersFixture chain) : IClassFixture<VouchersFixture>
{
    private readonly ManualClock _clock = new();

    [AnvilFact(NeedsContracts = true)]
    public async Task Outbox_LedgerReopenedAfterEveryStep_MinedOnce()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        ChannelTerms terms = chain.NewTerms(node);
        await chain.OpenAsync(terms, 2_000_000_000);
        await chain.Anvil.MineAsync(3);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("chain-ledger");
        try
        {
            (Ack ack, Signature signature) = chain.Acknowledge(terms, 1_000_000_000);
            for (int i = 0; i < 12; i++)
            {
                using LedgerStore ledger = Open(folder.FullName, node);
                using Outbox outbox = new(
                    chain.Rpc,
                    new LedgerOutboxStore(ledger),
                    node,
                    AnvilFixture.Options(),
                    _clock);
                ChannelMirror mirror = new(
                    chain.Rpc,
                    chain.Vouchers,
                    new LedgerMirrorStore(ledger),
                    node.Address,
                    new MirrorOptions());
                await mirror.StepAsync(default);
                Assert.Null(mirror.Problem);
                if (i == 0)
                {
                    await ledger.RecordAck(ack, signature).Durable;
                }

                Redeemer redeemer = Redeemer(ledger, node, outbox);
                await redeemer.StepAsync(true, default);
                Assert.Null(redeemer.Problem);
                await outbox.StepAsync(default);
                Assert.Null(outbox.Problem);
                await chain.Anvil.MineAsync();
                ledger.CheckInvariants();
            }

            using LedgerStore last = Open(folder.FullName, node);
            OutboxEntry item = Assert.Single(last.Outbox());
            Assert.Equal(OutboxState.Final, item.State);
            Assert.Equal(OutboxOutcome.Succeeded, item.Outcome);
            Assert.Equal((UInt128)1_000_000_000, last.Channel(terms.HashStruct())!.Row.Redeemed);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [AnvilFact(NeedsContracts = true)]
    public async Task Outbox_ManyClosedRows_OldestForgottenNonceKept()
    {
        using PrivateKey node = await chain.NewNodeAsync();
        DyingOutboxStore store = new();
        for (int i = 0; i < ChainLimits.ClosedRowsMax + 50; i++)
        {
            // The highest nonce stands in the oldest row.
            await store.InsertAsync(
                new OutboxEntry
                {
                    From = node.Address,
                    Request = new OutboxRequest { Kind = "old", To = node.Address },
                    State = OutboxState.Final,
                    Outcome = OutboxOutcome.Succeeded,
                    Attempts =
                    [
                        new OutboxAttempt(
                            i == 0 ? 400UL : (ulong)i, 1, 1, 21_000, default, default),
                    ],
                },
                default);
        }

        using Outbox outbox = new(chain.Rpc, store, node, AnvilFixture.Options(), _clock);
        await outbox.StepAsync(default);
        Assert.Contains(store.List(), r => r.Nonce == 400);
        Assert.Equal(ChainLimits.ClosedRowsMax, store.List().Count(r => r.Request.Kind == "old"));
    }

    private LedgerStore Open(string folder, PrivateKey node) =>
        LedgerStore.Open(folder, new LedgerOptions
        {
            Identity = new LedgerIdentity(
                AnvilFixture.ChainId,
                chain.Vouchers.Address,
                chain.Providers.Address,
                node.Address),
            Policy = new ServicePolicy { Node = node.Address },
        });

    private Redeemer Redeemer(LedgerStore ledger, PrivateKey node, Outbox outbox) => new(
        ledger.Channels,
        id => id == chain.Class.HashStruct() ? chain.Class : null,
        new BatchBuilder(chain.Rpc, chain.Vouchers, node.Address),
        outbox,
        chain.Rpc,
        chain.Vouchers.Address,
        new RedeemerOptions(),
        _clock);
}
