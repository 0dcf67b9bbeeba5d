using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using ComputeVoucher.Storage;
using SQLitePCL;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// One connection and the schema: every table is (key, body, digest), and one row of table state
/// holds the <see cref="TableSums"/>. Not thread safe.
/// </summary>
internal sealed class Database : ILedgerDisk
{
    public const string FileName = "ledger.db";

    /// <summary>"CVLD": tells our file from any other SQLite file.</summary>
    private const int ApplicationId = 0x43564C44;

    /// <summary>Raised with every change of schema or row layout; others are refused.</summary>
    private const int SchemaVersion = 2;

    private readonly sqlite3 _connection;
    private readonly Dictionary<string, Statement> _statements = [];

    private Database(sqlite3 connection, string path)
    {
        _connection = connection;
        Path = path;
    }

    public string Path { get; }

    public TableSums Sums { get; private set; } = new();

    /// <summary>Opens or creates the file; reads nothing but its header.</summary>
    public static Database Open(string directory, LedgerSynchronous synchronous)
    {
        string path = System.IO.Path.Combine(directory, FileName);
        // SQLite would create it as the umask says; its log gets the mode of the file.
        Posix.CreatePrivate(path);
        Database database = new(Sqlite.OpenExisting(path), path);
        try
        {
            database.Configure(synchronous);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that is there and stays as it is.</summary>
    public static Database OpenToRead(string path) => new(Sqlite.OpenReadOnly(path), path);

    /// <summary>Writes everything of the newest commit into an empty file, without a log.</summary>
    public void CopyInto(string path) =>
        Execute($"VACUUM INTO '{path.Replace("'", "''", StringComparison.Ordinal)}'");

    /// <summary>False for a file in which no schema was ever committed.</summary>
    /// <exception cref="LedgerException">Not a ledger, or of another schema version.</exception>
    public bool HasSchema()
    {
        long application = Pragma("application_id");
        long version = Pragma("user_version");
        if (application == 0 && version == 0 && Scalar("SELECT count(*) FROM sqlite_schema") == 0)
        {
            return false;
        }

        if (application != ApplicationId)
        {
            throw new LedgerException($"{Path} is not a ledger; name the right data directory");
        }

        return version == SchemaVersion
            ? true
            : throw new LedgerException(
                $"{Path} has schema {version}, this program knows {SchemaVersion};"
                + " use the program that wrote it");
    }

    /// <summary>Creates the schema with its first rows, in one transaction.</summary>
    public void CreateSchema(IEnumerable<Change> first)
    {
        Execute("BEGIN IMMEDIATE");
        foreach (Table table in Tables.All)
        {
            string slot = table == Table.Orders ? "slot BLOB NOT NULL UNIQUE, " : "";
            // Inputs are long: a table with rowids keeps long rows out of the key tree.
            string tail = table == Table.Inputs ? "" : " WITHOUT ROWID";
            Execute(
                $"CREATE TABLE {Tables.Name(table)} (key BLOB PRIMARY KEY NOT NULL, {slot}"
                + $"body BLOB NOT NULL, digest BLOB NOT NULL){tail}");
        }

        Execute("CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0), body BLOB NOT NULL)");
        Execute($"PRAGMA application_id = {ApplicationId}");
        Execute($"PRAGMA user_version = {SchemaVersion}");
        foreach (Change change in first)
        {
            Apply(change);
        }

        WriteState();
        Execute("COMMIT");
    }

    /// <summary>
    /// Commits changes as one transaction; all of them or, on an exception, none.
    /// </summary>
    public void Commit(List<Change> changes) => Transact(() =>
    {
        foreach (Change change in changes)
        {
            Apply(change);
        }
    });

    /// <summary>
    /// Puts every row of an older schema, whose sums and keys are right, again in this one, as one
    /// transaction with the schema's number: a cut leaves either ledger whole.
    /// </summary>
    /// <param name="putRows">Calls its argument once for each row.</param>
    public void Rewrite(Action<Action<Change>> putRows) => Transact(() =>
    {
        ReadState();
        putRows(change => Apply(change));
        Execute($"PRAGMA user_version = {SchemaVersion}");
    });

    /// <summary>Moves the log into the file. A full disk is no fault here: the log stays.</summary>
    public void Checkpoint()
    {
        int code = raw.sqlite3_wal_checkpoint_v2(
            _connection, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
        int primary = code & 0xFF;
        if (primary is not (raw.SQLITE_OK or raw.SQLITE_BUSY or raw.SQLITE_FULL))
        {
            throw Sqlite.Fault(_connection, code);
        }
    }

    /// <summary>Structure of the file, indexes included.</summary>
    /// <exception cref="LedgerException">Damaged.</exception>
    public void CheckIntegrity()
    {
        Statement statement = Prepare("PRAGMA integrity_check(1)");
        try
        {
            string text = statement.Step() ? statement.Text(0) : "no answer";
            if (text != "ok")
            {
                throw Damaged(text.ReplaceLineEndings(" "));
            }
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>Reads the state row into <see cref="Sums"/>.</summary>
    public void ReadState()
    {
        Statement statement = Prepare("SELECT body FROM state WHERE id = 0");
        try
        {
            if (!statement.Step() || statement.Blob(0).Length != TableSums.Size)
            {
                throw Damaged("the state row is missing or short");
            }

            Sums = TableSums.Read(statement.Blob(0));
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>
    /// Every row of a table, digests checked, count and sum compared with the state.
    /// </summary>
    /// <exception cref="LedgerException">Damaged.</exception>
    public void ReadAll(Table table, RowReader? reader)
    {
        TableSums found = new();
        string slot = table == Table.Orders ? "slot" : "x''";
        Statement statement = Prepare(
            $"SELECT key, {slot}, body, digest FROM {Tables.Name(table)} ORDER BY key");
        try
        {
            while (statement.Step())
            {
                found.Add(table, CheckedDigest(table, statement));
                reader?.Invoke(statement.Blob(0), statement.Blob(1), statement.Blob(2));
            }
        }
        finally
        {
            statement.Reset();
        }

        if (!found.Matches(table, Sums))
        {
            throw Damaged(
                $"table {Tables.Name(table)} has {found.Count(table)} rows, its sums say"
                + $" {Sums.Count(table)}");
        }
    }

    /// <summary>Body of a row, digest checked; null when absent.</summary>
    public byte[]? Get(Table table, ReadOnlySpan<byte> key)
    {
        string slot = table == Table.Orders ? "slot" : "x''";
        Statement statement = Prepare(
            $"SELECT key, {slot}, body, digest FROM {Tables.Name(table)} WHERE key = ?1");
        try
        {
            if (!statement.Bind(1, key).Step())
            {
                return null;
            }

            CheckedDigest(table, statement);
            return statement.Blob(2).ToArray();
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>Bytes of a row's body, which is not read; 0 when absent.</summary>
    public int BodyBytes(Table table, ReadOnlySpan<byte> key)
    {
        Statement statement = Prepare(
            $"SELECT length(body) FROM {Tables.Name(table)} WHERE key = ?1");
        try
        {
            return statement.Bind(1, key).Step() ? (int)statement.Int64(0) : 0;
        }
        finally
        {
            statement.Reset();
        }
    }

    public List<byte[]> OrderKeys(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> end, int countMax, bool down = false)
    {
        string order = down ? "slot DESC" : "slot";
        Statement statement = Prepare(
            $"SELECT key FROM orders WHERE slot >= ?1 AND slot < ?2 ORDER BY {order} LIMIT ?3");
        List<byte[]> keys = [];
        try
        {
            statement.Bind(1, first).Bind(2, end).Bind(3, countMax);
            while (statement.Step())
            {
                keys.Add(statement.Blob(0).ToArray());
            }
        }
        finally
        {
            statement.Reset();
        }

        return keys;
    }

    /// <summary>A read transaction: everything read inside is of one commit.</summary>
    public void BeginRead() => Execute("BEGIN");

    /// <summary>Never throws: it may stand in a finally, and nothing is lost by it.</summary>
    public void EndRead() => raw.sqlite3_exec(_connection, "COMMIT");

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _connection.Dispose();
    }

    public LedgerException Damaged(string what) => Damage(Path, what);

    public static LedgerException Damage(string path, string what) => new(
        $"ledger {path} is damaged: {what}; restore a backup, or start an empty ledger and"
        + " resynchronise from the clients' acks");

    private void Configure(LedgerSynchronous synchronous)
    {
        // The busy wait covers another process that only reads (outbox, redeem --dry-run).
        Sqlite.Check(_connection, raw.sqlite3_busy_timeout(_connection, 5000));
        Execute("PRAGMA trusted_schema = OFF");
        Execute("PRAGMA cell_size_check = ON");
        Execute("PRAGMA temp_store = MEMORY");
        Execute("PRAGMA wal_autocheckpoint = 0");
        Statement mode = new(_connection, "PRAGMA journal_mode = WAL");
        using (mode)
        {
            if (!mode.Step() || mode.Text(0) != "wal")
            {
                throw new LedgerException(
                    $"{Path}: SQLite does not offer WAL here; use a local file system");
            }
        }

        int level = synchronous == LedgerSynchronous.Full ? 2 : 0;
        Execute($"PRAGMA synchronous = {level}");
        if (Pragma("synchronous") != level)
        {
            throw new LedgerException($"{Path}: SQLite refuses synchronous = {level}");
        }
    }

    private void Transact(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            WriteState();
            Execute("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    private void Apply(in Change change)
    {
        string name = Tables.Name(change.Table);
        RemoveDigest(change);
        if (change.Body is null)
        {
            Run(Prepare($"DELETE FROM {name} WHERE key = ?1").Bind(1, change.Key));
            return;
        }

        UInt128 digest = RowDigest.Of(change.Table, change.Key, change.Slot, change.Body);
        Span<byte> bytes = stackalloc byte[RowDigest.Size];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, digest);
        if (change.Table == Table.Orders)
        {
            // Not REPLACE: that would silently remove another order that has the slot.
            Run(Prepare(
                "INSERT INTO orders (key, body, digest, slot) VALUES (?1, ?2, ?3, ?4)"
                + " ON CONFLICT (key) DO UPDATE SET body = excluded.body, digest = excluded.digest")
                .Bind(1, change.Key).Bind(2, change.Body).Bind(3, bytes).Bind(4, change.Slot));
        }
        else
        {
            Run(Prepare($"REPLACE INTO {name} (key, body, digest) VALUES (?1, ?2, ?3)")
                .Bind(1, change.Key).Bind(2, change.Body).Bind(3, bytes));
        }

        Sums.Add(change.Table, digest);
    }

    private void RemoveDigest(in Change change)
    {
        Statement statement = Prepare(
            $"SELECT digest FROM {Tables.Name(change.Table)} WHERE key = ?1");
        try
        {
            if (statement.Bind(1, change.Key).Step())
            {
                Sums.Remove(change.Table, ReadDigest(statement.Blob(0)));
            }
        }
        finally
        {
            statement.Reset();
        }
    }

    private void WriteState()
    {
        Sums.Commit++;
        byte[] body = new byte[TableSums.Size];
        Sums.Write(body);
        Run(Prepare("REPLACE INTO state (id, body) VALUES (0, ?1)").Bind(1, body));
    }

    private void RollBack()
    {
        // A failed statement may have rolled back already.
        if (raw.sqlite3_get_autocommit(_connection) == 0)
        {
            Execute("ROLLBACK");
        }

        ReadState();
    }

    private UInt128 CheckedDigest(Table table, Statement statement)
    {
        UInt128 computed = RowDigest.Of(
            table, statement.Blob(0), statement.Blob(1), statement.Blob(2));
        return computed == ReadDigest(statement.Blob(3))
            ? computed
            : throw Damaged(
                $"row {Convert.ToHexStringLower(statement.Blob(0))} of table"
                + $" {Tables.Name(table)} has a wrong digest");
    }

    private UInt128 ReadDigest(ReadOnlySpan<byte> bytes) => bytes.Length == RowDigest.Size
        ? BinaryPrimitives.ReadUInt128LittleEndian(bytes)
        : throw Damaged($"a digest of {bytes.Length} bytes");

    private Statement Prepare(string sql)
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
            while (statement.Step())
            {
            }
        }
        finally
        {
            statement.Reset();
        }
    }

    private void Execute(string sql) =>
        Sqlite.Check(_connection, raw.sqlite3_exec(_connection, sql));

    private long Pragma(string name) => Scalar("PRAGMA " + name);

    private long Scalar(string sql)
    {
        using Statement statement = new(_connection, sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }
}
