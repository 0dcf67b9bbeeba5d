using System;
using System.Collections.Generic;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>One row of a table; the slot is empty for all tables but the orders.</summary>
internal delegate void RowReader(
    ReadOnlySpan<byte> key, ReadOnlySpan<byte> slot, ReadOnlySpan<byte> body);

/// <summary>The rows of one commit, all of them: what memory is loaded from.</summary>
internal interface ILedgerRows : IDisposable
{
    string Path { get; }

    TableSums Sums { get; }

    void BeginRead();

    void EndRead();

    void ReadState();

    void ReadAll(Table table, RowReader? reader);

    /// <summary>Bytes of a row's body, which is not read; 0 when absent. Also while all rows of
    /// another table are read.</summary>
    int BodyBytes(Table table, ReadOnlySpan<byte> key);

    LedgerException Damaged(string what);
}

/// <summary>
/// What the ledger asks of the place where its rows are durable: <see cref="Database"/>, which
/// says what each member does, or memory in a simulation. Not thread safe.
/// </summary>
internal interface ILedgerDisk : ILedgerRows
{
    void Commit(List<Change> changes);

    void Checkpoint();

    byte[]? Get(Table table, ReadOnlySpan<byte> key);

    /// <summary>Keys of orders with first ≤ slot &lt; end, by slot, or from the highest down.
    /// </summary>
    List<byte[]> OrderKeys(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> end, int countMax, bool down = false);
}
