using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger;

/// <summary>The writer: one transaction and one fsync for all that came meanwhile.</summary>
public sealed partial class LedgerStore
{
    /// <summary>
    /// Longest rest of lazy changes, ms. 100: what a crash may make the node recompute.
    /// </summary>
    private const int LazyMsMax = 100;

    /// <summary>Lazy changes that are written without waiting for company.</summary>
    private const int LazyChangesMax = 512;

    private long _commits;
    private long _changes;
    private long _orders;
    private long _acks;
    private long _rollbacks;
    private long _sinceCheckpointBytes;

    /// <summary>One turn of the writer.</summary>
    private bool Write(bool wait)
    {
        Batch? batch = null;
        try
        {
            batch = TakeBatch(wait);
            if (batch is null)
            {
                return false;
            }

            CommitRows(batch);
            _mark?.Write(_database.Sums.Commit);
            Committed(batch);
            CheckpointIfDue(batch);
        }
        catch (StorageException fault) when (fault.IsFull && batch is not null)
        {
            DiskFull(batch, fault);
        }
        catch (Exception fault)
        {
            // Whatever it is: the disk or the program is in a state that nobody foresaw, and
            // whoever waits must be told.
            lock (_gate)
            {
                Fail(new LedgerException(
                    $"ledger {_database.Path}: {fault.Message}; nothing more is accepted:"
                    + " check the disk and restart",
                    fault));
                batch?.Fail(new LedgerException(Fault!));
            }
        }

        return true;
    }

    /// <summary>What the outbox stores may use the room that is kept for it; other work is then
    /// refused until that room is there again.</summary>
    private void CommitRows(Batch batch)
    {
        try
        {
            _database.Commit(batch.Changes);
        }
        catch (StorageException fault) when (fault.IsFull && _reserve is { IsHeld: true }
            && batch.Changes.Exists(change => change.Table == Table.Outbox))
        {
            _reserve.GiveUp();
            _database.Commit(batch.Changes);
            lock (_gate)
            {
                Status = LedgerStatus.Full;
                Fault = $"ledger {_database.Path}: {fault.Message}; transactions use the room "
                    + "kept for them; free some space";
            }
        }
    }

    /// <summary>
    /// The changes to write; null when there are none, after a wait because of the stop.
    /// </summary>
    private Batch? TakeBatch(bool wait)
    {
        lock (_gate)
        {
            _writing = null;
            while (wait && !_stop && !_open.Urgent && _open.Changes.Count < LazyChangesMax)
            {
                bool lazy = _open.Changes.Count > 0;
                if (!Monitor.Wait(_gate, lazy ? LazyMsMax : Timeout.Infinite) && lazy)
                {
                    break;
                }
            }

            bool empty = _open.Changes.Count == 0 && !_open.Urgent;
            if (((_stop || !wait) && empty) || Status == LedgerStatus.Failed)
            {
                return null;
            }

            _writing = _open;
            _open = new Batch();
            return _writing;
        }
    }

    private void Committed(Batch batch)
    {
        lock (_gate)
        {
            _commits++;
            _changes += batch.Changes.Count;
            _orders += batch.Orders;
            _acks += batch.Acks;
            if (Status == LedgerStatus.Full && HasReserve)
            {
                Status = LedgerStatus.Ready;
                Fault = null;
            }

            batch.Succeed();
            _memory.Forget(batch.Acked);
        }
    }

    /// <summary>Whether the room for transactions is kept, or was never to be had.</summary>
    private bool HasReserve =>
        _reserve is null || !_reserveWasHeld || _reserve.IsHeld || _reserve.TryTake();

    private void CheckpointIfDue(Batch batch)
    {
        _sinceCheckpointBytes += batch.Bytes;
        if (_sinceCheckpointBytes >= _options.CheckpointBytes)
        {
            _sinceCheckpointBytes = 0;
            _database.Checkpoint();
        }
    }

    /// <summary>
    /// The transaction is rolled back whole, so the disk has the state before it. Everything that
    /// memory did since is undone by reading that state again, and everybody who waits is told.
    /// </summary>
    private void DiskFull(Batch batch, StorageException fault)
    {
        LedgerException line = new(
            $"ledger {_database.Path}: {fault.Message}; free some space",
            RefusalReason.StorageFull);
        lock (_gate)
        {
            try
            {
                _memory = LedgerMemory.Load(_database, _options.Policy);
                _rollbacks++;
                Status = LedgerStatus.Full;
                Fault = line.Message;
            }
            catch (Exception second)
            {
                // On a thread of its own: whatever it is, nobody else catches it.
                Fail(new LedgerException($"{line.Message} ({second.Message})", second));
            }

            Batch open = _open;
            _open = new Batch();
            batch.Fail(line);
            open.Fail(line);
        }
    }

    /// <summary>Refuses everything from now on. The caller holds the gate.</summary>
    private void Fail(LedgerException fault)
    {
        if (Status is LedgerStatus.Failed or LedgerStatus.Closed)
        {
            return;
        }

        Status = LedgerStatus.Failed;
        Fault = fault.Message;
        Batch open = _open;
        _open = new Batch();
        open.Fail(fault);
        Monitor.Pulse(_gate);
    }

    /// <summary>Why no order is taken now. The caller holds the gate.</summary>
    private RefusalReason Unable(int inputBytes)
    {
        if (IsUnable(out _))
        {
            return _disposed ? RefusalReason.Draining : RefusalReason.StorageFailed;
        }

        if (Status == LedgerStatus.Full)
        {
            // Try whether there is room again; the next order will know.
            _open.Urgent = true;
            WakeIfUrgent();
            return RefusalReason.StorageFull;
        }

        long pending = _open.Bytes + (_writing?.Bytes ?? 0) + inputBytes;
        return pending <= _options.PendingBytesMax ? RefusalReason.None : RefusalReason.LedgerBusy;
    }

    /// <summary>Failed or closed, with the task that says so. The caller holds the gate.</summary>
    private bool IsUnable(out Task failed)
    {
        bool unable = _disposed || Status == LedgerStatus.Failed;
        failed = unable
            ? Task.FromException(_disposed ? Closed() : new LedgerException(Fault ?? "failed"))
            : Task.CompletedTask;
        return unable;
    }

    private Task Promise(Task? durable) =>
        durable is null ? Task.CompletedTask : _options.Scheduling.Promise(durable);

    private Task Queued(bool changed)
    {
        WakeIfUrgent();
        return changed ? Promise(_open.Durable) : Task.CompletedTask;
    }

    private void WakeIfUrgent()
    {
        if (_open.Urgent)
        {
            Monitor.Pulse(_gate);
        }
    }
}
