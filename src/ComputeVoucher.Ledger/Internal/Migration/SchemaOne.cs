using System;
using System.Buffers.Binary;
using ComputeVoucher.Storage;
using SQLitePCL;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// A ledger of schema 1, frozen: read by its own digests and handed on as rows of today. It is
/// opened without the right to write, so that a damaged one stays as it is.
/// </summary>
/// <remarks>
/// Tables, keys and the state row are those of schema 2 and are read by its code: whoever changes
/// them freezes them here first; the golden ledger of the tests sees it. Not thread safe.
/// </remarks>
internal sealed class SchemaOne : ILedgerRows
{
    private const int ApplicationId = 0x43564C44;
    private const int Version = 1;
    private const int DigestBytes = 16;

    private readonly sqlite3 _connection;
    private readonly Func<OutboxEntryV1, OutboxEntry>? _migrateOutbox;

    private SchemaOne(
        sqlite3 connection, string path, Func<OutboxEntryV1, OutboxEntry>? migrateOutbox)
    {
        _connection = connection;
        Path = path;
        _migrateOutbox = migrateOutbox;
    }

    public string Path { get; }

    public TableSums Sums { get; private set; } = new();

    /// <summary>Null for whatever is not a ledger of schema 1: others say what it is.</summary>
    /// <param name="path">An existing file.</param>
    /// <param name="migrateOutbox">Reads the outbox's rows; null refuses them.</param>
    public static SchemaOne? Open(
        string path, Func<OutboxEntryV1, OutboxEntry>? migrateOutbox)
    {
        SchemaOne? old = null;
        try
        {
            old = new SchemaOne(Sqlite.OpenReadOnly(path), path, migrateOutbox);
            if (old.Number("PRAGMA application_id") == ApplicationId
                && old.Number("PRAGMA user_version") == Version)
            {
                return old;
            }
        }
        catch (StorageException fault)
            when ((fault.Code & 0xFF) is not (raw.SQLITE_BUSY or raw.SQLITE_IOERR))
        {
            // No database, or one whose creation was cut: the opening of today's schema says so.
        }

        old?.Dispose();
        return null;
    }

    /// <summary>Structure of the file, indexes included.</summary>
    /// <exception cref="LedgerException">Damaged.</exception>
    public void CheckIntegrity()
    {
        using Statement statement = new(_connection, "PRAGMA integrity_check(1)");
        string text = statement.Step() ? statement.Text(0) : "no answer";
        if (text != "ok")
        {
            throw Damaged(text.ReplaceLineEndings(" "));
        }
    }

    public void BeginRead() => Execute("BEGIN");

    /// <summary>Never throws: it may stand in a finally, and nothing is lost by it.</summary>
    public void EndRead() => raw.sqlite3_exec(_connection, "COMMIT");

    public void ReadState()
    {
        using Statement statement = new(_connection, "SELECT body FROM state WHERE id = 0");
        if (!statement.Step() || statement.Blob(0).Length != TableSums.Size)
        {
            throw Damaged("the state row is missing or short");
        }

        Sums = TableSums.Read(statement.Blob(0));
    }

    /// <summary>Every row of a table, checked, as today's schema has it.</summary>
    /// <exception cref="LedgerException">Damaged, or outbox rows that nobody reads.</exception>
    public void ReadAll(Table table, RowReader? reader) =>
        ReadStored(table, (key, slot, body) => reader?.Invoke(
            key, slot, table == Table.Outbox ? Outbox(key, body) : body));

    /// <summary>Every row of a table, digests of schema 1 checked, count and sum compared with the
    /// state.</summary>
    /// <exception cref="LedgerException">Damaged.</exception>
    public void ReadStored(Table table, RowReader? reader)
    {
        TableSums found = new();
        string slot = table == Table.Orders ? "slot" : "x''";
        using Statement statement = new(_connection,
            $"SELECT key, {slot}, body, digest FROM {Tables.Name(table)} ORDER BY key");
        while (statement.Step())
        {
            UInt128 digest = SchemaOneDigest.Of(
                table, statement.Blob(0), statement.Blob(1), statement.Blob(2));
            if (statement.Blob(3).Length != DigestBytes
                || BinaryPrimitives.ReadUInt128LittleEndian(statement.Blob(3)) != digest)
            {
                throw Damaged(
                    $"row {Convert.ToHexStringLower(statement.Blob(0))} of table"
                    + $" {Tables.Name(table)} has a wrong digest");
            }

            found.Add(table, digest);
            reader?.Invoke(statement.Blob(0), statement.Blob(1), statement.Blob(2));
        }

        if (!found.Matches(table, Sums))
        {
            throw Damaged(
                $"table {Tables.Name(table)} has {found.Count(table)} rows, its sums say"
                + $" {Sums.Count(table)}");
        }
    }

    public int BodyBytes(Table table, ReadOnlySpan<byte> key)
    {
        using Statement statement = new(
            _connection, $"SELECT length(body) FROM {Tables.Name(table)} WHERE key = ?1");
        return statement.Bind(1, key).Step() ? (int)statement.Int64(0) : 0;
    }

    /// <summary>All of it in a new file, which is not synced yet.</summary>
    /// <param name="path">An empty file.</param>
    public void CopyInto(string path) =>
        Execute($"VACUUM INTO '{path.Replace("'", "''", StringComparison.Ordinal)}'");

    public LedgerException Damaged(string what) => Database.Damage(Path, what);

    public void Dispose() => _connection.Dispose();

    private byte[] Outbox(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body)
    {
        OutboxEntryV1 entry = SchemaOneOutbox.Read(key, body);
        return _migrateOutbox is null
            ? throw new LedgerException(
                $"ledger {Path} has schema 1 and holds outbox entry {entry.Id}, which nothing here"
                + " reads; let the program that wrote it finish its transactions first")
            : OutboxRows.Encode(_migrateOutbox(entry));
    }

    private void Execute(string sql) =>
        Sqlite.Check(_connection, raw.sqlite3_exec(_connection, sql));

    private long Number(string sql)
    {
        using Statement statement = new(_connection, sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }
}
