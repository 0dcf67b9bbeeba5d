using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// What came of running orders again, for whoever looks every few seconds: it starts what is asked
/// for the first time, on the workers, and keeps what came of it until it is forgotten.
/// </summary>
/// <param name="serving">Queues, clock and log.</param>
/// <param name="run">From the order and a worker's session of its model.</param>
internal sealed class Reruns<T>(Serving serving, Func<Rerun, IModelSession, T> run)
    where T : class
{
    /// <summary>Kept at once; the one that was not asked for longest goes first.</summary>
    private const int KeptMax = 128;

    /// <summary>A run that failed is tried again after this: a fault of the disk or of memory may
    /// have passed, and the time of a court has not.</summary>
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Bytes32 Order, uint Steps), Slot> _slots = [];
    private long _asked;

    /// <summary>Null while it runs.</summary>
    public T? TryGet(Rerun what)
    {
        Slot slot;
        lock (_gate)
        {
            (Bytes32, uint) key = (what.OrderHash, what.Steps);
            if (!_slots.TryGetValue(key, out Slot? found))
            {
                MakeRoom();
                _slots.Add(key, found = new Slot());
            }

            slot = found;
            slot.AskedAt = ++_asked;
            bool rests = slot.FailedAt is long at
                && serving.Time.GetElapsedTime(at) < s_retryAfter;
            if (slot.Value is not null || slot.IsRunning || rests)
            {
                return slot.Value;
            }

            slot.IsRunning = true;
        }

        serving.QueueOf(what.Model).EnqueueLate(new RerunJob(
            what,
            session => End(slot, run(what, session)),
            failure =>
            {
                serving.Log.OrderFailed(what.OrderHash, Failure.Describe(failure));
                End(slot, null);
            }));
        return null;
    }

    /// <summary>Nobody will ask for it again.</summary>
    public void Forget(in Bytes32 order)
    {
        lock (_gate)
        {
            foreach ((Bytes32 Order, uint Steps) key in new List<(Bytes32, uint)>(_slots.Keys))
            {
                if (key.Order == order && !_slots[key].IsRunning)
                {
                    Remove(key);
                }
            }
        }
    }

    private void End(Slot slot, T? value)
    {
        lock (_gate)
        {
            (slot.Value, slot.IsRunning) = (value, false);
            slot.FailedAt = value is null ? serving.Time.GetTimestamp() : null;
        }
    }

    private void MakeRoom()
    {
        while (_slots.Count >= KeptMax)
        {
            (Bytes32, uint)? oldest = null;
            foreach (((Bytes32, uint) key, Slot slot) in _slots)
            {
                bool isOlder = oldest is not { } other || slot.AskedAt < _slots[other].AskedAt;
                oldest = !slot.IsRunning && isOlder ? key : oldest;
            }

            if (oldest is not { } gone)
            {
                return;
            }

            Remove(gone);
        }
    }

    private void Remove((Bytes32, uint) key)
    {
        (_slots[key].Value as IDisposable)?.Dispose();
        _slots.Remove(key);
    }

    private sealed class Slot
    {
        public T? Value { get; set; }

        public bool IsRunning { get; set; }

        public long? FailedAt { get; set; }

        public long AskedAt { get; set; }
    }
}
