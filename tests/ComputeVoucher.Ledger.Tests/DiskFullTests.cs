using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// L6: a disk that is really full. Work is refused with its number, nothing confirmed is lost, and
/// when space returns the next order is accepted without a restart.
/// </summary>
[Trait("Category", "load")]
public sealed class DiskFullTests
{
    [TmpfsFact]
    public async Task DiskFull_RefusesAndRecoversWithoutRestart()
    {
        using TemporaryDirectory directory = new();
        Mount(directory.Path, "size=1m");
        try
        {
            await FillAsync(directory);
        }
        finally
        {
            Run("umount", directory.Path);
        }
    }

    [TmpfsTheory]
    [InlineData(128, false)]
    [InlineData(200, true)]
    public void NoRoomToMigrate_LeavesTheOldLedger(int kib, bool backedUp)
    {
        using TemporaryDirectory old = MigrationTests.Old(closed: true);
        using TemporaryDirectory directory = new();
        Mount(directory.Path, $"size={kib}k");
        try
        {
            File.Copy(old.File("ledger.db"), directory.File("ledger.db"));
            File.Copy(old.File("ledger.mark"), directory.File("ledger.mark"));
            LedgerException fault = Assert.Throws<LedgerException>(
                () => LedgerStore.Open(directory.Path, MigrationTests.Migrating));
            Assert.Contains("no room to migrate", fault.Message);
            Assert.Equal(backedUp, File.Exists(directory.File("ledger.db.schema1")));
            Assert.Equal(1, SchemaOneFile.Version(directory.File("ledger.db")));
            Run("mount", "-o", "remount,size=4m", directory.Path);
            using LedgerStore store = LedgerStore.Open(directory.Path, MigrationTests.Migrating);
            Assert.NotNull(store.Notice);
        }
        finally
        {
            Run("umount", directory.Path);
        }
    }

    internal static bool Mount(string path, string options) =>
        Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);

    internal static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static async Task FillAsync(TemporaryDirectory directory)
    {
        using LedgerStore store = Given.Open(directory);
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        Order first = Given.Order(row, 0);
        await Given.Reserve(store, first).Durable;

        // Leave too little for one more order.
        using (FileStream ballast = File.Create(directory.File("ballast")))
        {
            try
            {
                while (true)
                {
                    ballast.Write(new byte[4096]);
                    ballast.Flush();
                }
            }
            catch (IOException)
            {
            }
        }

        Order second = Given.Order(row, 1);
        ReserveResult result = Given.Reserve(store, second, new byte[200_000]);
        LedgerException fault = await Assert.ThrowsAsync<LedgerException>(() => result.Durable);
        Assert.Equal(RefusalReason.StorageFull, fault.Reason);
        Assert.Equal(LedgerStatus.Full, store.Status);
        Assert.Contains("free some space", store.Fault);
        store.CheckInvariants();
        Assert.Equal((UInt128)100, store.Channel(Given.Id(row))!.Sums.Reserved);
        Assert.Equal(RefusalReason.StorageFull, Given.Reserve(store, second).Refusal);

        File.Delete(directory.File("ballast"));
        await store.FlushAsync();
        Assert.Equal(LedgerStatus.Ready, store.Status);
        Assert.Null(store.Fault);
        await Given.Reserve(store, second, new byte[100_000]).Durable;
        Assert.NotNull(await store.OrderAsync(first.HashStruct()));
        Assert.NotNull(await store.OrderAsync(second.HashStruct()));
        store.CheckInvariants();
    }
}
