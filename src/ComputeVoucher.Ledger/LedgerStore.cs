using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>
/// What the node must not forget: orders with their inputs, evidence, accepts, cancels, receipts,
/// acks, releases, the chain mirror's rows and the transaction outbox.
/// </summary>
/// <remarks>
/// Thread safe. Every change takes effect in memory at once, under one lock, and joins a queue; one
/// writer thread commits the queue in order. So what is on disk is always a prefix of what
/// happened, and a task of a change implies every change before it. The ledger never interprets a
/// signature: callers verify first.
/// </remarks>
public sealed partial class LedgerStore : IDisposable
{
    private readonly object _gate = new();
    private readonly LedgerOptions _options;
    private readonly Stack<IDisposable> _opened;
    private readonly DurableMark? _mark;
    private readonly ILedgerDisk _database;
    private readonly ILedgerDisk _reader;
    private readonly object _readerGate = new();

    /// <summary>For what reads whole tables: no client waits behind it.</summary>
    private readonly ILedgerDisk _scanner;
    private readonly object _scanGate;
    private readonly DiskReserve? _reserve;
    private readonly bool _reserveWasHeld;
    private readonly Action _awaitWriter;
    private LedgerMemory _memory;
    private Batch _open = new();
    private Batch? _writing;
    private bool _stop;
    private bool _disposed;

    private LedgerStore(
        LedgerOptions options,
        Stack<IDisposable> opened,
        DurableMark? mark,
        ILedgerDisk database,
        LedgerMemory memory,
        ILedgerDisk reader,
        ILedgerDisk scanner,
        DiskReserve? reserve)
    {
        _options = options;
        _opened = opened;
        _mark = mark;
        _database = database;
        _memory = memory;
        _reader = reader;
        _scanner = scanner;
        _scanGate = ReferenceEquals(reader, scanner) ? _readerGate : new object();
        _reserve = reserve;
        _reserveWasHeld = reserve is { IsHeld: true };
        _awaitWriter = options.Scheduling.Start("ledger", Write);
    }

    /// <summary>Opens or creates the ledger in a directory, which belongs to one process.</summary>
    /// <exception cref="LedgerException">
    /// Taken by another process, damaged, of another chain or node, of another schema, not
    /// writable.
    /// </exception>
    public static LedgerStore Open(string directory, LedgerOptions options)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux())
        {
            throw new LedgerException("the ledger relies on Linux: flock and fsync of directories");
        }

        Stack<IDisposable> opened = new();
        try
        {
            Directory.CreateDirectory(
                directory,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            opened.Push(DirectoryLock.Take(directory));
            string? narrowed = PrivateFiles.Narrow(directory);
            (DurableMark mark, Database database, string? notice) =
                Recovery.Open(directory, options, opened);
            LedgerMemory memory = LedgerMemory.Load(database, options.Policy);
            Recovery.CheckIdentity(memory, database, options.Identity);
            Recovery.CheckMark(mark, database);
            Database reader = Database.Open(directory, options.Synchronous);
            opened.Push(reader);
            Database scanner = Database.Open(directory, options.Synchronous);
            opened.Push(scanner);
            return new LedgerStore(options, opened, mark, database, memory, reader, scanner,
                options.Reserve ? DiskReserve.Take(directory) : null)
            {
                Notice = narrowed is null || notice is null
                    ? narrowed ?? notice
                    : $"{narrowed}; {notice}",
            };
        }
        catch (Exception fault)
        {
            while (opened.TryPop(out IDisposable? item))
            {
                item.Dispose();
            }

            throw fault switch
            {
                StorageException => new LedgerException(
                    $"ledger in {directory}: {fault.Message}; check the disk, or restore a backup",
                    fault),
                IOException or UnauthorizedAccessException => new LedgerException(
                    $"ledger in {directory}: {fault.Message}; check the directory", fault),
                _ => fault,
            };
        }
    }

    /// <summary>As above, over rows that need no file, lock or mark; an empty disk becomes this
    /// node's.</summary>
    internal static LedgerStore Open(ILedgerDisk disk, LedgerOptions options)
    {
        if (disk.Sums.Commit == 0)
        {
            disk.Commit([Recovery.IdentityRow(options.Identity)]);
        }

        LedgerMemory memory = LedgerMemory.Load(disk, options.Policy);
        Recovery.CheckIdentity(memory, disk, options.Identity);
        return new LedgerStore(options, new([disk]), null, disk, memory, disk, disk, null);
    }

    public LedgerStatus Status { get; private set; }

    /// <summary>
    /// The line that says why <see cref="Status"/> is Full or Failed; null when Ready.
    /// </summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// What opening did that the operator should know (an older ledger was migrated, and where its
    /// backup lies; files that others could read are no longer); null when there is nothing to say.
    /// </summary>
    public string? Notice { get; private init; }

    public LedgerFigures Figures
    {
        get
        {
            lock (_gate)
            {
                return new LedgerFigures(
                    _commits,
                    _changes,
                    _orders,
                    _acks,
                    _open.Changes.Count + (_writing?.Changes.Count ?? 0),
                    _open.Bytes + (_writing?.Bytes ?? 0),
                    _memory.OpenOrders)
                {
                    Rollbacks = _rollbacks,
                    InputBytes = _memory.InputBytes,
                };
            }
        }
    }

    /// <summary>Writes what waits, then closes. Safe to call twice.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _stop = true;
            Monitor.Pulse(_gate);
        }

        _awaitWriter();
        lock (_gate)
        {
            Status = LedgerStatus.Closed;
            _open.Fail(Closed());
        }

        lock (_scanGate)
        lock (_readerGate)
        {
            while (_opened.TryPop(out IDisposable? item))
            {
                item.Dispose();
            }
        }
    }

    private static LedgerException Closed() =>
        new("the ledger is closed", RefusalReason.Draining);
}

/// <summary>Counters since open, for metrics.</summary>
/// <param name="Commits">Transactions that became durable.</param>
/// <param name="Changes">Row changes in them.</param>
/// <param name="Orders">Orders that became durable.</param>
/// <param name="Acks">Acks that became durable; acks per fsync is Acks / Commits.</param>
/// <param name="PendingChanges">Changes that wait for the disk now.</param>
/// <param name="PendingBytes">Bytes that wait for the disk now.</param>
/// <param name="OpenOrders">Orders in memory: reserved or served, and not acked.</param>
public readonly record struct LedgerFigures(
    long Commits,
    long Changes,
    long Orders,
    long Acks,
    long PendingChanges,
    long PendingBytes,
    long OpenOrders)
{
    /// <summary>
    /// Times that a full disk sent memory back to the disk's state: receipts that were not written
    /// yet are gone then, and <see cref="LedgerStore.UnfinishedOrdersAsync"/> names their orders.
    /// </summary>
    public long Rollbacks { get; init; }

    /// <summary>Bytes of the inputs that are kept.</summary>
    public long InputBytes { get; init; }
}

/// <summary>Whether the ledger takes work.</summary>
public enum LedgerStatus
{
    /// <summary>Everything works.</summary>
    Ready = 0,

    /// <summary>
    /// The disk was full: what was waiting was rolled back and its tasks failed. The ledger tries
    /// again by itself whenever it is asked, and becomes ready when a commit goes through.
    /// </summary>
    Full = 1,

    /// <summary>
    /// A storage error that cannot be retried (a failed fsync leaves the page cache lying). Only a
    /// new process may try again.
    /// </summary>
    Failed = 2,

    /// <summary>Closed.</summary>
    Closed = 3,
}
