using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Faults.Recorder;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>Clients in processes of their own: two at a time, killed, and where the disk is full.
/// </summary>
[Trait("Category", "load")]
public sealed class JournalProcessTests : IDisposable
{
    private static readonly int s_kills = Runs.Count(fast: 20, full: 200);

    /// <summary>Exit status of a process that SIGKILL ended.</summary>
    private const int Killed = 128 + 9;

    private readonly string _folder = Given.Folder();
    private readonly string _path;
    private string _said = "";

    public JournalProcessTests() => _path = Path.Combine(_folder, "client.state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Inside the folder, and not watched: a folder of its own.</summary>
    private string Tools => Path.Combine(_folder, "tools");

    private string Recorded => Path.Combine(Tools, "recorded");

    public static TheoryData<ulong> Seeds => Runs.Seeds(1);

    [Fact]
    public async Task TwoProcesses_TwoChannelsOfOneNewFile_BothToTheEnd()
    {
        const int Orders = 150;
        using Process even = Start("work", _path, "0", $"{Orders}");
        using Process odd = Start("work", _path, "1", $"{Orders}");
        string[] said = await Task.WhenAll(ToEndAsync(even), ToEndAsync(odd));
        Assert.Equal((0, 0), (even.ExitCode, odd.ExitCode));
        Assert.All(said, text => Assert.Contains($"order {Orders - 1}\n", text,
            StringComparison.Ordinal));
        foreach (int channel in (int[])[0, 1])
        {
            using ClientJournal journal = Given.Open(_path, channel);
            Assert.Equal((ulong)Orders, journal.NextSeq);
            _ = journal.TryNextAck(out Ack ack);
            Assert.Equal(Units(Orders), ack.CumUnits);
        }
    }

    [Fact]
    public async Task TwoProcesses_OneChannel_SecondRefusedUntilTheFirstIsKilled()
    {
        using Process first = Start("hold", _path, "0");
        Assert.Equal("open 0", await LineAsync(first));
        using Process second = Start("hold", _path, "0");
        Assert.Contains("one request at a time", await LineAsync(second), StringComparison.Ordinal);
        await Patience.WaitAsync(Ended(second));
        Assert.Equal(1, second.ExitCode);
        using (Process other = Start("hold", _path, "1"))
        {
            Assert.Equal("open 0", await LineAsync(other));
            other.StandardInput.Close();
            await Patience.WaitAsync(Ended(other));
        }

        Assert.Throws<ClientException>(() => Given.Open(_path));
        first.Kill();
        await Patience.WaitAsync(Ended(first));
        Given.Open(_path).Dispose();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Killed_AtAnyPoint_WhatWasSaidIsThere(ulong seed)
    {
        Prng random = new(seed);
        for (int i = 0; i < s_kills; i++)
        {
            using Process client = Start("work", _path, "0", "1000000");
            List<string> said = [];
            for (int lines = 1 + random.Below(60); lines > 0; lines--)
            {
                said.Add(await LineAsync(client));
            }

            client.Kill();
            said.AddRange((await ToEndAsync(client)).Split('\n')[..^1]);
            using ClientJournal journal = Given.Open(_path);
            ulong orders = Last(said, "order ") is { } order ? order + 1 : journal.NextSeq;
            Assert.InRange(journal.NextSeq, orders, orders + 1);
            Assert.InRange(journal.NewestAck.NextSeq, Last(said, "ack ") ?? 0, journal.NextSeq);
            Assert.Equal(Units(journal.NewestAck.NextSeq), journal.NewestAck.CumUnits);
            Assert.Equal(journal.NextSeq - journal.NewestAck.NextSeq,
                (ulong)(journal.Pending().Count + journal.UnackedCount));
            // As the next run would: answer what is open.
            journal.Pending().ForEach(
                open => Given.Resolve(journal, open, (uint)open.Order.Seq + 1));
            _ = journal.TryNextAck(out Ack ack);
            Assert.Equal(new Ack(ack.Channel, Units(journal.NextSeq), journal.NextSeq), ack);
        }
    }

    /// <summary>Killed after a change of the folder's files that is chosen: just before the new
    /// file is renamed, just after, and anywhere else.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Killed_WhileItMigrates_OldFileIntactOrNewOneComplete(ulong seed)
    {
        JournalV1Writer old = JournalV1Writer.Frozen();
        for (ulong i = 6; i < 14; i++)
        {
            old.Order(i, new byte[1 << 20]);
        }

        byte[] bytes = old.Bytes;
        File.WriteAllBytes(_path, bytes);
        Assert.Equal(0, await RecordedAsync("RECORDER_KILL_AT", 0, "open"));
        List<JournalEvent> changes = Journal.Read(Recorded);
        int renamed = 1 + changes.FindIndex(change => change.Kind == 'R');
        Assert.InRange(renamed, 2_000, changes.Count);
        Prng random = new(seed);
        int[] outcomes = [0, 0];
        for (int kills = 0; kills < s_kills; kills++)
        {
            // The first two find what no one touched, others what the one before left.
            if (kills < 2 || IsNew())
            {
                Array.ForEach(Directory.GetFiles(_folder), File.Delete);
                File.WriteAllBytes(_path, bytes);
            }

            int point = kills < 2 ? renamed - 1 + kills : 1 + random.Below(changes.Count - 1);
            Assert.Equal(Killed, await RecordedAsync("RECORDER_KILL_AT", point, "open"));
            Assert.True(kills >= 2 || IsNew() == (kills == 1), $"killed after change {point}");
            outcomes[IsNew() ? 1 : 0]++;
            if (!IsNew())
            {
                Assert.Equal(bytes, File.ReadAllBytes(_path));
                continue;
            }

            Assert.Equal(bytes, File.ReadAllBytes(_path + ".v1"));
            using ClientJournal journal = Given.Open(_path);
            Assert.Equal(14UL, journal.NextSeq);
            Assert.Equal(10, journal.Pending().Count);
        }

        Assert.DoesNotContain(0, outcomes);
        using ClientJournal last = Given.Open(_path);
        Assert.Equal(14UL, last.NextSeq);
        Assert.Equal(bytes, File.ReadAllBytes(_path + ".v1"));
    }

    [Fact]
    public async Task WideUmask_EveryFileIsTheOwnersAlone()
    {
        string[] shell = ["sh", "-c", "umask 0; exec \"$@\"", "sh"];
        using Process client = Start(shell, "hold", _path, "0");
        Assert.Equal("open 0", await LineAsync(client));
        string[] files = Directory.GetFiles(_folder);
        Assert.Equal(["client.state", "client.state-shm", "client.state-wal", "client.state.lock"],
            files.Select(Path.GetFileName).Order());
        Assert.All(files, file => Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        client.StandardInput.Close();
        await Patience.WaitAsync(Ended(client));
        Assert.Equal(0, client.ExitCode);
    }

    /// <summary>From the nth flush on, each fails: every ack that is said had a flush of its own,
    /// the orders before it none. After a failed flush nothing is written any more.</summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(9, 5)]
    public async Task FailedFlush_NoAckIsSaid(int nth, int acksMin)
    {
        Given.Open(_path).Dispose();
        Assert.Equal(1, await RecordedAsync("RECORDER_FAIL_SYNC", nth, "stubborn"));
        string[] said = _said.Split('\n')[..^1];
        // A log begins with flushes of its head and its folder.
        int acks = said.Count(line => line.StartsWith("ack ", StringComparison.Ordinal));
        Assert.InRange(acks, acksMin, nth - 1);
        Assert.Equal(3 * (acks + 1),
            said.Count(line => line.StartsWith("order ", StringComparison.Ordinal)));
        Assert.All(said[^2..], line => Assert.Contains("the disk failed", line,
            StringComparison.Ordinal));
    }

    /// <summary>The flush that fails is the one before the log is moved into the file, 16 orders of
    /// 257 pages later: SQLite's own move would keep it to itself.</summary>
    [Fact]
    public async Task FailedFlush_OfTheMove_OrderRefused()
    {
        Given.Open(_path).Dispose();
        Assert.Equal(1, await RecordedAsync("RECORDER_FAIL_SYNC", 3, "heavy"));
        string[] said = _said.Split('\n')[..^1];
        Assert.Equal("order 15", said[^2]);
        Assert.Contains("the disk failed", said[^1], StringComparison.Ordinal);
    }

    [NamespaceFact]
    public async Task FullDisk_OneLineAndGoesOnWhenThereIsSpace()
    {
        using MountNamespace disk = MountNamespace.Start(
            $"mount -t tmpfs -o size=512k none '{_folder}'");
        string ballast = Path.Combine(_folder, "ballast");
        disk.Run("sh", "-c", $"head -c 200000 /dev/zero > '{ballast}'");
        using Process client = Start(disk.Prefix, "fill", _path, "0", ballast);
        string[] said = (await ToEndAsync(client)).Split('\n');
        Assert.Equal(0, client.ExitCode);
        Assert.Contains("the disk is full", said[1], StringComparison.Ordinal);
        Assert.StartsWith("order ", said[2], StringComparison.Ordinal);
        using Process again = Start(disk.Prefix, "open", _path, "0");
        Assert.Equal($"open {Last(said, "order ") + 1}", await LineAsync(again));
        again.StandardInput.Close();
        await Patience.WaitAsync(Ended(again));

        disk.Run("mount", "-o", "remount,ro", _folder);
        using Process readOnly = Start(disk.Prefix, "open", _path, "0");
        Assert.Contains("Read-only file system", await LineAsync(readOnly),
            StringComparison.Ordinal);
    }

    private bool IsNew() => File.ReadAllBytes(_path).AsSpan().StartsWith("SQLite format 3"u8);

    /// <summary>Runs a client under the recorder, with one of its settings, to its end; what it
    /// said stands in a field.</summary>
    private async Task<int> RecordedAsync(string setting, int value, string what)
    {
        Directory.CreateDirectory(Tools);
        string library = Path.Combine(Tools, "recorder.so");
        _ = File.Exists(library) || Journal.Build(Tools) is not null ? library
            : throw new InvalidOperationException("a C compiler is needed, as for the build");
        ProcessStartInfo start = StartOf([], what, _path, "0");
        start.Environment["LD_PRELOAD"] = library;
        start.Environment["RECORDER_DIR"] = _folder;
        start.Environment["RECORDER_MARKS"] = _folder + ".marks";
        start.Environment["RECORDER_JOURNAL"] = Recorded;
        start.Environment[setting] = $"{value}";
        using Process client = Process.Start(start)!;
        client.StandardInput.Close();
        _said = await ToEndAsync(client);
        return client.ExitCode;
    }

    private static UInt128 Units(ulong orders) => (UInt128)orders * (orders + 1) / 2;

    private static ulong? Last(IEnumerable<string> said, string what) =>
        said.LastOrDefault(line => line.StartsWith(what, StringComparison.Ordinal)) is { } last
            ? ulong.Parse(last[what.Length..], CultureInfo.InvariantCulture)
            : null;

    private static async Task<string> LineAsync(Process client) =>
        await Patience.WaitAsync(client.StandardOutput.ReadLineAsync())
        ?? throw new InvalidOperationException("the client ended without a word");

    private static async Task<string> ToEndAsync(Process client)
    {
        string said = await Patience.WaitAsync(client.StandardOutput.ReadToEndAsync());
        await Patience.WaitAsync(Ended(client));
        return said;
    }

    private static async Task<bool> Ended(Process client)
    {
        await client.WaitForExitAsync();
        return true;
    }

    private static Process Start(params string[] arguments) => Start([], arguments);

    private static Process Start(string[] prefix, params string[] arguments) =>
        Process.Start(StartOf(prefix, arguments))!;

    private static ProcessStartInfo StartOf(string[] prefix, params string[] arguments)
    {
        string[] command =
            [.. prefix, "dotnet", "exec", typeof(Program).Assembly.Location, .. arguments];
        return new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
    }
}
