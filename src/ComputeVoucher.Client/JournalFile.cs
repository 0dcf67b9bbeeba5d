using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using SQLitePCL;

namespace ComputeVoucher.Client;

/// <summary>
/// The SQLite file of a client's journals: one connection, the schema, the rows of one channel at a
/// time. Sequences and units are big endian. Not thread safe.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    /// <summary>"CVCJ": tells our file from any other SQLite file.</summary>
    private const int ApplicationId = 0x4356434A;

    /// <summary>Raised with every change of schema or row layout; others are refused. Version 1 was
    /// no database: <see cref="JournalV1"/>.</summary>
    private const int SchemaVersion = 2;

    /// <summary>For a transaction of another client of the same file. Each takes one write and at
    /// most a flush; this bounds a hang.</summary>
    private const int BusyMillis = 60_000;

    /// <summary>Pages written to the log after which it is moved into the file, 16 MiB: an order
    /// of the largest input does not pay for a flush each time.</summary>
    private const int CheckpointPages = 4_096;

    private readonly Dictionary<string, Statement> _statements = [];
    private readonly sqlite3 _connection;
    private readonly string _path;
    private string? _fault;

    private JournalFile(string path)
    {
        _path = path;
        try
        {
            _connection = Sqlite.OpenExisting(path);
        }
        catch (StorageException failure)
        {
            throw Refuse(failure);
        }
    }

    /// <summary>Whether the file itself, whatever logs stand beside it, is empty or begins as a
    /// database. SQLite looks: a close by anyone else would drop the locks that it has on the file
    /// in this process.</summary>
    public static bool IsDatabase(string path)
    {
        try
        {
            using sqlite3 connection = Sqlite.OpenWithoutLog(path);
            using Statement head = new(connection, "PRAGMA application_id");
            return head.Step();
        }
        catch (StorageException failure)
        {
            // Whatever else is wrong with it, the opening says.
            return !IsPrimary(failure, raw.SQLITE_NOTADB);
        }
    }

    /// <summary>Opens the file, and fills an empty one with the schema. No other client may be in
    /// here: <see cref="JournalLock.Setup"/>.</summary>
    /// <exception cref="ClientException">No database, another program's, newer, damaged, or not
    /// writable.</exception>
    public static JournalFile Open(string path)
    {
        JournalFile file = new(path);
        try
        {
            file.Prepare();
            return file;
        }
        catch (Exception failure)
        {
            file.Dispose();
            throw failure is StorageException storage ? file.Refuse(storage) : failure;
        }
    }

    /// <summary>The row of a channel, or null. Every channel's row is checked: one whose id has
    /// changed would look like a channel that was never used.</summary>
    public ChannelRecord? Channel(in Bytes32 channel)
    {
        ChannelRecord? found = null;
        Statement rows = Cached("SELECT id, node, next_seq, ack, sum, digest FROM channels");
        while (rows.Step())
        {
            Bytes32 id = new(rows.Blob(0));
            ChannelRecord row = new(
                new Address(rows.Blob(1)), BinaryPrimitives.ReadUInt64BigEndian(rows.Blob(2)),
                rows.Blob(3) is { IsEmpty: false } ack ? ack.ToArray() : null,
                BinaryPrimitives.ReadUInt128BigEndian(rows.Blob(4)));
            if (JournalDigest.OfChannel(id, row)
                != BinaryPrimitives.ReadUInt128BigEndian(rows.Blob(5)))
            {
                throw Damaged("a channel's row does not have its digest");
            }

            found = id == channel ? row : found;
        }

        rows.Reset();
        return found;
    }

    /// <summary>Orders of a channel: sequence, and signed order and input in one piece.</summary>
    public void ReadOrders(in Bytes32 channel, Action<ulong, byte[]> take)
    {
        Statement rows = Cached("SELECT seq, signed, input FROM orders WHERE channel = ?1")
            .Bind(1, channel.Span);
        while (rows.Step())
        {
            byte[] body = [.. rows.Blob(1), .. rows.Blob(2)];
            take(BinaryPrimitives.ReadUInt64BigEndian(rows.Blob(0)), body);
        }

        rows.Reset();
    }

    /// <summary>Settled sequences of a channel: sequence, units, digest.</summary>
    public void ReadSettled(Bytes32 channel, Action<ulong, UInt128, UInt128> take)
    {
        Statement rows = Cached("SELECT seq, units, receipt FROM settled WHERE channel = ?1")
            .Bind(1, channel.Span);
        while (rows.Step())
        {
            ulong seq = BinaryPrimitives.ReadUInt64BigEndian(rows.Blob(0));
            UInt128 units = BinaryPrimitives.ReadUInt128BigEndian(rows.Blob(1));
            take(seq, units, JournalDigest.OfSettled(channel, seq, units, rows.Blob(2)));
        }

        rows.Reset();
    }

    /// <summary>One transaction: all of it, or on an exception nothing.</summary>
    /// <param name="durable">Flushed to the disk before this returns; else it survives the end of
    /// the process and not of the power.</param>
    /// <param name="change">Calls the methods below.</param>
    /// <exception cref="ClientException">Full, failed or damaged.</exception>
    public void Write(bool durable, Action change)
    {
        if (_fault is not null)
        {
            throw new ClientException(_fault);
        }

        try
        {
            // Before and not after: a change that is refused for it is not in the file then.
            MoveLogIfDue();
            Execute(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            Run(Cached("BEGIN IMMEDIATE"));
            change();
            Run(Cached("COMMIT"));
        }
        catch (Exception failure)
        {
            // Whatever failed: an open transaction would keep the other clients of the file out.
            _ = raw.sqlite3_exec(_connection, "ROLLBACK");
            if (failure is not StorageException said)
            {
                throw;
            }

            ClientException refused = Refuse(said);
            // After a failed flush nobody knows what is on the disk, and the next one would say
            // that all is well.
            _fault = said.IsFull || IsPrimary(said, raw.SQLITE_BUSY) ? null : refused.Message;
            throw refused;
        }
    }

    public void PutChannel(in Bytes32 channel, in ChannelRecord row)
    {
        Span<byte> numbers = stackalloc byte[8 + (2 * JournalDigest.Size)];
        BinaryPrimitives.WriteUInt64BigEndian(numbers, row.NextSeq);
        BinaryPrimitives.WriteUInt128BigEndian(numbers[8..], row.Sum);
        BinaryPrimitives.WriteUInt128BigEndian(
            numbers[(8 + JournalDigest.Size)..], JournalDigest.OfChannel(channel, row));
        Statement put = Cached("INSERT INTO channels (id, node, next_seq, ack, sum, digest)"
            + " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET"
            + " next_seq = excluded.next_seq, ack = excluded.ack, sum = excluded.sum,"
            + " digest = excluded.digest")
            .Bind(1, channel.Span).Bind(2, row.Node.Span).Bind(3, numbers[..8])
            .Bind(5, numbers.Slice(8, JournalDigest.Size))
            .Bind(6, numbers[(8 + JournalDigest.Size)..]);
        Run(row.Ack is null ? put : put.Bind(4, row.Ack));
    }

    /// <summary>An order; there must be none of its sequence.</summary>
    public void AddOrder(in Bytes32 channel, ulong seq, PendingOrder order) =>
        Run(Keyed("INSERT INTO orders (channel, seq, signed, input) VALUES (?1, ?2, ?3, ?4)",
            channel, seq).Bind(3, order.Signed.Span).Bind(4, order.Input.Span));

    public void RemoveOrder(in Bytes32 channel, ulong seq) =>
        Run(Keyed("DELETE FROM orders WHERE channel = ?1 AND seq = ?2", channel, seq));

    public void PutSettled(in Bytes32 channel, ulong seq, UInt128 units, byte[]? receipt)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, units);
        Statement put = Keyed("REPLACE INTO settled (channel, seq, units, receipt)"
            + " VALUES (?1, ?2, ?3, ?4)", channel, seq).Bind(3, bytes);
        Run(receipt is null ? put : put.Bind(4, receipt));
    }

    /// <summary>Removes what an ack covers.</summary>
    public void RemoveBelow(in Bytes32 channel, ulong next)
    {
        Run(Keyed("DELETE FROM orders WHERE channel = ?1 AND seq < ?2", channel, next));
        Run(Keyed("DELETE FROM settled WHERE channel = ?1 AND seq < ?2", channel, next));
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _connection.Dispose();
    }

    public ClientException Damaged(string what) => new(
        $"{_path}: the client's state is damaged: {what} (move it away: a new file is filled in "
        + "from the node)");

    /// <summary>The one line for what SQLite said.</summary>
    public ClientException Refuse(StorageException failure) => (failure.Code & 0xFF) switch
    {
        raw.SQLITE_FULL => new ClientException(
            $"{_path}: the disk is full (free some space; nothing is lost)", failure),
        raw.SQLITE_BUSY => new ClientException(
            $"{_path}: another client of this file does not finish (stop it)", failure),
        raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => new ClientException(
            $"{_path}: cannot write the client's state: {failure.Message} (check owner and mode "
            + "of the file and its folder)", failure),
        raw.SQLITE_IOERR => new ClientException(
            $"{_path}: the disk failed: {failure.Message} (check it, then start again)", failure),
        _ => Damaged(failure.Message),
    };

    /// <summary>Identity, mode, log and schema.</summary>
    private void Prepare()
    {
        Sqlite.Check(_connection, raw.sqlite3_busy_timeout(_connection, BusyMillis));
        Execute("PRAGMA trusted_schema = OFF");
        Execute("PRAGMA cell_size_check = ON");
        long application = Number("PRAGMA application_id");
        long version = Number("PRAGMA user_version");
        bool isEmpty = application == 0 && version == 0
            && Number("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && application != ApplicationId)
        {
            throw new ClientException($"{_path}: another program's database (choose another file)");
        }

        if (!isEmpty && version != SchemaVersion)
        {
            throw new ClientException($"{_path}: client state of schema {version}, this program "
                + $"knows {SchemaVersion} (use the program that wrote it, or choose another file)");
        }

        Narrow();
        Configure();
        if (isEmpty)
        {
            CreateSchema();
        }

        if (Text("PRAGMA quick_check(1)") is not "ok" and string found)
        {
            throw Damaged(found.ReplaceLineEndings(" "));
        }

        // What a killed client left; else the log of one that is killed again and again grows.
        MoveLog();
    }

    /// <summary>A file that others may read, of an old client or a wide umask, becomes the owner's
    /// alone; SQLite gives new files beside it the same mode.</summary>
    private void Narrow()
    {
        Posix.Narrow(_path);
        Posix.Narrow(_path + "-wal");
        Posix.Narrow(_path + "-shm");
    }

    private void Configure()
    {
        if (Text("PRAGMA journal_mode = WAL") != "wal")
        {
            throw new ClientException(
                $"{_path}: SQLite does not offer WAL here (use a local file system)");
        }

        // SQLite's own ignores a failed flush, and the next one would say that all is well.
        Execute("PRAGMA wal_autocheckpoint = 0");
    }

    private void MoveLogIfDue()
    {
        if (PagesWritten(reset: 0) >= CheckpointPages)
        {
            MoveLog();
        }
    }

    /// <summary>Moves the log into the file. A full disk, or another client that does the same, is
    /// no fault here: the log stays, and the next write tries again.</summary>
    private void MoveLog()
    {
        int code = raw.sqlite3_wal_checkpoint_v2(
            _connection, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
        int primary = code & 0xFF;
        if (primary == raw.SQLITE_OK)
        {
            _ = PagesWritten(reset: 1);
        }
        else if (primary is not (raw.SQLITE_BUSY or raw.SQLITE_FULL))
        {
            throw Sqlite.Fault(_connection, code);
        }
    }

    /// <summary>By this connection, since the last reset.</summary>
    private int PagesWritten(int reset)
    {
        Sqlite.Check(_connection, raw.sqlite3_db_status(
            _connection, raw.SQLITE_DBSTATUS_CACHE_WRITE, out int pages, out _, reset));
        return pages;
    }

    private void CreateSchema()
    {
        Execute("PRAGMA synchronous = FULL");
        Execute("BEGIN IMMEDIATE");
        Execute("CREATE TABLE channels (id BLOB PRIMARY KEY NOT NULL, node BLOB NOT NULL,"
            + " next_seq BLOB NOT NULL, ack BLOB, sum BLOB NOT NULL, digest BLOB NOT NULL)"
            + " WITHOUT ROWID");
        // Inputs are long: a table with rowids keeps long rows out of the key tree.
        Execute("CREATE TABLE orders (channel BLOB NOT NULL, seq BLOB NOT NULL,"
            + " signed BLOB NOT NULL, input BLOB NOT NULL, PRIMARY KEY (channel, seq))");
        Execute("CREATE TABLE settled (channel BLOB NOT NULL, seq BLOB NOT NULL,"
            + " units BLOB NOT NULL, receipt BLOB, PRIMARY KEY (channel, seq)) WITHOUT ROWID");
        Execute($"PRAGMA application_id = {ApplicationId}");
        Execute($"PRAGMA user_version = {SchemaVersion}");
        Execute("COMMIT");
    }

    private static bool IsPrimary(StorageException failure, int code) =>
        (failure.Code & 0xFF) == code;

    private void Execute(string sql) =>
        Sqlite.Check(_connection, raw.sqlite3_exec(_connection, sql));

    private Statement Keyed(string sql, in Bytes32 channel, ulong seq)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(key, seq);
        return Cached(sql).Bind(1, channel.Span).Bind(2, key);
    }

    private Statement Cached(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            statement = new Statement(_connection, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    private static void Run(Statement statement)
    {
        try
        {
            statement.Step();
        }
        finally
        {
            statement.Reset();
        }
    }

    private long Number(string sql)
    {
        using Statement statement = new(_connection, sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    private string Text(string sql)
    {
        using Statement statement = new(_connection, sql);
        return statement.Step() ? statement.Text(0) : "no answer";
    }
}

/// <summary>The row of a channel.</summary>
/// <param name="Node">Who serves it.</param>
/// <param name="NextSeq">First sequence that was never used.</param>
/// <param name="Ack">The newest as it travels, or null.</param>
/// <param name="Sum">Of the digests of its orders and settled sequences, modulo 2^128.</param>
internal readonly record struct ChannelRecord(
    Address Node, ulong NextSeq, byte[]? Ack, UInt128 Sum);
