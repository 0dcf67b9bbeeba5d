using System;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Tests;

public sealed class OutboxTests
{
    private static readonly OutboxEntry s_entry = new()
    {
        Kind = "redeem",
        Intent = new byte[] { 1, 2, 3 },
        From = new Address(Given.Hash(4).Span[..20]),
        CreatedAt = 77,
    };

    [Fact]
    public async Task Entry_EveryField_SurvivesARestart()
    {
        using TemporaryDirectory directory = new();
        OutboxEntry sent;
        using (LedgerStore store = Given.Open(directory))
        {
            OutboxEntry added = store.InsertOutbox(s_entry, out Task durable);
            await durable;
            sent = added with
            {
                State = OutboxState.Mined,
                Nonce = 5,
                Attempts =
                [
                    new OutboxAttempt(Given.Hash(1), new byte[] { 9, 8 }),
                    new OutboxAttempt(Given.Hash(2), new byte[] { 7 }),
                ],
                MinedBlock = 1234,
                MinedBlockHash = Given.Hash(3),
                MinedTxHash = Given.Hash(2),
            };
            await store.UpdateOutbox(sent);
        }

        using LedgerStore again = Given.Open(directory);
        OutboxEntry read = Assert.Single(again.Outbox());
        OutboxAttempt[] none = [];
        Assert.Equal(
            sent with { Intent = default, Attempts = none },
            read with { Intent = default, Attempts = none });
        Assert.Equal([1, 2, 3], read.Intent.ToArray());
        Assert.Equal(2, read.Attempts.Count);
        Assert.Equal(Given.Hash(1), read.Attempts[0].TxHash);
        Assert.Equal([9, 8], read.Attempts[0].Raw.ToArray());
    }

    [Fact]
    public async Task Ids_AreNeverGivenTwice()
    {
        using TemporaryDirectory directory = new();
        using (LedgerStore store = Given.Open(directory))
        {
            OutboxEntry first = store.InsertOutbox(s_entry, out _);
            OutboxEntry second = store.InsertOutbox(s_entry, out _);
            Assert.Equal((1L, 2L), (first.Id, second.Id));
            await store.UpdateOutbox(first with { State = OutboxState.Final });
            await store.UpdateOutbox(second with { State = OutboxState.Abandoned });
            await store.DeleteOutbox(1);
            await store.DeleteOutbox(2);
        }

        using LedgerStore again = Given.Open(directory);
        Assert.Equal(3L, again.InsertOutbox(s_entry, out _).Id);
    }

    [Fact]
    public void WrongUse_Throws()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        OutboxEntry added = store.InsertOutbox(s_entry, out _);
        Assert.Throws<ArgumentException>(() => { _ = store.DeleteOutbox(added.Id); });
        OutboxEntry unknown = s_entry with { Id = 42 };
        Assert.Throws<ArgumentException>(() => { _ = store.UpdateOutbox(unknown); });
        OutboxEntry wide = s_entry with { Kind = new string('x', 33) };
        Assert.Throws<ArgumentException>(() => store.InsertOutbox(wide, out _));
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("", [1]); });
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("x", new byte[70_000]); });
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("ledger.identity", [1]); });
        Assert.Null(store.Setting("x"));
    }
}
