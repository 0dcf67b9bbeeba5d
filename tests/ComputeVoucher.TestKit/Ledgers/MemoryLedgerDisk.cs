using System;
using System.Collections.Generic;
using ComputeVoucher.Ledger;
using ComputeVoucher.Ledger.Internal;

namespace ComputeVoucher.TestKit;

/// <summary>
/// Rows of a ledger that outlive it in this process: what was committed is there at the next
/// opening, what was not is lost, as with a file.
/// </summary>
public sealed class MemoryLedgerDisk : ILedgerDisk
{
    private readonly Dictionary<Table, SortedDictionary<byte[], Row>> _tables = [];
    private readonly TableSums _sums = new();

    public MemoryLedgerDisk()
    {
        Comparer<byte[]> byBytes = Comparer<byte[]>.Create(
            (a, b) => a.AsSpan().SequenceCompareTo(b));
        foreach (Table table in Tables.All)
        {
            _tables[table] = new SortedDictionary<byte[], Row>(byBytes);
        }
    }

    /// <summary>Commits so far.</summary>
    public ulong Commits => _sums.Commit;

    string ILedgerRows.Path => "in memory";

    TableSums ILedgerRows.Sums => _sums;

    void ILedgerDisk.Commit(List<Change> changes)
    {
        foreach (Change change in changes)
        {
            SortedDictionary<byte[], Row> rows = _tables[change.Table];
            if (rows.Remove(change.Key, out Row? before))
            {
                _sums.Remove(change.Table, before.Digest);
            }

            if (change.Body is { } body)
            {
                // As SQLite does: a row that is put again keeps the slot it was inserted with.
                byte[] slot = before?.Slot ?? change.Slot ?? [];
                Row row = new(slot, body, RowDigest.Of(change.Table, change.Key, slot, body));
                rows.Add(change.Key, row);
                _sums.Add(change.Table, row.Digest);
            }
        }

        _sums.Commit++;
    }

    void ILedgerDisk.Checkpoint()
    {
    }

    void ILedgerRows.ReadState()
    {
    }

    void ILedgerRows.ReadAll(Table table, RowReader? reader)
    {
        foreach ((byte[] key, Row row) in _tables[table])
        {
            reader?.Invoke(key, row.Slot, row.Body);
        }
    }

    byte[]? ILedgerDisk.Get(Table table, ReadOnlySpan<byte> key) =>
        _tables[table].TryGetValue(key.ToArray(), out Row? row) ? row.Body : null;

    int ILedgerRows.BodyBytes(Table table, ReadOnlySpan<byte> key) =>
        _tables[table].TryGetValue(key.ToArray(), out Row? row) ? row.Body.Length : 0;

    List<byte[]> ILedgerDisk.OrderKeys(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> end, int countMax, bool down)
    {
        List<(byte[] Slot, byte[] Key)> found = [];
        foreach ((byte[] key, Row row) in _tables[Table.Orders])
        {
            if (first.SequenceCompareTo(row.Slot) <= 0 && end.SequenceCompareTo(row.Slot) > 0)
            {
                found.Add((row.Slot, key));
            }
        }

        found.Sort((a, b) => a.Slot.AsSpan().SequenceCompareTo(b.Slot));
        if (down)
        {
            found.Reverse();
        }

        return found.ConvertAll(order => order.Key)[..Math.Min(found.Count, countMax)];
    }

    void ILedgerRows.BeginRead()
    {
    }

    void ILedgerRows.EndRead()
    {
    }

    LedgerException ILedgerRows.Damaged(string what) => new($"ledger in memory: {what}");

    /// <summary>Keeps the rows: the next ledger opens them.</summary>
    public void Dispose()
    {
    }

    private sealed record Row(byte[] Slot, byte[] Body, UInt128 Digest);
}
