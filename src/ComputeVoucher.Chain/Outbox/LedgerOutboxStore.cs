using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>The outbox in the ledger.</summary>
public sealed class LedgerOutboxStore : IOutboxStore
{
    private readonly LedgerStore _ledger;

    public LedgerOutboxStore(LedgerStore ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        _ledger = ledger;
    }

    /// <inheritdoc/>
    public async ValueTask<OutboxEntry> InsertAsync(OutboxEntry entry, CancellationToken cancel)
    {
        OutboxEntry added = _ledger.InsertOutbox(entry, out Task durable);
        await durable.ConfigureAwait(false);
        return added;
    }

    /// <inheritdoc/>
    public async ValueTask UpdateAsync(OutboxEntry entry, CancellationToken cancel) =>
        await _ledger.UpdateOutbox(entry).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(long id, CancellationToken cancel) =>
        await _ledger.DeleteOutbox(id).ConfigureAwait(false);

    /// <inheritdoc/>
    public IReadOnlyList<OutboxEntry> List() => _ledger.Outbox();
}
