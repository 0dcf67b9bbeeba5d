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
internal sealed class Reruns<T>(Serving serving)
    where T : class
{
    /// <summary>Kept at once; the one that was not asked for longest goes first.</summary>
    private const int KeptMax = 128;

    /// <summary>A run that failed is tried again after this: a fault of the disk or of memory may
    /// have passed, and the time of a court has not.</summary>
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Bytes32 Order, string What), Slot> _slots = [];
    private long _asked;

    /// <summary>Null while it runs.</summary>
    /// <param name="what">The order.</param>
    /// <param name="name">What is made of it, to tell it from others.</param>
    /// <param name="run">Makes it, on a worker with its session of the model.</param>
    public T? TryGet(Rerun what, string name, Func<IModelSession, T> run)
    {
        Slot slot;
        lock (_gate)
        {
            (Bytes32, string) key = (what.OrderHash, name);
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
            session => End(slot, run(session)),
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
            foreach ((Bytes32 Order, string What) key
                in new List<(Bytes32, string)>(_slots.Keys))
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
            (Bytes32, string)? oldest = null;
            foreach (((Bytes32, string) key, Slot slot) in _slots)
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

    private void Remove((Bytes32, string) key)
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
