using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using ComputeVoucher.Ledger;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Storage;
using SQLitePCL;

namespace ComputeVoucher.TestKit;

/// <summary>
/// The writer of ledgers of schema 1, frozen: the product only reads them. A golden file of the
/// program that wrote them last proves it.
/// </summary>
public static class SchemaOneFile
{
    public const string Name = "ledger.db";
    public const string BackupName = "ledger.db.schema1";

    /// <summary>Rows of one transaction: several leave a log of several commits.</summary>
    private const int TransactionRows = 40;

    /// <summary>Tables in the order of their numbers, which begin at 1.</summary>
    private static readonly string[] s_tables =
    [
        "settings", "orders", "inputs", "conflicts", "accepts", "cancels", "receipts", "acks",
        "releases", "channels", "outbox",
    ];

    /// <summary>What created the file, statement by statement.</summary>
    public static IEnumerable<string> Schema
    {
        get
        {
            foreach (string table in s_tables)
            {
                string slot = table == "orders" ? "slot BLOB NOT NULL UNIQUE, " : "";
                string tail = table == "inputs" ? "" : " WITHOUT ROWID";
                yield return $"CREATE TABLE {table} (key BLOB PRIMARY KEY NOT NULL, {slot}"
                    + $"body BLOB NOT NULL, digest BLOB NOT NULL){tail}";
            }

            yield return "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 0),"
                + " body BLOB NOT NULL)";
        }
    }

    /// <summary>A ledger and its mark, in an existing directory.</summary>
    /// <param name="directory">An existing directory.</param>
    /// <param name="rows">What it holds.</param>
    /// <param name="closed">False: as a crash leaves it, with the rows in its log.</param>
    public static void Write(
        string directory, IReadOnlyList<SchemaOneRow> rows, bool closed = true)
    {
        string made = directory + ".made";
        Directory.CreateDirectory(made);
        ulong commit = 1;
        Posix.CreatePrivate(Path.Combine(made, Name));
        using (sqlite3 connection = Sqlite.OpenExisting(Path.Combine(made, Name)))
        {
            Run(connection, "PRAGMA journal_mode = WAL");
            Run(connection, "PRAGMA wal_autocheckpoint = 0");
            Run(connection, "BEGIN");
            foreach (string sql in Schema)
            {
                Run(connection, sql);
            }

            Run(connection, $"PRAGMA application_id = {0x43564C44}");
            Run(connection, "PRAGMA user_version = 1");
            PutState(connection, State([], commit));
            Run(connection, "COMMIT");
            List<SchemaOneRow> written = [];
            foreach (SchemaOneRow[] some in rows.Chunk(TransactionRows))
            {
                Run(connection, "BEGIN");
                Array.ForEach(some, row => Put(connection, row));
                written.AddRange(some);
                PutState(connection, State(written, ++commit));
                Run(connection, "COMMIT");
            }

            if (!closed)
            {
                Copy(made, directory, Name);
                Copy(made, directory, Name + "-wal");
            }
        }

        if (closed)
        {
            Copy(made, directory, Name);
        }

        using DurableMark mark = DurableMark.Create(directory);
        mark.Write(commit);
        Directory.Delete(made, recursive: true);
    }

    /// <summary>Rows of a ledger of today, but for the outbox's, which schema 1 had otherwise.
    /// </summary>
    public static List<SchemaOneRow> RowsOf(string directory)
    {
        List<SchemaOneRow> rows = [];
        using sqlite3 connection = Sqlite.OpenExisting(Path.Combine(directory, Name));
        foreach (string table in s_tables[..^1])
        {
            Read(connection, table, rows, withDigest: false);
        }

        return rows;
    }

    /// <summary>
    /// Why a file is not the closed ledger of schema 1 with just these rows, their digests and
    /// their sums; null when it is.
    /// </summary>
    public static string? Differs(string path, IReadOnlyList<SchemaOneRow> rows)
    {
        if (!File.Exists(path))
        {
            return "it is missing";
        }

        using sqlite3 connection = Sqlite.OpenExisting(path);
        if (Version(connection) != 1)
        {
            return $"it has schema {Version(connection)}";
        }

        List<SchemaOneRow> found = [];
        foreach (string table in s_tables)
        {
            Read(connection, table, found, withDigest: true);
        }

        List<string> wanted = [.. rows.Select(r => r.Text)];
        List<string> there = [.. found.Select(r => r.Text)];
        wanted.Sort(StringComparer.Ordinal);
        there.Sort(StringComparer.Ordinal);
        if (!wanted.SequenceEqual(there))
        {
            return $"it has {there.Count} rows, {wanted.Count} wanted, or others";
        }

        using Statement state = new(connection, "SELECT body FROM state");
        return state.Step() && state.Blob(0)[8..].SequenceEqual(State(rows, 0).AsSpan(8))
            ? null
            : "its sums are others";
    }

    /// <summary>Puts the state row that other rows have: sums that do not fit.</summary>
    public static void PutStateOf(string directory, IReadOnlyList<SchemaOneRow> rows)
    {
        using sqlite3 connection = Sqlite.OpenExisting(Path.Combine(directory, Name));
        PutState(connection, State(rows, ulong.MaxValue));
    }

    /// <summary>The schema's number as the next opening sees it.</summary>
    public static long Version(string path)
    {
        using sqlite3 connection = Sqlite.OpenExisting(path);
        return Version(connection);
    }

