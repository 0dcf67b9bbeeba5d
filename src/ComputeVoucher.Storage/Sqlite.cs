using System;
using SQLitePCL;

namespace ComputeVoucher.Storage;

/// <summary>Result codes of SQLite, and the provider that is linked into the binary.</summary>
public static class Sqlite
{
    /// <summary>Of the library that is linked, as it says itself.</summary>
    public static string Version => raw.sqlite3_libversion().utf8_to_string();

    static Sqlite() => raw.SetProvider(new SQLite3Provider_sqlite3());

    /// <summary>Opens a connection that only its owner's thread uses at any one time, to a file
    /// that is there (<see cref="Posix.CreatePrivate"/>): SQLite goes by the umask for a new one.
    /// </summary>
    public static sqlite3 OpenExisting(string path) => Open(path, raw.SQLITE_OPEN_READWRITE);

    /// <summary>As above, without the right to write: a file that may be damaged, and the log
    /// beside it, stay as they are.</summary>
    public static sqlite3 OpenReadOnly(string path) => Open(path, raw.SQLITE_OPEN_READONLY);

    /// <summary>As above, and the logs beside it are not looked at: what stands in the file alone,
    /// which no other process may write meanwhile.</summary>
    public static sqlite3 OpenWithoutLog(string path)
    {
        string full = System.IO.Path.GetFullPath(path).Replace("%", "%25", StringComparison.Ordinal)
            .Replace("?", "%3f", StringComparison.Ordinal)
            .Replace("#", "%23", StringComparison.Ordinal);
        return Open(
            $"file://{full}?immutable=1", raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI);
    }

    private static sqlite3 Open(string path, int flags)
    {
        int code = raw.sqlite3_open_v2(
            path, out sqlite3 connection, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            StorageException fault = Fault(connection, code);
            connection.Dispose();
            throw fault;
        }

        raw.sqlite3_extended_result_codes(connection, 1);
        return connection;
    }

    public static void Check(sqlite3 connection, int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Fault(connection, code);
        }
    }

    public static StorageException Fault(sqlite3 connection, int code)
    {
        // The low byte is the primary code. Only SQLITE_FULL promises that nothing happened; a
        // failed fsync is an IOERR and leaves nobody knowing what is on the disk.
        bool full = (code & 0xFF) == raw.SQLITE_FULL;
        string text = raw.sqlite3_errmsg(connection).utf8_to_string();
        return new StorageException($"SQLite error {code}: {text}", code, full);
    }
}

/// <summary>
/// SQLite said no. Full: the disk is full and the transaction is rolled back whole.
/// </summary>
/// <param name="message">What it said.</param>
/// <param name="code">Its extended result code.</param>
/// <param name="full">The low byte of the code is SQLITE_FULL.</param>
public sealed class StorageException(string message, int code, bool full) : Exception(message)
{
    public int Code { get; } = code;

    public bool IsFull { get; } = full;
}
