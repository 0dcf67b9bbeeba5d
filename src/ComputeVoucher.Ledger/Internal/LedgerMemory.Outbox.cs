using System;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Rows that the ledger keeps for others: outbox entries and settings.</summary>
internal sealed partial class LedgerMemory
{
    private const int SettingNameBytesMax = 64;
    private const int SettingValueBytesMax = 64 << 10;

    public IReadOnlyCollection<OutboxEntry> Outbox => _outbox.Values;

    public OutboxEntry InsertOutbox(OutboxEntry entry, Batch batch)
    {
        OutboxEntry added = entry with { Id = _nextOutboxId++ };
        PutOutbox(added, batch);
        return added;
    }

    /// <exception cref="ArgumentException">No entry has this id, or a part is too long.</exception>
    public void UpdateOutbox(OutboxEntry entry, Batch batch)
    {
        if (!_outbox.ContainsKey(entry.Id))
        {
            throw new ArgumentException($"no outbox entry {entry.Id}");
        }

        PutOutbox(entry, batch);
    }

    /// <exception cref="ArgumentException">The entry may still matter.</exception>
    public void DeleteOutbox(long id, Batch batch)
    {
        if (_outbox.TryGetValue(id, out OutboxEntry? entry)
            && entry.State is not (OutboxState.Final or OutboxState.Abandoned))
        {
            throw new ArgumentException($"outbox entry {id} is {entry.State}");
        }

        // The highest id stays, so that no id is given twice.
        if (entry is not null && id != _nextOutboxId - 1)
        {
            _outbox.Remove(id);
            batch.Add(new Change(Table.Outbox, OutboxRows.Key(id), null));
        }

        batch.Urgent = true;
    }

    public byte[]? Setting(string name) => _settings.GetValueOrDefault(name);

    /// <exception cref="ArgumentException">Name or value is too long.</exception>
    public void PutSetting(string name, ReadOnlySpan<byte> value, Batch batch)
    {
        bool fits = name.Length is > 0 and <= SettingNameBytesMax && Ascii.IsValid(name)
            && value.Length <= SettingValueBytesMax;
        Require(fits, $"setting {name} of {value.Length} bytes");
        byte[] bytes = value.ToArray();
        _settings[name] = bytes;
        batch.Add(new Change(Table.Settings, Encoding.ASCII.GetBytes(name), bytes));
        batch.Urgent = true;
    }

    private void PutOutbox(OutboxEntry entry, Batch batch)
    {
        Require(OutboxRows.Fits(entry), $"outbox entry {entry.Id} with a part that is too long");
        _outbox[entry.Id] = entry with { Note = null };
        batch.Add(new Change(Table.Outbox, OutboxRows.Key(entry.Id), OutboxRows.Encode(entry)));
        batch.Urgent = true;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException(what);
        }
    }
}
