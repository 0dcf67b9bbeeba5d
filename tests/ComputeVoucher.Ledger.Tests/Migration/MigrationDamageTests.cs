using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>A damaged ledger of schema 1 is refused as it is, or nothing of it was lost.</summary>
public sealed class MigrationDamageTests
{
    private static readonly int s_flips = Runs.Count(fast: 150, full: 20_000);

    [Fact]
    public void EverySingleBitOfEveryRow_IsFound()
    {
        foreach (SchemaOneRow row in GoldenFile.Rows)
        {
            foreach (SchemaOneRow bad in Flips(row))
            {
                Assert.NotEqual(bad.Digest, new SchemaOneRow(
                    bad.Table, bad.Key, bad.Slot, bad.Body).Digest);
            }
        }
    }

    /// <summary>One bit of each column of each row, through SQLite and the whole opening.</summary>
    [Fact]
    public void AFlipInAnyColumnOfAnyRow_IsRefused()
    {
        List<SchemaOneRow> rows = GoldenFile.Rows;
        Prng seeded = new(41);
        for (int i = 0; i < rows.Count; i++)
        {
            foreach (IGrouping<int, SchemaOneRow> column in Flips(rows[i]).GroupBy(
                bad => Column(rows[i], bad)))
            {
                List<SchemaOneRow> flips = [.. column];
                List<SchemaOneRow> bad = [.. rows];
                bad[i] = flips[seeded.Below(flips.Count)];
                using TemporaryDirectory old = new();
                SchemaOneFile.Write(old.Path, bad);
                MigrationTests.Refused(old, MigrationTests.Migrating, "is damaged");
            }
        }
    }

    [Fact]
    public void RowsLostDoubledSwappedOrStale_AreFoundByTheSums()
    {
        List<SchemaOneRow> rows = GoldenFile.Rows;
        int order = rows.FindIndex(r => r.Table == "inputs");
        List<SchemaOneRow> lost = [.. rows];
        lost.RemoveAt(order);
        SchemaOneRow[][] all =
        [
            [.. lost],
            [.. rows, new SchemaOneRow("inputs", new byte[32], [], [])],
            [.. lost, new SchemaOneRow("inputs", rows[order].Key, [], [9])],
        ];
        foreach (SchemaOneRow[] others in all)
        {
            using TemporaryDirectory old = new();
            SchemaOneFile.Write(old.Path, others);
            SchemaOneFile.PutStateOf(old.Path, rows);
            MigrationTests.Refused(old, MigrationTests.Migrating, "its sums say");
        }
    }

    [Theory]
    [InlineData("ledger.db", true)]
    [InlineData("ledger.db-wal", false)]
    public async Task FlippedBits_RefusedOrHarmless(string name, bool closed)
    {
        using TemporaryDirectory whole = MigrationTests.Old(closed);
        using TemporaryDirectory migrated = whole.Copy();
        string expected = await ReadAsync(migrated);
        foreach (string file in (string[])["ledger.db.schema1", "ledger.mark.schema1"])
        {
            File.Copy(migrated.File(file), whole.File(file));
        }

        byte[] backup = File.ReadAllBytes(whole.File("ledger.db.schema1"));
        byte[] good = File.ReadAllBytes(whole.File(name));
        ulong seed = Runs.Fresh;
        Prng seeded = new(seed);
        int refused = 0;
        for (int i = 0; i < s_flips; i++)
        {
            using TemporaryDirectory damaged = whole.Copy();
            byte[] bad = (byte[])good.Clone();
            int at = seeded.Below(bad.Length);
            bad[at] ^= (byte)(1 << seeded.Below(8));
            File.WriteAllBytes(damaged.File(name), bad);
            try
            {
                Assert.True(expected == await ReadAsync(damaged), $"CV_SEED={seed}, byte {at}");
            }
            catch (LedgerException fault)
            {
                refused++;
                Assert.DoesNotContain('\n', fault.Message);
            }

            Assert.Equal(backup, File.ReadAllBytes(damaged.File("ledger.db.schema1")));
        }

        Assert.InRange(refused, s_flips / 20, s_flips);
    }

    private static async Task<string> ReadAsync(TemporaryDirectory directory)
    {
        using LedgerStore store = LedgerStore.Open(
            directory.Path,
            MigrationTests.Migrating with { Synchronous = LedgerSynchronous.Off });
        return await GoldenLife.ReadAsync(store);
    }

    private static int Column(SchemaOneRow row, SchemaOneRow bad) =>
        bad.Key != row.Key ? 0 : bad.Slot != row.Slot ? 1 : bad.Body != row.Body ? 2 : 3;

    /// <summary>The row with each of its bits flipped in turn, and the digest of the whole one.
    /// </summary>
    private static IEnumerable<SchemaOneRow> Flips(SchemaOneRow row) =>
    [
        .. Flips(row.Key).Select(k => row with { Key = k }),
        .. Flips(row.Slot).Select(s => row with { Slot = s }),
        .. Flips(row.Body).Select(b => row with { Body = b }),
        .. Flips(row.Digest).Select(d => row with { Digest = d }),
    ];

    private static IEnumerable<byte[]> Flips(byte[] bytes)
    {
        for (int i = 0; i < bytes.Length * 8; i++)
        {
            byte[] flipped = (byte[])bytes.Clone();
            flipped[i / 8] ^= (byte)(1 << (i % 8));
            yield return flipped;
        }
    }
}
