using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>In a directory that others may read, with an umask that takes nothing away, every file
/// of a ledger is its owner's alone.</summary>
public sealed partial class PrivateFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Mode 0644, what an umask of 022 makes of a new file.</summary>
    private const UnixFileMode Wide =
        OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TemporaryDirectory _directory = new();
    private readonly uint _before = umask(0);

    public void Dispose()
    {
        _ = umask(_before);
        _directory.Dispose();
    }

    [Fact]
    public async Task NewLedger_EveryFile_OwnerOnly()
    {
        Open(0x1FF);
        string copy = _directory.File("ledger.backup");
        using LedgerStore store = await ServeAsync();
        await store.BackupAsync(copy);
        string[] names = [.. Modes().Select(one => one.Name)];
        Assert.Equal(
            ["ledger.backup", "ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.lock",
                "ledger.mark", "ledger.reserve"], names);
        Assert.All(Modes(), one => Assert.Equal((one.Name, OwnerOnly), one));

        using TemporaryDirectory restored = new();
        LedgerStore.Restore(copy, restored.Path);
        Assert.All(ModesIn(restored.Path), one => Assert.Equal((one.Name, OwnerOnly), one));
    }

    [Fact]
    public async Task OldLedger_OpenToOthers_NarrowedAndSaidOnce()
    {
        Open(0x1ED);
        (await ServeAsync()).Dispose();
        foreach ((string name, _) in Modes())
        {
            File.SetUnixFileMode(_directory.File(name), Wide);
        }

        using (LedgerStore store = await ServeAsync())
        {
            Assert.Contains("ledger.db, ledger.lock, ledger.mark", store.Notice,
                StringComparison.Ordinal);
            Assert.Contains("mode 600", store.Notice, StringComparison.Ordinal);
            Assert.All(Modes(), one => Assert.Equal((one.Name, OwnerOnly), one));
        }

        using LedgerStore again = await ServeAsync();
        Assert.Null(again.Notice);
    }

    private (string Name, UnixFileMode Mode)[] Modes() => ModesIn(_directory.Path);

    private static (string Name, UnixFileMode Mode)[] ModesIn(string directory) =>
    [
        .. from path in Directory.GetFiles(directory).Order(StringComparer.Ordinal)
           select (Path.GetFileName(path), File.GetUnixFileMode(path)),
    ];

    private void Open(int mode) =>
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)mode);

    /// <summary>A channel, an order and a transaction.</summary>
    private async Task<LedgerStore> ServeAsync()
    {
        LedgerStore store = LedgerStore.Open(
            _directory.Path, Given.Options with { Reserve = true });
        ChannelRow row = Given.Channel();
        await store.PutChannel(row);
        if (store.Outbox().Count == 0)
        {
            Given.Serve(store, Given.Order(row, 0));
            store.InsertOutbox(OutboxDraft.Entry(new Prng(1)), out Task durable);
            await durable;
        }

        await store.FlushAsync();
        return store;
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
