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
    private readonly DirectoryLock _lock;
    private readonly DurableMark _mark;
    private readonly Database _database;
    private readonly Database _reader;
    private readonly object _readerGate = new();
    private readonly Thread _writer;
    private LedgerMemory _memory;
    private Batch _open = new();
    private Batch? _writing;
    private bool _stop;
    private bool _disposed;

    private LedgerStore(
        LedgerOptions options,
        DirectoryLock directoryLock,
        DurableMark mark,
        Database database,
        LedgerMemory memory,
        Database reader)
    {
        _options = options;
        _lock = directoryLock;
        _mark = mark;
        _database = database;
        _memory = memory;
        _reader = reader;
        _writer = new Thread(WriteUntilStopped) { Name = "ledger", IsBackground = true };
        _writer.Start();
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
            DirectoryLock held = DirectoryLock.Take(directory);
            opened.Push(held);
            (DurableMark mark, Database database) = Recovery.Open(directory, options, opened);
            LedgerMemory memory = LedgerMemory.Load(database);
            Recovery.CheckIdentity(memory, database, options.Identity);
            Recovery.CheckMark(mark, database);
            Database reader = Database.Open(directory, options.Synchronous);
            opened.Push(reader);
            return new LedgerStore(options, held, mark, database, memory, reader);
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

    public LedgerStatus Status { get; private set; }

    /// <summary>
    /// The line that says why <see cref="Status"/> is Full or Failed; null when Ready.
    /// </summary>
    public string? Fault { get; private set; }

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

        _writer.Join();
        lock (_gate)
        {
            Status = LedgerStatus.Closed;
            _open.Fail(Closed());
        }

        lock (_readerGate)
        {
            _reader.Dispose();
        }

        _database.Dispose();
        _mark.Dispose();
        _lock.Dispose();
    }

    private static LedgerException Closed() =>
        new("the ledger is closed", RefusalReason.Draining);
}