    /// <summary>The outbox row of schema 1.</summary>
    public static SchemaOneRow Outbox(OutboxEntryV1 entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        MemoryStream body = new();
        body.WriteByte((byte)entry.State);
        body.WriteByte((byte)entry.Kind.Length);
        body.Write(entry.From.ToArray());
        body.WriteByte(entry.Nonce is null ? (byte)0 : (byte)1);
        body.Write(Big(entry.Nonce ?? 0, 8));
        body.Write(Big(entry.MinedBlock, 8));
        body.Write(entry.MinedBlockHash.Span);
        body.Write(entry.MinedTxHash.Span);
        body.Write(Big(entry.CreatedAt, 8));
        body.Write(Big((ulong)entry.Intent.Length, 4));
        body.Write(Big((ulong)entry.Attempts.Count, 2));
        body.Write(Encoding.ASCII.GetBytes(entry.Kind));
        body.Write(entry.Intent.Span);
        foreach (OutboxAttemptV1 attempt in entry.Attempts)
        {
            body.Write(attempt.TxHash.Span);
            body.Write(Big((ulong)attempt.Raw.Length, 4));
            body.Write(attempt.Raw.Span);
        }

        return new SchemaOneRow("outbox", Big((ulong)entry.Id, 8), [], body.ToArray());
    }

    /// <summary>What stands in for the outbox's own reading of its old entries.</summary>
    public static OutboxEntry Convert(OutboxEntryV1 entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new OutboxEntry
        {
            Id = entry.Id,
            Request = new OutboxRequest
            {
                Kind = entry.Kind,
                To = null,
                Data = entry.Intent.ToArray(),
            },
            State = entry.State,
            From = entry.From,
            Attempts =
            [
                .. entry.Attempts.Select(
                    a => new OutboxAttempt(entry.Nonce ?? 0, 0, 0, 0, a.TxHash, a.Raw)),
            ],
            MinedBlock = entry.MinedBlock,
            MinedBlockHash = entry.MinedBlockHash,
            MinedTxHash = entry.MinedTxHash,
            CreatedAt = entry.CreatedAt,
        };
    }

    internal static Table Number(string table) => (Table)(Array.IndexOf(s_tables, table) + 1);

    private static byte[] State(IReadOnlyList<SchemaOneRow> rows, ulong commit)
    {
        const int tableBytes = 24;
        byte[] body = new byte[8 + s_tables.Length * tableBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(body, commit);
        foreach (SchemaOneRow row in rows)
        {
            Span<byte> at = body.AsSpan(8 + ((int)Number(row.Table) - 1) * tableBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(
                at, BinaryPrimitives.ReadUInt64LittleEndian(at) + 1);
            BinaryPrimitives.WriteUInt128LittleEndian(
                at[8..], unchecked(BinaryPrimitives.ReadUInt128LittleEndian(at[8..])
                    + BinaryPrimitives.ReadUInt128LittleEndian(row.Digest)));
        }

        return body;
    }

    private static void Put(sqlite3 connection, SchemaOneRow row)
    {
        bool slot = row.Table == "orders";
        using Statement insert = new(connection, $"INSERT INTO {row.Table} (key, body, digest"
            + (slot ? ", slot) VALUES (?1, ?2, ?3, ?4)" : ") VALUES (?1, ?2, ?3)"));
        insert.Bind(1, row.Key).Bind(2, row.Body).Bind(3, row.Digest);
        if (slot)
        {
            insert.Bind(4, row.Slot);
        }

        insert.Step();
    }

    private static void PutState(sqlite3 connection, byte[] body)
    {
        using Statement put = new(connection, "REPLACE INTO state (id, body) VALUES (0, ?1)");
        put.Bind(1, body).Step();
    }

    private static void Read(
        sqlite3 connection, string table, List<SchemaOneRow> rows, bool withDigest)
    {
        string slot = table == "orders" ? "slot" : "x''";
        using Statement read = new(connection, $"SELECT key, {slot}, body, digest FROM {table}");
        while (read.Step())
        {
            SchemaOneRow row = new(
                table, read.Blob(0).ToArray(), read.Blob(1).ToArray(), read.Blob(2).ToArray());
            rows.Add(withDigest ? row with { Digest = read.Blob(3).ToArray() } : row);
        }
    }

    private static long Version(sqlite3 connection)
    {
        using Statement read = new(connection, "PRAGMA user_version");
        return read.Step() ? read.Int64(0) : 0;
    }

    private static void Run(sqlite3 connection, string sql)
    {
        using Statement statement = new(connection, sql);
        while (statement.Step())
        {
        }
    }

    private static void Copy(string from, string to, string name) =>
        File.Copy(Path.Combine(from, name), Path.Combine(to, name));

    private static byte[] Big(ulong value, int bytes)
    {
        byte[] all = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(all, value);
        return all[(8 - bytes)..];
    }
}

/// <summary>A row of schema 1.</summary>
/// <param name="Table">Name of its table.</param>
/// <param name="Key">Its key.</param>
/// <param name="Slot">Second key of orders; empty elsewhere.</param>
/// <param name="Body">Its body.</param>
public sealed record SchemaOneRow(string Table, byte[] Key, byte[] Slot, byte[] Body)
{
    /// <summary>16 bytes: what belongs to the row, unless a test says otherwise.</summary>
    public byte[] Digest { get; init; } = Own(Table, Key, Slot, Body);

    /// <summary>One line: table, key, slot, body and digest in hex, a dash for nothing.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"{Table} {Hex(Key)} {Hex(Slot)} {Hex(Body)} {Hex(Digest)}");

    private static byte[] Own(string table, byte[] key, byte[] slot, byte[] body)
    {
        byte[] digest = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(
            digest, SchemaOneDigest.Of(SchemaOneFile.Number(table), key, slot, body));
        return digest;
    }

    private static string Hex(byte[] bytes) =>
        bytes.Length == 0 ? "-" : System.Convert.ToHexStringLower(bytes);
}
