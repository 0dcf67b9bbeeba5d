using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Rows that ledger schema 1 wrote, frozen before its encoder went: each becomes the
/// entry that it meant, and a damaged one is refused by name.</summary>
[Trait("Category", "load")]
public sealed class OutboxMigrationTests : IDisposable
{
    private static readonly JsonElement s_frozen = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(SharedData.RepositoryRoot, "tests/vectors/outbox-rows-v1.json"))).RootElement;

    private static readonly Address s_vouchers = new(Keccak256.Hash([1]).Span[..20]);

    private readonly PrivateKey _key = PrivateKey.Parse(AnvilProcess.Keys[0]);

    [Fact]
    public void OpenRedemption_TwoAttempts_PurposeAndFees()
    {
        OutboxEntryV1 old = Old("redeem", OutboxState.Sent, 5);
        OutboxEntry read = OutboxMigration.Read(old);
        Assert.Equal((old.Id, OutboxState.Sent), (read.Id, read.State));
        Assert.Equal(OutboxOutcome.Open, read.Outcome);
        Assert.Equal((_key.Address, 5UL), (read.From, read.Nonce!.Value));
        Assert.Equal(1_700_000_000UL, read.CreatedAt);
        Assert.Equal(
            [(5UL, 40, 2, 210_000UL), (5UL, 45, 3, 210_000UL)],
            read.Attempts.Select(a => (a.Nonce, (int)a.MaxFee, (int)a.PriorityFee, a.GasLimit)));
        Assert.Equal(old.Attempts.Select(a => a.TxHash), read.Attempts.Select(a => a.TxHash));
        Assert.All(
            read.Attempts, a => Assert.Equal(Keccak256.Hash(a.Raw.Span), a.TxHash));

        OutboxRequest request = read.Request;
        Assert.Equal(Redeemer.Kind, request.Kind);
        Assert.Equal($"redeem {Keccak256.Hash(request.Data)}", request.Key);
        Assert.Equal(s_vouchers, request.To);
        Assert.Equal(s_vouchers, request.ExpectedContract);
        Assert.Equal(BatchRedeemedEvent.Topic, request.ExpectedTopic);
        Assert.Equal((210_000UL, true), (request.GasLimit, request.IsUrgent));
        Assert.Equal(
            ((UInt128?)((UInt128)3 << 70), (UInt128?)((UInt128)6 << 70), UInt128.Zero),
            (request.CostMaxWei, request.UrgentCostMaxWei, request.Value));
        AssertPurpose(request.Purpose);
    }

    [Fact]
    public void FinalSettlement_KeepsItsBlock()
    {
        OutboxEntryV1 old = Old("settle", OutboxState.Final, 128);
        OutboxEntry read = OutboxMigration.Read(old with
        {
            MinedBlock = 77,
            MinedBlockHash = Keccak256.Hash([7]),
            MinedTxHash = old.Attempts[0].TxHash,
        });
        Assert.Equal(OutboxOutcome.Succeeded, read.Outcome);
        Assert.Equal((77UL, Keccak256.Hash([7])), (read.MinedBlock, read.MinedBlockHash));
        Assert.Equal(read.Attempts[0].TxHash, read.MinedTxHash);
        OutboxAttempt attempt = Assert.Single(read.Attempts);
        Assert.Equal(
            (128UL, (UInt128)1_000_000_007, UInt128.Zero, 60_000UL),
            (attempt.Nonce, attempt.MaxFee, attempt.PriorityFee, attempt.GasLimit));
        Assert.Null(read.Request.Purpose);
        Assert.Null(read.Request.ExpectedTopic);
        Assert.Equal("", read.Request.Key);
    }

    [Fact]
    public void RefusedRedemption_NoNonce_ItsPurposeAllTheSame()
    {
        OutboxEntry read = OutboxMigration.Read(Old("refused", OutboxState.Abandoned, null));
        Assert.Equal(OutboxOutcome.Refused, read.Outcome);
        Assert.Null(read.Nonce);
        Assert.Empty(read.Attempts);
        Assert.Null(read.Request.ExpectedContract);
        Assert.False(read.Request.IsUrgent);
        AssertPurpose(read.Request.Purpose);
    }

    [Fact]
    public void ContractCreation_WithoutATo()
    {
        OutboxEntry read = OutboxMigration.Read(Old("create", OutboxState.Signed, 0));
        Assert.Null(read.Request.To);
        Assert.Equal(("deploy", "vouchers"), (read.Request.Kind, read.Request.Key));
        Assert.Equal((UInt128)3, read.Request.Value);
        Assert.Equal([0x60, 1, 0x60, 0, 0xf3], read.Request.Data);
        OutboxAttempt attempt = Assert.Single(read.Attempts);
        Assert.Equal((0UL, UInt128.One << 62), (attempt.Nonce, attempt.MaxFee));
        Assert.Equal((UInt128.One, 90_000UL), (attempt.PriorityFee, attempt.GasLimit));
    }

    [Fact]
    public void Damaged_EveryWay_RefusedByName()
    {
        OutboxEntryV1 redeem = Old("redeem", OutboxState.Sent, 5);
        OutboxEntryV1 settle = Old("settle", OutboxState.Final, 128);
        byte[] torn = redeem.Attempts[0].Raw.ToArray();
        torn[^1] ^= 1;
        byte[] version = redeem.Intent.ToArray();
        version[0] = 2;
        byte[] data = redeem.Intent.ToArray();
        data[^200] ^= 1;
        OutboxEntryV1[] damaged =
        [
            redeem with { Kind = "settle" },
            redeem with { Nonce = null },
            redeem with { Nonce = 6 },
            redeem with { Attempts = [] },
            redeem with { From = s_vouchers },
            redeem with { Intent = version },
            redeem with { Intent = data },
            redeem with { Intent = settle.Intent, Kind = settle.Kind },
            redeem with { Attempts = settle.Attempts },
            redeem with { Attempts = [redeem.Attempts[0] with { TxHash = default }] },
            redeem with { Attempts = [redeem.Attempts[0] with { Raw = torn }] },
            redeem with { Attempts = [new OutboxAttemptV1(Keccak256.Hash(torn), torn)] },
            redeem with { Attempts = [redeem.Attempts[0] with { Raw = default }] },
        ];
        Assert.All(damaged, Refused);
        for (int length = 0; length < settle.Intent.Length; length++)
        {
            Refused(settle with { Intent = settle.Intent[..length] });
        }
    }

    /// <summary>As a node does it: the ledger of schema 1 is opened, and the outbox goes on with
    /// the very bytes that it sent before.</summary>
    [Fact]
    public async Task LedgerOfSchemaOne_ItsOpenTransactionGoesOutAgain()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            LedgerOptions options = new()
            {
                Identity = new LedgerIdentity(AnvilFixture.ChainId, default, default, default),
                Policy = new ServicePolicy { Node = default }.WithClasses([]),
                Migrate = true,
                MigrateOutbox = OutboxMigration.Read,
            };
            string today = Path.Combine(folder.FullName, "today");
            LedgerStore.Open(today, options).Dispose();
            OutboxEntryV1 old = Old("redeem", OutboxState.Sent, 5);
            string path = folder.CreateSubdirectory("old").FullName;
            SchemaOneFile.Write(path, [.. SchemaOneFile.RowsOf(today), SchemaOneFile.Outbox(old)]);

            using LedgerStore ledger = LedgerStore.Open(path, options);
            Assert.Contains("migrated", ledger.Notice, StringComparison.Ordinal);
            ManualClock clock = new();
            SimulatedChain chain = new(
                new VoucherDomain(AnvilFixture.ChainId, default, default), new Prng(1), 0);
            using JsonRpcClient rpc = new(
                new RpcOptions
                {
                    Endpoints = [new Uri("http://127.0.0.1:1/")],
                    HandlerFactory = chain.Connect,
                },
                clock);
            using Outbox outbox = new(
                rpc, new LedgerOutboxStore(ledger), _key, AnvilFixture.Options(1), clock);
            await outbox.StepAsync(default);
            Assert.False(outbox.IsStopped, outbox.Problem);
            Assert.Contains(chain.Sent, sent => sent.AsSpan().SequenceEqual(
                old.Attempts[^1].Raw.Span));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose() => _key.Dispose();

    private static void Refused(OutboxEntryV1 old)
    {
        FormatException error = Assert.Throws<FormatException>(() => OutboxMigration.Read(old));
        Assert.Contains("outbox row 9: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static void AssertPurpose(RedemptionPurpose? purpose)
    {
        Assert.NotNull(purpose);
        Assert.Equal(Bytes32.Parse(Text(s_frozen, "class")), purpose.ClassId);
        Assert.Equal(
            s_frozen.GetProperty("channels").EnumerateArray().Select(c => new RedeemedUnits(
                Bytes32.Parse(Text(c, "id")), UInt256.Parse(Text(c, "cumUnits")).ToUInt128())),
            purpose.Channels);
    }

    private OutboxEntryV1 Old(string name, OutboxState state, ulong? nonce)
    {
        JsonElement row = s_frozen.GetProperty("rows").GetProperty(name);
        List<OutboxAttemptV1> attempts = [];
        foreach (JsonElement raw in row.GetProperty("attempts").EnumerateArray())
        {
            byte[] bytes = Hex.Decode(raw.GetString());
            attempts.Add(new OutboxAttemptV1(Keccak256.Hash(bytes), bytes));
        }

        string kind = name switch { "refused" => "redeem", "create" => "deploy", _ => name };
        return new OutboxEntryV1(
            9, kind, Hex.Decode(Text(row, "intent")), state, _key.Address, nonce, attempts,
            0, default, default, 1_700_000_000);
    }

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString()!;
}
