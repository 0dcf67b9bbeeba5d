using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.TestKit;
using SQLitePCL;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>A ledger of schema 1 becomes one of today, and nothing of it is lost.</summary>
public sealed class MigrationTests
{
    [Fact]
    public void TheTestsWriter_WritesWhatTheOldProgramWrote()
    {
        Assert.Equal(GoldenFile.Schema, SchemaOneFile.Schema);
        Assert.Equal(GoldenFile.RowLines, GoldenFile.Rows.Select(r => r.Text));
        using TemporaryDirectory old = Old(closed: true);
        Assert.Null(SchemaOneFile.Differs(old.File("ledger.db"), GoldenFile.Rows));
        using sqlite3 connection = Sqlite.OpenExisting(old.File("ledger.db"));
        using Statement state = new(connection, "SELECT body FROM state");
        Assert.True(state.Step());
        Assert.Equal(GoldenFile.Sums, state.Blob(0)[8..].ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Golden_ReadsAsTheSameLifeToday(bool closed)
    {
        using TemporaryDirectory today = new();
        string expected;
        using (LedgerStore store = Given.Open(today))
        {
            await GoldenLife.LiveAsync(store);
            expected = await GoldenLife.ReadAsync(store);
        }

        using TemporaryDirectory old = Old(closed);
        using (LedgerStore store = LedgerStore.Open(old.Path, Migrating))
        {
            Assert.Equal(expected, await GoldenLife.ReadAsync(store));
            Assert.Contains(old.File("ledger.db.schema1"), store.Notice);
            Assert.DoesNotContain('\n', store.Notice!);
            store.CheckInvariants();
        }

        Assert.Null(SchemaOneFile.Differs(old.File("ledger.db.schema1"), GoldenFile.Rows));
        Assert.Equal(2, SchemaOneFile.Version(old.File("ledger.db")));
        using LedgerStore again = Given.Open(old);
        Assert.Null(again.Notice);
        Assert.Equal(expected, await GoldenLife.ReadAsync(again));
        Assert.Equal([1, 2], again.Outbox().Select(e => e.Id));
    }

    [Fact]
    public void Outbox_IsReadWithEveryField()
    {
        using TemporaryDirectory old = Old(closed: true);
        Dictionary<long, OutboxEntryV1> seen = [];
        LedgerStore.Open(old.Path, Migrating with
        {
            MigrateOutbox = entry => SchemaOneFile.Convert(seen[entry.Id] = entry),
        }).Dispose();
        OutboxEntryV1 mined = seen[1];
        Assert.Equal(
            new OutboxEntryV1(
                1, "redeem", mined.Intent, OutboxState.Mined, new Address(Given.Hash(4).Span[..20]),
                5, mined.Attempts, 1234, Given.Hash(3), Given.Hash(2), 77),
            mined);
        Assert.Equal([1, 2, 3], mined.Intent.ToArray());
        Assert.Equal([Given.Hash(1), Given.Hash(2)], mined.Attempts.Select(a => a.TxHash));
        Assert.Equal(Enumerable.Repeat((byte)0xEE, 600), mined.Attempts[0].Raw.ToArray());
        Assert.Equal([7], mined.Attempts[1].Raw.ToArray());
        OutboxEntryV1 intent = seen[2];
        Assert.Equal(
            new OutboxEntryV1(
                2, "", intent.Intent, OutboxState.Intent, default, null, intent.Attempts, 0,
                default, default, 0),
            intent);
        Assert.Equal((0, 0), (intent.Intent.Length, intent.Attempts.Count));
        foreach (OutboxEntryV1 entry in seen.Values)
        {
            Assert.Contains(SchemaOneFile.Outbox(entry).Text, GoldenFile.RowLines);
        }
    }

    [Fact]
    public void Backup_IsPrivate_AndOpensInADirectoryOfItsOwn()
    {
        using TemporaryDirectory old = Old(closed: false);
        LedgerStore.Open(old.Path, Migrating).Dispose();
        using TemporaryDirectory back = new();
        foreach (string name in (string[])["ledger.db", "ledger.mark"])
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(old.File(name + ".schema1")));
            File.Copy(old.File(name + ".schema1"), back.File(name));
        }

        Assert.Empty(Directory.GetFiles(old.Path, "*.new*"));
        using LedgerStore store = LedgerStore.Open(back.Path, Migrating);
        Assert.NotNull(store.Notice);
    }

