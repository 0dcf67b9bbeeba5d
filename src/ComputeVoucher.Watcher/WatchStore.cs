using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;
using SQLitePCL;

namespace ComputeVoucher.Watcher;

/// <summary>
/// What a watcher need not find out again: which orders were right, since which block its disputes
/// lie, and what its share is drawn with; and what nobody else keeps: the evidence of its cases,
/// which outlives the folder's, with what a node said when it was asked. Everything else is read
/// from the evidence and the chain, so that a process that is killed at any point goes on where the
/// chain stands.
/// </summary>
public sealed class WatchStore : IDisposable
{
    /// <summary>"CVWS": tells our file from any other SQLite file.</summary>
    private const int ApplicationId = 0x43565753;

    /// <summary>Raised with every change of schema; others are refused.</summary>
    private const int SchemaVersion = 2;

    private readonly sqlite3 _connection;
    private readonly int _lock;

    private WatchStore(sqlite3 connection, int held) => (_connection, _lock) = (connection, held);

    /// <summary>Opens the store, made if need be; one process at a time has it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">Of a new store.</param>
    /// <exception cref="WatchException">In use, another program's, newer, or not writable.
    /// </exception>
    public static WatchStore Open(string path, ulong seed)
    {
        try
        {
            int held = Posix.Lock(path + ".lock");
            if (held < 0)
            {
                throw new WatchException($"{path}: in use by another watcher (stop it first)");
            }

            _ = Posix.CreatePrivate(path);
            WatchStore store = new(Sqlite.OpenExisting(path), held);
            store.Prepare(path, seed);
            return store;
        }
        catch (Exception failure) when (failure is IOException or StorageException
            or UnauthorizedAccessException)
        {
            throw new WatchException(
                $"{path}: the watcher's store cannot be opened: {failure.Message}", failure);
        }
    }

    /// <summary>Draws the share; the same for the store's life.</summary>
    public ulong Seed => unchecked((ulong)Number("SELECT seed FROM watch"));

    /// <summary>Block from which on all lies that concerns the watcher; null before the first look
    /// at the chain.</summary>
    public ulong? FirstBlock
    {
        get => Number("SELECT coalesce(first_block, -1) FROM watch") is >= 0 and var block
            ? (ulong)block : null;
        set
        {
            using Statement update = new(_connection, "UPDATE watch SET first_block = ?1");
            update.Bind(1, (long)value.GetValueOrDefault()).Step();
        }
    }

    /// <summary>Whether these statements of an order were found right, or left out by the share.
    /// </summary>
    /// <param name="order">Its hash.</param>
    /// <param name="stated">Hash of what was judged.</param>
    public bool IsSettled(in Bytes32 order, in Bytes32 stated)
    {
        using Statement rows = new(_connection, "SELECT stated FROM settled WHERE order_hash = ?1");
        return rows.Bind(1, order.Span).Step() && rows.Blob(0).SequenceEqual(stated.Span);
    }

    /// <summary>Nothing has to be done about these statements.</summary>
    public void Settle(in Bytes32 order, in Bytes32 stated)
    {
        using Statement insert = new(
            _connection, "INSERT OR REPLACE INTO settled VALUES (?1, ?2)");
        insert.Bind(1, order.Span).Bind(2, stated.Span).Step();
    }

    /// <summary>Keeps the evidence of a case until it is over, or replaces it.</summary>
    /// <param name="order">Its hash.</param>
    /// <param name="bundle">All that is known of it.</param>
    public void Keep(in Bytes32 order, EvidenceBundle bundle)
    {
        using Statement insert = new(_connection, "INSERT OR REPLACE INTO cases VALUES (?1, ?2)");
        insert.Bind(1, order.Span).Bind(2, bundle.Encode()).Step();
    }

    /// <summary>The evidence of a case; null where there is none.</summary>
    /// <exception cref="WatchException">It is damaged.</exception>
    public EvidenceBundle? Case(in Bytes32 order)
    {
        using Statement rows = new(_connection, "SELECT bundle FROM cases WHERE order_hash = ?1");
        try
        {
            return rows.Bind(1, order.Span).Step()
                ? EvidenceBundle.Decode(rows.Blob(0).ToArray()) : null;
        }
        catch (FormatException damage)
        {
            throw new WatchException(
                $"the store's case {order} cannot be read: {damage.Message}", damage);
        }
    }

    /// <summary>Orders whose evidence is kept.</summary>
    public List<Bytes32> Cases()
    {
        using Statement rows = new(_connection, "SELECT order_hash FROM cases ORDER BY 1");
        List<Bytes32> orders = [];
        while (rows.Step())
        {
            orders.Add(new Bytes32(rows.Blob(0)));
        }

        return orders;
    }

    /// <summary>A case is over.</summary>
    public void Drop(in Bytes32 order)
    {
        using Statement delete = new(_connection, "DELETE FROM cases WHERE order_hash = ?1");
        delete.Bind(1, order.Span).Step();
    }

    public void Dispose()
    {
        _connection.Dispose();
        Posix.Unlock(_lock);
    }

    private void Prepare(string path, ulong seed)
    {
        Execute("PRAGMA trusted_schema = OFF");
        Execute("PRAGMA synchronous = FULL");
        long application = Number("PRAGMA application_id");
        long version = Number("PRAGMA user_version");
        bool isNew = application == 0 && version == 0;
        // Schema 1 knew no cases.
        bool isOld = application == ApplicationId && version == 1;
        if (!isNew && !isOld && (application != ApplicationId || version != SchemaVersion))
        {
            throw new WatchException($"{path}: not a watcher's store of schema {SchemaVersion} "
                + "(choose another file)");
        }

        if (!isNew && !isOld)
        {
            return;
        }

        Execute("BEGIN IMMEDIATE");
        if (isNew)
        {
            Execute("CREATE TABLE watch (seed INTEGER NOT NULL, first_block INTEGER)");
            Execute("CREATE TABLE settled (order_hash BLOB PRIMARY KEY, stated BLOB NOT NULL) "
                + "WITHOUT ROWID");
            using (Statement first = new(_connection, "INSERT INTO watch VALUES (?1, NULL)"))
            {
                first.Bind(1, unchecked((long)seed)).Step();
            }

        }

        Execute("CREATE TABLE cases (order_hash BLOB PRIMARY KEY, bundle BLOB NOT NULL)");
        Execute($"PRAGMA application_id = {ApplicationId}");
        Execute($"PRAGMA user_version = {SchemaVersion}");
        Execute("COMMIT");
    }

    private long Number(string sql)
    {
        using Statement row = new(_connection, sql);
        return row.Step() ? row.Int64(0) : 0;
    }

    private void Execute(string sql)
    {
        using Statement statement = new(_connection, sql);
        while (statement.Step())
        {
        }
    }
}
