using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Tests;

public sealed class OutboxTests
{
    private static readonly OutboxEntry s_entry = new()
    {
        Request = new OutboxRequest { Kind = "redeem", To = null, Data = [1, 2, 3] },
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
                Attempts =
                [
                    new OutboxAttempt(5, 40, 2, 21_000, Given.Hash(1), new byte[] { 9, 8 }),
                    new OutboxAttempt(5, 45, 3, 21_000, Given.Hash(2), new byte[] { 7 }),
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
        OutboxRequest empty = sent.Request with { Data = [] };
        Assert.Equal(
            sent with { Request = empty, Attempts = none },
            read with { Request = read.Request with { Data = empty.Data }, Attempts = none });
        Assert.Equal([1, 2, 3], read.Request.Data);
        Assert.Equal(2, read.Attempts.Count);
        Assert.Equal(5UL, read.Nonce);
        Assert.Equal(
            sent.Attempts[0] with { Raw = default }, read.Attempts[0] with { Raw = default });
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
        OutboxRequest request = s_entry.Request;
        OutboxAttempt attempt = new(1, 2, 3, 4, default, default);
        RedemptionPurpose purpose = new(default, new RedeemedUnits[257]);
        OutboxEntry[] wrong =
        [
            s_entry with { Request = request with { Kind = new string('x', 33) } },
            s_entry with { Request = request with { Kind = "\u00e4" } },
            s_entry with { Request = request with { Key = new string('x', 129) } },
            s_entry with { Request = request with { Data = new byte[(128 << 10) + 1] } },
            s_entry with { Request = request with { Purpose = purpose } },
            s_entry with { Request = request with { Purpose = purpose with { Channels = [] } } },
            s_entry with { Attempts = [.. Enumerable.Repeat(attempt, 65)] },
            s_entry with { Attempts = [attempt, attempt with { Nonce = 2 }] },
            s_entry with { Attempts = [attempt with { Raw = new byte[(128 << 10) + 1] }] },
            s_entry with { State = 0 },
            s_entry with { Outcome = (OutboxOutcome)7 },
        ];
        Assert.All(wrong, w => Assert.Throws<ArgumentException>(
            () => store.InsertOutbox(w, out _)));
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("", [1]); });
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("x", new byte[70_000]); });
        Assert.Throws<ArgumentException>(() => { _ = store.PutSetting("ledger.identity", [1]); });
        Assert.Null(store.Setting("x"));
    }
}
