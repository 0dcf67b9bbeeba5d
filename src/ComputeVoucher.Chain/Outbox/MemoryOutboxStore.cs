using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>
/// Rows of one command that waits for its transaction. A command that is killed meanwhile leaves
/// its outcome to the chain: look before repeating it. The node's own transactions are in the
/// ledger.
/// </summary>
public sealed class MemoryOutboxStore : IOutboxStore
{
    private readonly SortedDictionary<long, OutboxEntry> _rows = [];

    public ValueTask<OutboxEntry> InsertAsync(OutboxEntry entry, CancellationToken cancel)
    {
        OutboxEntry added = entry with { Id = _rows.Count + 1 };
        _rows[added.Id] = added;
        return ValueTask.FromResult(added);
    }

    public ValueTask UpdateAsync(OutboxEntry entry, CancellationToken cancel)
    {
        _rows[entry.Id] = entry;
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(long id, CancellationToken cancel)
    {
        _rows.Remove(id);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<OutboxEntry> List() => [.. _rows.Values];
}

/// <summary>Where the outbox is durable. Both writes complete only when the row is on the disk.
/// </summary>
public interface IOutboxStore
{
    /// <summary>Stores a new row and gives it its id; the Id of the argument is ignored.</summary>
    ValueTask<OutboxEntry> InsertAsync(OutboxEntry entry, CancellationToken cancel);

    ValueTask UpdateAsync(OutboxEntry entry, CancellationToken cancel);

    /// <summary>Forgets a row that is closed.</summary>
    ValueTask DeleteAsync(long id, CancellationToken cancel);

    /// <summary>All rows, oldest first, final ones included: their nonces are spent.</summary>
    IReadOnlyList<OutboxEntry> List();
}
