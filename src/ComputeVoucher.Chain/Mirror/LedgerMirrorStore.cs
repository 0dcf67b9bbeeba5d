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

/// <summary>Where the mirror keeps its channels and its place in the chain. Tasks complete when
/// the write is durable; writes become durable in the order of the calls.</summary>
public interface IMirrorStore
{
    /// <summary>Every channel row.</summary>
    IReadOnlyList<ChannelRow> Channels();

    Task PutChannelAsync(ChannelRow row);

    /// <summary>Null before the first step.</summary>
    byte[]? Cursor();

    Task PutCursorAsync(ReadOnlyMemory<byte> cursor);
}
