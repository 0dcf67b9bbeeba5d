using System;

namespace ComputeVoucher.Storage;

/// <summary>
/// SQLite said no. Full: the disk is full and the transaction is rolled back whole.
/// </summary>
public sealed class StorageException : Exception
{
    public StorageException(string message, int code, bool full)
        : base(message)
    {
        Code = code;
        IsFull = full;
    }

    /// <summary>Extended result code of SQLite.</summary>
    public int Code { get; }

    public bool IsFull { get; }
}
