using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Ledger.Internal;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>A store that forgets nothing and can die: at its Nth write, just before it or just
/// after it.</summary>
public sealed class DyingOutboxStore : IOutboxStore
{
    private readonly SortedDictionary<long, OutboxEntry> _rows = [];
    private long _lastId;

    /// <summary>Writes until death; null never dies.</summary>
    public int? DiesAtWrite { get; set; }

    public bool DiesAfterWriting { get; set; }

    public int Writes { get; private set; }

    public ValueTask<OutboxEntry> InsertAsync(OutboxEntry entry, CancellationToken cancel)
    {
        OutboxEntry added = entry with { Id = ++_lastId };
        Write(added);
        return new ValueTask<OutboxEntry>(added);
    }

    public ValueTask UpdateAsync(OutboxEntry entry, CancellationToken cancel)
    {
        Check(_rows[entry.Id], entry);
        Write(entry);
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(long id, CancellationToken cancel)
    {
        Assert.False(_rows[id].IsOpen);
        _rows.Remove(id);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<OutboxEntry> List() => [.. _rows.Values];

    /// <summary>What must hold after every write of every test.</summary>
    private void Check(OutboxEntry before, OutboxEntry after)
    {
        // Bytes once signed are never forgotten while their nonce may still be used.
        if (after.Nonce is ulong nonce && before.Nonce == nonce)
        {
            Assert.True(after.Attempts.Count >= before.Attempts.Count, "an attempt was forgotten");
        }

        Assert.False(before.State == OutboxState.Final, "a final row was changed");
        foreach (OutboxEntry other in _rows.Values)
        {
            bool isClash = other.Id != after.Id && other.Nonce is not null
                && other.Nonce == after.Nonce && after.State != OutboxState.Intent;
            Assert.False(isClash, $"two rows of nonce {after.Nonce}");
        }
    }

    private void Write(OutboxEntry entry)
    {
        // Through bytes, as the ledger does.
        byte[] row = OutboxRows.Encode(entry);
        OutboxEntry read = OutboxRows.Decode(OutboxRows.Key(entry.Id), row);
        Assert.True(OutboxRows.Fits(entry));
        Assert.Equal(row, OutboxRows.Encode(read));
        bool dies = ++Writes == DiesAtWrite;
        if (!dies || DiesAfterWriting)
        {
            _rows[entry.Id] = read;
        }

        if (dies)
        {
            throw new KilledException();
        }
    }
}
