using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The outbox on a real EVM node: stuck, dropped, replaced, reorganised, killed.
/// </summary>
[Collection("anvil outbox")]
[Trait("Category", "load")]
public sealed class OutboxTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    private readonly ManualClock _clock = new();

    [AnvilFact]
    public async Task Submit_Healthy_IntentToFinalWithProof()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        OutboxEntry item = await outbox.SubmitAsync(chain.LogRequest("healthy"), default);
        Assert.Equal(OutboxState.Intent, item.State);

        List<OutboxState> states = [];
        for (int i = 0; i < 6; i++)
        {
            states.AddRange((await outbox.StepAsync(default)).Select(c => c.Entry.State));
            await chain.Anvil.MineAsync();
        }

        Assert.Equal(
            [OutboxState.Signed, OutboxState.Sent, OutboxState.Mined, OutboxState.Final], states);
        OutboxEntry done = store.List()[0];
        Assert.Equal(OutboxOutcome.Succeeded, done.Outcome);
        Assert.Equal(0UL, done.Nonce);
        Assert.Single(done.Attempts);
        Assert.Null(outbox.Problem);
        Assert.Equal(1, await chain.LogCountAsync("healthy"));
    }

    [AnvilFact]
    public async Task Submit_SameKeyTwice_OneRow()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        OutboxRequest request = chain.LogRequest("twice") with { Key = "k" };
        OutboxEntry first = await outbox.SubmitAsync(request, default);
        OutboxEntry second = await outbox.SubmitAsync(request, default);
        Assert.Equal(first.Id, second.Id);
        Assert.Single(store.List());
    }

    [AnvilFact]
    public async Task Submit_HundredInParallel_ConsecutiveNonces()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(
            i => outbox.SubmitAsync(chain.LogRequest("parallel"), default)));
        for (int i = 0; i < 40 && store.List().Any(r => r.IsOpen); i++)
        {
            await outbox.StepAsync(default);
            await chain.Anvil.MineAsync(2);
        }

        Assert.All(store.List(), r => Assert.Equal(OutboxOutcome.Succeeded, r.Outcome));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => (ulong?)i),
            store.List().Select(r => r.Nonce).Order());
        Assert.Equal(100, await chain.LogCountAsync("parallel"));
    }

    [AnvilFact]
    public async Task Submit_CallReverts_AbandonedWithoutNonce()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await outbox.SubmitAsync(new OutboxRequest { Kind = "bad", To = chain.Reverter }, default);
        OutboxChange change = Assert.Single(await outbox.StepAsync(default));
        Assert.Equal(OutboxState.Abandoned, change.Entry.State);
        Assert.Equal(OutboxOutcome.Refused, change.Entry.Outcome);
        Assert.Null(change.Entry.Nonce);
        Assert.NotNull(change.Entry.Note);
        Assert.Equal(0UL, await NonceAsync(key));
    }

    [AnvilFact]
    public async Task Sent_BaseFeeSpike_ReplacedOnSameNonce()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await WithoutMiningAsync(async () =>
        {
            await outbox.SubmitAsync(chain.LogRequest("spike"), default);
            await outbox.StepAsync(default);
            await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x174876e800\"");
            await chain.Anvil.MineAsync();
            Assert.Equal(0UL, await NonceAsync(key));
            _clock.Advance(37);
            await outbox.StepAsync(default);
            Assert.Equal(2, store.List()[0].Attempts.Count);
            await chain.Anvil.MineAsync(4);
            await outbox.StepAsync(default);
        });

        OutboxEntry item = store.List()[0];
        Assert.Equal(OutboxState.Final, item.State);
        Assert.Equal(item.Attempts[1].TxHash, item.MinedTxHash);
        AnyTransaction[] sent = [.. item.Attempts.Select(a => AnyTransaction.Decode(a.Raw.Span))];
        Assert.Equal(sent[0].Nonce, sent[1].Nonce);
        Assert.True(Rose(sent[0].MaxFeePerGas, sent[1].MaxFeePerGas));
        Assert.True(Rose(sent[0].MaxPriorityFeePerGas, sent[1].MaxPriorityFeePerGas));
        Assert.Equal(sent.Select(t => t.Nonce), item.Attempts.Select(a => a.Nonce));
        Assert.Equal(sent.Select(t => t.GasLimit), item.Attempts.Select(a => a.GasLimit));
        Assert.Equal(
            sent.Select(t => t.MaxFeePerGas), item.Attempts.Select(a => (UInt256)a.MaxFee));
        Assert.Equal(
            sent.Select(t => t.MaxPriorityFeePerGas),
            item.Attempts.Select(a => (UInt256)a.PriorityFee));
        Assert.Equal(1, await chain.LogCountAsync("spike"));
    }

    [AnvilFact]
    public async Task Replaced_FirstAttemptMined_FoundAllTheSame()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await WithoutMiningAsync(async () =>
        {
            await outbox.SubmitAsync(chain.LogRequest("first"), default);
            await outbox.StepAsync(default);

            // A block that leaves it out: it is replaced, once it is in the pool again.
            Bytes32 first = store.List()[0].Attempts[0].TxHash;
            await chain.Anvil.RpcAsync("anvil_dropTransaction", $"\"{first}\"");
            await chain.Anvil.MineAsync();
            _clock.Advance(37);
            await outbox.StepAsync(default);
            OutboxAttempt[] attempts = [.. store.List()[0].Attempts];
            Assert.Equal(2, attempts.Length);
            await chain.Anvil.RpcAsync("anvil_dropTransaction", $"\"{attempts[1].TxHash}\"");
            await chain.Rpc.SendRawAsync(attempts[0].Raw, default);
            await chain.Anvil.MineAsync(4);
            await outbox.StepAsync(default);
        });

        OutboxEntry item = store.List()[0];
        Assert.Equal(OutboxOutcome.Succeeded, item.Outcome);
        Assert.Equal(item.Attempts[0].TxHash, item.MinedTxHash);
    }

    [AnvilFact]
    public async Task Sent_FeeAboveWorth_WaitsUntilUrgent()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        OutboxRequest request = chain.LogRequest("worth") with
        {
            GasLimit = 50_000,
            CostMaxWei = 50_000 * (UInt128)6_000_000_000,
            UrgentCostMaxWei = 50_000 * (UInt128)900_000_000_000,
        };
        await WithoutMiningAsync(async () =>
        {
            await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x3b9aca00\"");
            await chain.Anvil.MineAsync();
            OutboxEntry item = await outbox.SubmitAsync(request, default);
            await outbox.StepAsync(default);
            await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x174876e800\"");
            await chain.Anvil.MineAsync();
            for (int i = 0; i < 12; i++)
            {
                _clock.Advance(37);
                await outbox.StepAsync(default);
                await MineDearAsync();
            }

            // Its fee climbs to the worth and no further.
            foreach (OutboxAttempt attempt in store.List()[0].Attempts)
            {
                AnyTransaction sent = AnyTransaction.Decode(attempt.Raw.Span);
                Assert.True(
                    sent.MaxFeePerGas * sent.GasLimit <= request.CostMaxWei!.Value);
            }

            Assert.Contains("its own cap", outbox.Problem, StringComparison.Ordinal);
            Assert.Equal(0UL, await NonceAsync(key));
            await outbox.MakeUrgentAsync(item.Id, default);
            await outbox.StepAsync(default);
            await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x3b9aca00\"");
            await chain.Anvil.MineAsync(4);
            await outbox.StepAsync(default);
        });

        Assert.Equal(OutboxOutcome.Succeeded, store.List()[0].Outcome);
    }

    [AnvilFact]
    public async Task Sent_Dropped_SameBytesAgain()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await WithoutMiningAsync(async () =>
        {
            await outbox.SubmitAsync(chain.LogRequest("dropped"), default);
            await outbox.StepAsync(default);
            Bytes32 hash = store.List()[0].Attempts[0].TxHash;
            await chain.Anvil.RpcAsync("anvil_dropTransaction", $"\"{hash}\"");
            Assert.Null(await chain.Rpc.TransactionAsync(hash, default));
            _clock.Advance(31);
            await outbox.StepAsync(default);
            Assert.NotNull(await chain.Rpc.TransactionAsync(hash, default));
            await chain.Anvil.MineAsync(4);
            await outbox.StepAsync(default);
        });

        Assert.Equal(OutboxOutcome.Succeeded, store.List()[0].Outcome);
        Assert.Single(store.List()[0].Attempts);
    }

    [AnvilFact]
    public async Task Mined_ReorgOfEveryDepth_EndsAsWithoutReorg()
    {
        for (int depth = 1; depth <= 6; depth++)
        {
            using PrivateKey key = await chain.NewKeyAsync();
            DyingOutboxStore store = new();
            using Outbox outbox = Open(store, key, confirmations: 8);
            string name = "reorg" + depth.ToString(CultureInfo.InvariantCulture);
            await outbox.SubmitAsync(chain.LogRequest(name), default);
            await Patience.UntilAsync(async () =>
            {
                await outbox.StepAsync(default);
                return store.List()[0].State == OutboxState.Mined;
            });
            await chain.Anvil.MineAsync(depth - 1);
            await chain.Anvil.RpcAsync("anvil_reorg", $"{depth},[]");
            Assert.Equal(0, await chain.LogCountAsync(name));

            IReadOnlyList<OutboxChange> changes = await outbox.StepAsync(default);
            Assert.Contains(changes, c => c.Entry.State == OutboxState.Sent);
            await FinishAsync(outbox, store, 10);
            Assert.Equal(OutboxOutcome.Succeeded, store.List()[0].Outcome);
            Assert.Single(store.List()[0].Attempts);
            Assert.Equal(1, await chain.LogCountAsync(name));
        }
    }

    [AnvilFact]
    public async Task Sent_NonceTakenByAnother_NewNonceWhenFinal()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        await WithoutMiningAsync(async () =>
        {
            await outbox.SubmitAsync(chain.LogRequest("taken"), default);
            await outbox.StepAsync(default);
            Transaction other = new()
            {
                ChainId = AnvilFixture.ChainId,
                Nonce = 0,
                MaxFeePerGas = 900_000_000_000,
                MaxPriorityFeePerGas = 90_000_000_000,
                GasLimit = 21_000,
                To = key.Address,
            };
            await chain.Rpc.SendRawAsync(other.Sign(key), default);
            await chain.Anvil.MineAsync();
            await outbox.StepAsync(default);

            // Spent, but a reorganisation could still give it back.
            Assert.Equal(0UL, store.List()[0].Nonce);
            await chain.Anvil.MineAsync(3);
        });
        await FinishAsync(outbox, store, 6);

        OutboxEntry item = store.List()[0];
        Assert.Equal(1UL, item.Nonce);
        Assert.Equal(OutboxOutcome.Succeeded, item.Outcome);
        Assert.Equal(1, await chain.LogCountAsync("taken"));
    }

    [AnvilFact]
    public async Task Boot_GapBelowStoredNonce_FilledAndAllMined()
    {
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        Transaction ahead = new()
        {
            ChainId = AnvilFixture.ChainId,
            Nonce = 3,
            MaxFeePerGas = 20_000_000_000,
            MaxPriorityFeePerGas = 1_000_000_000,
            GasLimit = 60_000,
            To = chain.Logger,
            Data = AnvilFixture.Topic("gap").ToArray(),
        };
        byte[] raw = ahead.Sign(key);
        OutboxEntry stored = new()
        {
            From = key.Address,
            Request = chain.LogRequest("gap"),
            State = OutboxState.Signed,
            Attempts =
            [
                new OutboxAttempt(
                    3, 20_000_000_000, 1_000_000_000, 60_000, Keccak256.Hash(raw), raw),
            ],
        };
        await store.InsertAsync(stored, default);
        using Outbox outbox = Open(store, key);
        await FinishAsync(outbox, store, 12);

        Assert.Equal(4, store.List().Count);
        Assert.Equal(4UL, await NonceAsync(key));
        Assert.Equal(3, store.List().Count(r => r.Request.Kind == Outbox.FillerKind));
        Assert.All(store.List(), r => Assert.Equal(OutboxOutcome.Succeeded, r.Outcome));
    }

    [AnvilFact]
    public async Task Killed_AtEveryWrite_OnceOnChainAndNoNonceLost()
    {
        int points = 0;
        foreach (bool after in new[] { false, true })
        {
            for (int write = 1; ; write++)
            {
                using PrivateKey key = await chain.NewKeyAsync();
                string name = $"killed {after} {write}";
                if (!await KillAtAsync(key, name, write, after))
                {
                    break;
                }

                points++;
                Assert.Equal(1, await chain.LogCountAsync(name));
                Assert.Equal(1UL, await NonceAsync(key));
            }
        }

        // Insert, signed, sent, mined, final: before and after each.
        Assert.True(points >= 10, $"{points} points");
    }

    [AnvilFact]
    public async Task Sent_NoFunds_ReportedAndKeptUntilPaid()
    {
        using PrivateKey key = await chain.NewKeyAsync("0x0");
        DyingOutboxStore store = new();
        using Outbox outbox = Open(store, key);
        OutboxRequest request = chain.LogRequest("poor") with { GasLimit = 60_000 };
        await outbox.SubmitAsync(request, default);
        for (int i = 0; i < 4; i++)
        {
            await outbox.StepAsync(default);
            _clock.Advance(31);
        }

        Assert.NotNull(outbox.Problem);
        Assert.DoesNotContain('\n', outbox.Problem);
        Assert.True(store.List()[0].IsOpen);
        await chain.Anvil.RpcAsync(
            "anvil_setBalance", $"\"{key.Address}\",\"0x56bc75e2d63100000\"");
        await FinishAsync(outbox, store, 8);
        Assert.Equal(OutboxOutcome.Succeeded, store.List()[0].Outcome);
    }

    /// <summary>A block at a base fee of 100 gwei.</summary>
    private async Task MineDearAsync()
    {
        await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x174876e800\"");
        await chain.Anvil.MineAsync();
    }

    private static bool Rose(UInt256 from, UInt256 to) => to * 8UL >= from * 9UL;

    private Outbox Open(DyingOutboxStore store, PrivateKey key, uint confirmations = 0) =>
        new(chain.Rpc, store, key, AnvilFixture.Options(confirmations), _clock);

    private Task<ulong> NonceAsync(PrivateKey key) =>
        chain.Rpc.NonceAsync(key.Address, BlockTag.Latest, default);

    private async Task FinishAsync(Outbox outbox, DyingOutboxStore store, int stepsMax)
    {
        for (int i = 0; i < stepsMax && store.List().Any(r => r.IsOpen); i++)
        {
            await outbox.StepAsync(default);
            await chain.Anvil.MineAsync(2);
            _clock.Advance(31);
        }

        await outbox.StepAsync(default);
        Assert.All(store.List(), r => Assert.False(r.IsOpen, $"{r.State}: {outbox.Problem}"));
    }

    /// <summary>False when the run ended before the write.</summary>
    private async Task<bool> KillAtAsync(PrivateKey key, string name, int write, bool after)
    {
        DyingOutboxStore store = new() { DiesAtWrite = write, DiesAfterWriting = after };
        bool died = false;
        using (Outbox first = Open(store, key))
        {
            try
            {
                await first.SubmitAsync(chain.LogRequest(name), default);
                for (int i = 0; i < 8; i++)
                {
                    await first.StepAsync(default);
                    await chain.Anvil.MineAsync();
                }
            }
            catch (KilledException)
            {
                died = true;
            }
        }

        store.DiesAtWrite = null;
        using Outbox second = Open(store, key);
        if (store.List().Count == 0)
        {
            // Nothing was promised; the caller asks again.
            await second.SubmitAsync(chain.LogRequest(name), default);
        }

        await FinishAsync(second, store, 8);
        return died;
    }

    private async Task WithoutMiningAsync(Func<Task> body)
    {
        await chain.Anvil.RpcAsync("evm_setAutomine", "false");
        try
        {
            await body();
        }
        finally
        {
            await chain.Anvil.RpcAsync("anvil_setNextBlockBaseFeePerGas", "\"0x3b9aca00\"");
            await chain.Anvil.MineAsync();
            await chain.Anvil.RpcAsync("evm_setAutomine", "true");
        }
    }
}