    [Fact]
    public void ABackupOfTheSame_IsKept_OneOfAnotherRefuses()
    {
        using TemporaryDirectory old = Old(closed: true);
        using TemporaryDirectory migrated = old.Copy();
        LedgerStore.Open(migrated.Path, Migrating).Dispose();
        string backup = old.File("ledger.db.schema1");
        File.Copy(migrated.File("ledger.db.schema1"), backup);
        File.Copy(migrated.File("ledger.mark.schema1"), old.File("ledger.mark.schema1"));
        byte[] kept = File.ReadAllBytes(backup);
        using TemporaryDirectory other = old.Copy();
        using (LedgerStore store = LedgerStore.Open(old.Path, Migrating))
        {
            Assert.NotNull(store.Notice);
        }

        Assert.Equal(kept, File.ReadAllBytes(backup));

        byte[][] others = [[], kept[..4096], Flipped(kept), "not a ledger"u8.ToArray()];
        foreach (byte[] bytes in others)
        {
            File.WriteAllBytes(other.File("ledger.db.schema1"), bytes);
            Refused(other, Migrating, "backup of another ledger");
            Assert.Equal(bytes, File.ReadAllBytes(other.File("ledger.db.schema1")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhoMayNotMigrate_IsRefusedByName(bool closed)
    {
        using TemporaryDirectory old = Old(closed);
        Refused(old, Migrating with { Migrate = false }, "start the node on it once");
        Refused(old, Migrating with { MigrateOutbox = null }, "holds outbox entry 1");
        Refused(old, Migrating with
        {
            Identity = Given.Options.Identity with { ChainId = 1 },
        }, "belongs to chain 31337");
    }

    [Fact]
    public void NoOutboxRows_NoReaderNeeded()
    {
        using TemporaryDirectory old = new();
        SchemaOneFile.Write(old.Path, [.. GoldenFile.Rows.Where(r => r.Table != "outbox")]);
        using LedgerStore store = LedgerStore.Open(
            old.Path, Migrating with { MigrateOutbox = null });
        Assert.NotNull(store.Notice);
    }

    [Fact]
    public void AnOlderCopyThanTheMark_OrNoMark_IsDamaged()
    {
        using TemporaryDirectory old = Old(closed: true);
        using TemporaryDirectory longer = new();
        SchemaOneFile.Write(longer.Path, [.. GoldenFile.Rows, .. MoreSettings(100)]);
        File.Copy(longer.File("ledger.mark"), old.File("ledger.mark"), overwrite: true);
        Refused(old, Migrating, "were durable");
        File.Delete(old.File("ledger.mark"));
        Refused(old, Migrating, "ledger.mark is missing");
    }

    [Fact]
    public void RowsOfARightDigestAndAWrongShape_AreDamaged()
    {
        foreach (SchemaOneRow row in GoldenFile.Rows.Where(r => r.Table is "orders" or "outbox"))
        {
            using TemporaryDirectory old = new();
            SchemaOneRow cut = new(row.Table, row.Key, row.Slot, row.Body[..^1]);
            SchemaOneFile.Write(
                old.Path, [.. GoldenFile.Rows.Select(r => r.Text == row.Text ? cut : r)]);
            Refused(old, Migrating, "wrong shape");
        }
    }

    internal static LedgerOptions Migrating => Given.Options with
    {
        Migrate = true,
        MigrateOutbox = SchemaOneFile.Convert,
    };

    internal static TemporaryDirectory Old(bool closed)
    {
        TemporaryDirectory directory = new();
        SchemaOneFile.Write(directory.Path, GoldenFile.Rows, closed);
        return directory;
    }

    /// <summary>Refused in one line, and every file is as it was.</summary>
    internal static void Refused(TemporaryDirectory directory, LedgerOptions options, string why)
    {
        Dictionary<string, byte[]> before = Files(directory);
        LedgerException fault = Assert.Throws<LedgerException>(
            () => LedgerStore.Open(directory.Path, options));
        Assert.Contains(why, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Equal(before, Files(directory));
    }

    /// <summary>Every file that holds something; an empty log is as good as none.</summary>
    private static Dictionary<string, byte[]> Files(TemporaryDirectory directory) =>
        Directory.GetFiles(directory.Path)
            .Where(f => !f.EndsWith("-shm", System.StringComparison.Ordinal))
            .Select(f => (f, File.ReadAllBytes(f)))
            .Where(f => f.Item2.Length > 0)
            .ToDictionary(f => f.f, f => f.Item2);

    private static IEnumerable<SchemaOneRow> MoreSettings(int count) =>
        Enumerable.Range(0, count).Select(i => new SchemaOneRow(
            "settings", System.Text.Encoding.ASCII.GetBytes($"x{i}"), [], [1]));

    private static byte[] Flipped(byte[] bytes)
    {
        byte[] flipped = (byte[])bytes.Clone();
        flipped[^1] ^= 1;
        return flipped;
    }
}
