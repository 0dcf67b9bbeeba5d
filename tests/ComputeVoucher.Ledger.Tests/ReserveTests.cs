using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>On a full disk a transaction is still stored, and orders are refused until the room
/// that is kept for transactions is there again.</summary>
[Trait("Category", "load")]
public sealed class ReserveTests
{
    [TmpfsFact]
    public async Task FullDisk_TakesATransactionAndNoOrder()
    {
        using TemporaryDirectory directory = new();
        Assert.True(DiskFullTests.Mount(directory.Path, "size=6m"));
        try
        {
            ChannelRow row = Given.Channel(locked: 1_000_000);
            using LedgerStore store = LedgerStore.Open(
                directory.Path, Given.Options with { Reserve = true });
            await store.PutChannel(row);
            string filler = directory.File("filler");
            Fill(filler);
            ulong seq = 0;
            while (store.Status == LedgerStatus.Ready)
            {
                await Assert.ThrowsAnyAsync<LedgerException>(async () =>
                {
                    while (true)
                    {
                        await Given.Reserve(store, Given.Order(row, seq++), new byte[4096])
                            .Durable;
                    }
                });
            }

            store.InsertOutbox(OutboxDraft.Entry(new Prng(1)), out Task durable);
            await durable;
            Assert.Single(store.Outbox());
            Assert.False(File.Exists(directory.File("ledger.reserve")));
            Assert.Equal(LedgerStatus.Full, store.Status);
            Assert.Equal(
                RefusalReason.StorageFull, Given.Reserve(store, Given.Order(row, seq)).Refusal);

            File.Delete(filler);
            DiskFullTests.Run("mount", "-o", "remount,size=20m", directory.Path);
            await store.FlushAsync();
            Assert.Equal(LedgerStatus.Ready, store.Status);
            Assert.True(File.Exists(directory.File("ledger.reserve")));
        }
        finally
        {
            DiskFullTests.Run("umount", directory.Path);
        }
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
