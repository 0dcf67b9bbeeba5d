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
    public async ValueTask<OutboxItem> InsertAsync(OutboxItem item, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(item);
        OutboxEntry added = _ledger.InsertOutbox(Entry(item with { Id = 0 }), out Task durable);
        await durable.ConfigureAwait(false);
        return item with { Id = added.Id };
    }

    /// <inheritdoc/>
    public async ValueTask UpdateAsync(OutboxItem item, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(item);
        await _ledger.UpdateOutbox(Entry(item)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(long id, CancellationToken cancel) =>
        await _ledger.DeleteOutbox(id).ConfigureAwait(false);

    /// <inheritdoc/>
    public IReadOnlyList<OutboxItem> List()
    {
        List<OutboxItem> items = [];
        foreach (OutboxEntry entry in _ledger.Outbox())
        {
            items.Add(Item(entry));
        }

        return items;
    }

    /// <summary>A ledger row as the outbox reads it.</summary>
    /// <exception cref="ChainException">The row's bytes are not the outbox's.</exception>
    public static OutboxItem Item(OutboxEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        OutboxItem item = OutboxRow.Decode(entry.Id, entry.From, entry.Intent.Span);
        return item with
        {
            State = entry.State,
            Nonce = entry.Nonce,
            Attempts = entry.Attempts,
            MinedBlock = entry.MinedBlock,
            MinedHash = entry.MinedBlockHash,
            MinedTx = entry.MinedTxHash,
            CreatedAt = entry.CreatedAt,
        };
    }

    private static OutboxEntry Entry(OutboxItem item) => new()
    {
        Id = item.Id,
        Kind = item.Request.Kind,
        Intent = OutboxRow.Encode(item),
        State = item.State,
        From = item.From,
        Nonce = item.Nonce,
        Attempts = item.Attempts,
        MinedBlock = item.MinedBlock,
        MinedBlockHash = item.MinedHash,
        MinedTxHash = item.MinedTx,
        CreatedAt = item.CreatedAt,
    };
}
