using System;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Signed bytes that are not what was asked: the outbox stops, and nothing of them is
/// stored or sent.</summary>
[Trait("Category", "load")]
public sealed class OutboxStopTests : IDisposable
{
    private readonly PrivateKey _key = PrivateKey.Parse(AnvilProcess.Keys[0]);
    private readonly ManualClock _clock = new();
    private readonly SimulatedChain _chain = new(
        new VoucherDomain(AnvilFixture.ChainId, default, default), new Prng(1), 0);

    [Fact]
    public async Task Signed_Right_IsStoredAndSent()
    {
        DyingOutboxStore store = new();
        Assert.Null(await StepAsync(store, t => t.Sign(_key)));
        OutboxAttempt attempt = Assert.Single(Assert.Single(store.List()).Attempts);
        Assert.Equal(attempt.Raw.ToArray(), Assert.Single(_chain.Sent));
    }

    [Fact]
    public async Task Signed_EveryBitFlipped_StopsTheOutbox()
    {
        int bits = 0;
        for (int bit = 0; bit == 0 || bit < bits; bit++)
        {
            DyingOutboxStore store = new();
            string? problem = await StepAsync(store, transaction =>
            {
                byte[] signed = transaction.Sign(_key);
                bits = signed.Length * 8;
                return Flipped(signed, bit);
            });
            AssertStopped(problem, store);
        }

        Assert.True(bits > 800, $"{bits} bits");
    }

    [Fact]
    public async Task Stopped_StaysStopped_WhateverIsAsked()
    {
        DyingOutboxStore store = new();
        bool isSick = true;
        using JsonRpcClient rpc = Client();
        using Outbox outbox = Open(
            rpc, store, t => isSick ? Flipped(t.Sign(_key), 99) : t.Sign(_key));
        OutboxEntry first = await outbox.SubmitAsync(Request("first"), default);
        Assert.False(outbox.IsStopped);
        await outbox.StepAsync(default);
        isSick = false;
        for (int i = 0; i < 3; i++)
        {
            _clock.Advance(60);
            Assert.Empty(await outbox.StepAsync(default));
            Assert.True(outbox.IsStopped);
            AssertStopped(outbox.Problem, store);
        }

        // Whoever asks or waits is told, and nothing piles up meanwhile.
        await TellsAsync(() => outbox.SubmitAsync(Request("second"), default));
        await TellsAsync(() => outbox.MakeUrgentAsync(first.Id, default));
        await TellsAsync(() => outbox.RunAsync(
            1, OutboxState.Mined, TimeSpan.FromSeconds(1), default));
        Assert.Single(store.List());

        // A restart with a healthy signer goes on where it stood.
        using Outbox again = Open(rpc, store, t => t.Sign(_key));
        await again.StepAsync(default);
        Assert.Single(_chain.Sent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stored_EveryBitFlipped_IsNotSentAfterARestart(bool hashFits)
    {
        DyingOutboxStore store = new();
        Assert.Null(await StepAsync(store, t => t.Sign(_key)));
        OutboxEntry entry = store.List()[0];
        OutboxAttempt attempt = entry.Attempts[0];
        for (int bit = 0; bit < attempt.Raw.Length * 8; bit++)
        {
            byte[] flipped = Flipped(attempt.Raw.ToArray(), bit);
            Bytes32 hash = hashFits ? Keccak256.Hash(flipped) : attempt.TxHash;
            await IsNotSentAsync(store, entry with
            {
                Attempts = [attempt with { Raw = flipped, TxHash = hash }],
            });
        }
    }

    /// <summary>What the row says of the bytes, and what it asked for, in every field.</summary>
    [Fact]
    public async Task Stored_AnotherField_IsNotSentAfterARestart()
    {
        DyingOutboxStore store = new();
        Assert.Null(await StepAsync(store, t => t.Sign(_key)));
        OutboxEntry entry = store.List()[0];
        OutboxAttempt attempt = entry.Attempts[0];
        OutboxRequest request = entry.Request;
        foreach (OutboxAttempt other in (OutboxAttempt[])
            [attempt with { Nonce = attempt.Nonce + 1 },
            attempt with { MaxFee = attempt.MaxFee + 1 },
            attempt with { PriorityFee = attempt.PriorityFee + 1 },
            attempt with { GasLimit = attempt.GasLimit + 1 },
            attempt with { TxHash = Bytes32.Zero }])
        {
            await IsNotSentAsync(store, entry with { Attempts = [other] });
        }

        foreach (OutboxRequest other in (OutboxRequest[])
            [request with { To = null }, request with { To = _key.Address },
            request with { Value = 1 }, request with { Data = [1, 2] }])
        {
            await IsNotSentAsync(store, entry with { Request = other });
        }

        await IsNotSentAsync(store, entry with { Attempts = [] });

        // An older attempt is looked for by its hash.
        OutboxAttempt older = attempt with { TxHash = Keccak256.Hash("another"u8) };
        await IsNotSentAsync(store, entry with { Attempts = [older, attempt] });
    }

    public void Dispose() => _key.Dispose();

    private static byte[] Flipped(byte[] bytes, int bit)
    {
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        return bytes;
    }

    private static OutboxRequest Request(string key) =>
        new() { Kind = "test", Key = key, To = Address.Zero, Data = [1, 2, 3] };

    private void AssertStopped(string? problem, DyingOutboxStore store)
    {
        Assert.Contains("not what was asked", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
        Assert.All(store.List(), e => Assert.Equal(OutboxState.Intent, e.State));
        Assert.All(store.List(), e => Assert.Empty(e.Attempts));
        Assert.Empty(_chain.Sent);
    }

    private static async Task TellsAsync(Func<Task> ask)
    {
        ChainException error = await Assert.ThrowsAsync<ChainException>(ask);
        Assert.Equal(ChainFault.Disagreement, error.Fault);
        Assert.Contains("not what was asked", error.Message, StringComparison.Ordinal);
    }

    private async Task IsNotSentAsync(DyingOutboxStore store, OutboxEntry stored)
    {
        await store.UpdateAsync(stored, default);
        _chain.Sent.Clear();
        using JsonRpcClient rpc = Client();
        using Outbox outbox = Open(rpc, store, t => t.Sign(_key));
        await outbox.StepAsync(default);
        Assert.True(outbox.IsStopped);
        Assert.Contains("not what was asked", outbox.Problem, StringComparison.Ordinal);
        Assert.Empty(_chain.Sent);
    }

    /// <summary>One request, one step; what the outbox says then.</summary>
    private async Task<string?> StepAsync(
        DyingOutboxStore store, Func<Transaction, byte[]> sign)
    {
        using JsonRpcClient rpc = Client();
        using Outbox outbox = Open(rpc, store, sign);
        await outbox.SubmitAsync(Request("k"), default);
        await outbox.StepAsync(default);
        return outbox.Problem;
    }

    private JsonRpcClient Client() => new(
        new RpcOptions
        {
            Endpoints = [new Uri("http://127.0.0.1:1/")],
            HandlerFactory = _chain.Connect,
        },
        _clock);

    private Outbox Open(
        JsonRpcClient rpc, DyingOutboxStore store, Func<Transaction, byte[]> sign) =>
        new(rpc, store, _key.Address, sign, AnvilFixture.Options(confirmations: 1), _clock);
}
