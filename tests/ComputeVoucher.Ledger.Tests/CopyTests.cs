using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>Copies of a ledger that is open, the way back, and reads beside long ones.</summary>
[Trait("Category", "load")]
public sealed class CopyTests
{
    [Fact]
    public async Task Backup_OfAnOpenLedger_RestoresToAllThatWasStored()
    {
        using TemporaryDirectory directory = new();
        using TemporaryDirectory elsewhere = new();
        string file = elsewhere.File("copy.db");
        string restored = elsewhere.File("restored");
        ChannelRow row = Given.Channel();
        using LedgerStore store = Given.Open(directory);
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        await Given.AckAsync(store, row, 100, 1);
        ulong commit = await store.BackupAsync(file);
        Given.Serve(store, Given.Order(row, 1));

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await Assert.ThrowsAsync<LedgerException>(() => store.BackupAsync(file));
        Assert.Equal(commit, LedgerStore.Restore(file, restored));
        Assert.Throws<LedgerException>(() => LedgerStore.Restore(file, restored));
        using LedgerStore again = LedgerStore.Open(restored, Given.Options);
        ChannelState channel = again.Channel(Given.Id(row))!;
        Assert.Equal((UInt128)100, channel.Ack!.Value.CumUnits);
        Assert.Equal((UInt128)100, channel.Sums.Settled);
        again.CheckInvariants();
    }

    [Fact]
    public async Task Restore_OfADamagedCopy_IsRefusedAndLeavesNoLedger()
    {
        using TemporaryDirectory directory = new();
        using TemporaryDirectory elsewhere = new();
        string file = elsewhere.File("copy.db");
        using LedgerStore store = Given.Open(directory);
        await store.PutChannel(Given.Channel());
        await store.BackupAsync(file);
        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(bytes.Length / 2, 4096).Fill(0x5A);
        File.WriteAllBytes(file, bytes);

        Assert.Throws<LedgerException>(
            () => LedgerStore.Restore(file, elsewhere.File("restored")));
        Assert.False(File.Exists(Path.Combine(elsewhere.File("restored"), "ledger.db")));
    }

    [Fact]
    public async Task OneRow_IsReadWhileAWholeTableIs()
    {
        using TemporaryDirectory directory = new();
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Given.Serve(store, Given.Order(row, 0));
        await Given.AckAsync(store, row, 100, 1);
        using ManualResetEventSlim scanning = new();
        using ManualResetEventSlim mayEnd = new();
        Thread scan = new(() => store.Scan(_ =>
        {
            scanning.Set();
            mayEnd.Wait(Patience.Default);
            return 0;
        }));
        scan.Start();
        Assert.True(scanning.Wait(Patience.Default));
        try
        {
            bool replayed = false;
            Thread client = new(() =>
                replayed = Given.Reserve(store, Given.Order(row, 0)).IsReplay);
            client.Start();
            Assert.True(client.Join(Patience.Default));
            Assert.True(replayed);
        }
        finally
        {
            mayEnd.Set();
            scan.Join();
        }
    }
}
