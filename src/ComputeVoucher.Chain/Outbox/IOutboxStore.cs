using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Chain;

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
