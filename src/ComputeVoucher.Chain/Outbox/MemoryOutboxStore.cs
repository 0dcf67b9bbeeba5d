using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Chain;

/// <summary>
/// Rows of one command that waits for its transaction. A command that is killed meanwhile leaves
/// its outcome to the chain: look before repeating it. The node's own transactions are in the
/// ledger.
/// </summary>
public sealed class MemoryOutboxStore : IOutboxStore
{
    private readonly SortedDictionary<long, OutboxItem> _rows = [];

    public ValueTask<OutboxItem> InsertAsync(OutboxItem item, CancellationToken cancel)
    {
        OutboxItem added = item with { Id = _rows.Count + 1 };
        _rows[added.Id] = added;
        return ValueTask.FromResult(added);
    }

    public ValueTask UpdateAsync(OutboxItem item, CancellationToken cancel)
    {
        _rows[item.Id] = item;
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(long id, CancellationToken cancel)
    {
        _rows.Remove(id);
        return ValueTask.CompletedTask;
    }

    public IReadOnlyList<OutboxItem> List() => [.. _rows.Values];
}

/// <summary>Where the outbox is durable. Both writes complete only when the row is on the disk.
/// </summary>
public interface IOutboxStore
{
    /// <summary>Stores a new row and gives it its id; the Id of the argument is ignored.</summary>
    ValueTask<OutboxItem> InsertAsync(OutboxItem item, CancellationToken cancel);

    ValueTask UpdateAsync(OutboxItem item, CancellationToken cancel);

    /// <summary>Forgets a row that is closed.</summary>
    ValueTask DeleteAsync(long id, CancellationToken cancel);

    /// <summary>All rows, oldest first, final ones included: their nonces are spent.</summary>
    IReadOnlyList<OutboxItem> List();
}
