using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>P2: a damaged ledger is refused, or nothing of it was lost. Never garbage.</summary>
public sealed class DamageTests
{
    private static readonly int s_flips = Runs.Count(fast: 250, full: 5_000);
    private static readonly int s_cuts = Runs.Count(fast: 60, full: 1_000);

    [Theory]
    [InlineData("ledger.db", true)]
    [InlineData("ledger.db-wal", false)]
    public async Task FlippedBits_RefusedOrHarmless(string name, bool closed)
    {
        using TemporaryDirectory whole = await LivedAsync(closed);
        string expected = Describe(whole);
        byte[] good = File.ReadAllBytes(whole.File(name));
        Prng seeded = new(99);
        int refused = 0;
        for (int i = 0; i < s_flips; i++)
        {
            byte[] bad = (byte[])good.Clone();
            bad[seeded.Below(bad.Length)] ^= (byte)(1 << seeded.Below(8));
            refused += Check(whole, name, bad, expected) ? 1 : 0;
        }

        // Most of the file is rows: a check that refuses nothing would pass everything.
        Assert.InRange(refused, s_flips / 10, s_flips);
    }

    [Theory]
    [InlineData("ledger.db", true)]
    [InlineData("ledger.db-wal", false)]
    public async Task CutFiles_Refused(string name, bool closed)
    {
        using TemporaryDirectory whole = await LivedAsync(closed);
        string expected = Describe(whole);
        byte[] good = File.ReadAllBytes(whole.File(name));
        Prng seeded = new(98);
        for (int i = 0; i < s_cuts; i++)
        {
            byte[] bad = good.AsSpan(0, seeded.Below(good.Length)).ToArray();
            Check(whole, name, bad, expected);
        }
    }

    [Fact]
    public async Task PagesSwappedDoubledAndZeroed_RefusedOrHarmless()
    {
        using TemporaryDirectory whole = await LivedAsync(closed: true);
        string expected = Describe(whole);
        byte[] good = File.ReadAllBytes(whole.File("ledger.db"));
        Prng seeded = new(97);
        const int page = 4096;
        int pages = good.Length / page;
        int refused = 0;
        for (int i = 0; i < 90; i++)
        {
            byte[] bad = (byte[])good.Clone();
            int from = seeded.Below(pages) * page;
            int to = seeded.Below(pages) * page;
            Span<byte> target = bad.AsSpan(to, page);
            switch (i % 3)
            {
                case 0:
                    good.AsSpan(from, page).CopyTo(target);
                    target = bad.AsSpan(from, page);
                    good.AsSpan(to, page).CopyTo(target);
                    break;
                case 1:
                    good.AsSpan(from, page).CopyTo(target);
                    break;
                default:
                    target.Clear();
                    break;
            }

            refused += Check(whole, "ledger.db", bad, expected) ? 1 : 0;
        }

        Assert.InRange(refused, 45, 90);
    }

    /// <summary>A history, closed or as a crash leaves it (with its log).</summary>
    private static async Task<TemporaryDirectory> LivedAsync(bool closed)
    {
        TemporaryDirectory directory = new();
        History history = new(21, inputBytesMax: 300);
        using LedgerStore store = LedgerStore.Open(
            directory.Path, History.Options(LedgerSynchronous.Off, closed ? 4 << 20 : 200_000));
        for (int i = 0; i < 120; i++)
        {
            _ = history.Step(store);
        }

        await store.FlushAsync();
        if (closed)
        {
            store.Dispose();
        }

        TemporaryDirectory copy = directory.Copy();
        store.Dispose();
        directory.Dispose();
        return copy;
    }

    /// <summary>True when refused; fails when something else than the truth comes out.</summary>
    private static bool Check(TemporaryDirectory whole, string name, byte[] bytes, string expected)
    {
        using TemporaryDirectory damaged = whole.Copy();
        File.WriteAllBytes(damaged.File(name), bytes);
        try
        {
            Assert.Equal(expected, Describe(damaged));
            return false;
        }
        catch (LedgerException fault)
        {
            Assert.DoesNotContain('\n', fault.Message);
            return true;
        }
    }

    /// <summary>Reads a copy, so that opening leaves the original as it is.</summary>
    private static string Describe(TemporaryDirectory directory)
    {
        using TemporaryDirectory copy = directory.Copy();
        using LedgerStore store = LedgerStore.Open(
            copy.Path, History.Options(LedgerSynchronous.Off));
        return LedgerModel.Describe(store, History.SettingNames);
    }
}
