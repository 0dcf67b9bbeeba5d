using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>The mirror in the ledger.</summary>
public sealed class LedgerMirrorStore : IMirrorStore
{
    private const string CursorName = "chain.mirror.cursor";

    private readonly LedgerStore _ledger;

    public LedgerMirrorStore(LedgerStore ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        _ledger = ledger;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChannelRow> Channels()
    {
        List<ChannelRow> rows = [];
        foreach (ChannelState channel in _ledger.Channels())
        {
            rows.Add(channel.Row);
        }

        return rows;
    }

    /// <inheritdoc/>
    public Task PutChannelAsync(ChannelRow row) => _ledger.PutChannel(row);

    /// <inheritdoc/>
    public byte[]? Cursor() => _ledger.Setting(CursorName);

    /// <inheritdoc/>
    public Task PutCursorAsync(ReadOnlyMemory<byte> cursor) =>
        _ledger.PutSetting(CursorName, cursor.Span);
}
