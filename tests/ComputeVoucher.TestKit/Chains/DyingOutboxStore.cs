using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>A store that forgets nothing and can die: at its Nth write, just before it or just
/// after it.</summary>
public sealed class DyingOutboxStore : IOutboxStore
{
    private readonly SortedDictionary<long, OutboxItem> _rows = [];
    private long _lastId;

    /// <summary>Writes until death; null never dies.</summary>
    public int? DiesAtWrite { get; set; }

    public bool DiesAfterWriting { get; set; }

    public int Writes { get; private set; }

    public ValueTask<OutboxItem> InsertAsync(OutboxItem item, CancellationToken cancel)
    {
        OutboxItem added = item with { Id = ++_lastId };
        Write(added);
        return new ValueTask<OutboxItem>(added);
    }

    public ValueTask UpdateAsync(OutboxItem item, CancellationToken cancel)
    {
        Check(_rows[item.Id], item);
        Write(item);
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(long id, CancellationToken cancel)
    {
        Assert.False(_rows[id].IsOpen);
        _rows.Remove(id);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<OutboxItem> List() => [.. _rows.Values];

    /// <summary>What must hold after every write of every test.</summary>
    private void Check(OutboxItem before, OutboxItem after)
    {
        // Bytes once signed are never forgotten while their nonce may still be used.
        if (after.Nonce is ulong nonce && before.Nonce == nonce)
        {
            Assert.True(after.Attempts.Count >= before.Attempts.Count, "an attempt was forgotten");
        }

        Assert.False(before.State == OutboxState.Final, "a final row was changed");
        foreach (OutboxItem other in _rows.Values)
        {
            bool isClash = other.Id != after.Id && other.Nonce is not null
                && other.Nonce == after.Nonce && after.State != OutboxState.Intent;
            Assert.False(isClash, $"two rows of nonce {after.Nonce}");
        }
    }

    private void Write(OutboxItem item)
    {
        // Through bytes, as the ledger does.
        OutboxItem read = OutboxRow.Decode(item.Id, item.From, OutboxRow.Encode(item));
        Assert.Equal(item.Request.Data, read.Request.Data);
        Assert.Equal(item.Request with { Data = [] }, read.Request with { Data = [] });
        bool dies = ++Writes == DiesAtWrite;
        if (!dies || DiesAfterWriting)
        {
            _rows[item.Id] = item with { Note = null };
        }

        if (dies)
        {
            throw new KilledException();
        }
    }
}
