using System;
using SQLitePCL;

namespace ComputeVoucher.Storage;

/// <summary>A prepared statement; errors come out as <see cref="StorageException"/>.</summary>
public sealed class Statement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;

    public Statement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Sqlite.Check(connection, raw.sqlite3_prepare_v2(connection, sql, out _statement));
    }

    public Statement Bind(int index, ReadOnlySpan<byte> value)
    {
        // An empty span may carry a null pointer, which SQLite would store as NULL.
        int code = value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, index, 0)
            : raw.sqlite3_bind_blob(_statement, index, value);
        Sqlite.Check(_connection, code);
        return this;
    }

    public Statement Bind(int index, long value)
    {
        Sqlite.Check(_connection, raw.sqlite3_bind_int64(_statement, index, value));
        return this;
    }

    /// <summary>True when a row is there; false at the end.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(_statement);
        if (code is raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return code == raw.SQLITE_ROW;
        }

        StorageException fault = Sqlite.Fault(_connection, code);
        raw.sqlite3_reset(_statement);
        throw fault;
    }

    /// <summary>The bytes live until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public long Int64(int column) => raw.sqlite3_column_int64(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>Ends the execution; must follow every use.</summary>
    public void Reset()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
    }

    public void Dispose() => _statement.Dispose();
}
