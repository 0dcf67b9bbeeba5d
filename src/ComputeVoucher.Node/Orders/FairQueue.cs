using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;

namespace ComputeVoucher.Node;

/// <summary>
/// Jobs that wait for a worker, bounded, in two lanes: what is paid for, and behind it what was
/// paid before and is asked again. In a lane channels take turns, each in proportion to the units
/// that it has locked: a channel costs little gas, so that a thousand of them must not weigh more
/// than the one whose units they share, and a client with a thousand orders delays one with a
/// single order by one order.
/// </summary>
internal sealed class FairQueue
{
    /// <summary>The lane behind is a quarter of the other: memory for who has paid before.
    /// </summary>
    private const int BehindPart = 4;

    /// <summary>One job in eight is from the lane behind where both wait, so that a full node
    /// still answers who lost a connection.</summary>
    private const int BehindTurn = 8;

    private readonly Lane _paid;
    private readonly Lane _behind;
    private readonly Queue<Job> _late = [];
    private readonly object _gate = new();
    private int _turn;
    private bool _closed;

    /// <param name="capacity">Places of paid work.</param>
    public FairQueue(int capacity) =>
        (_paid, _behind) = (new Lane(capacity), new Lane(Math.Max(1, capacity / BehindPart)));

    /// <summary>Jobs that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _paid.Count + _behind.Count + _late.Count;
            }
        }
    }

    /// <summary>Takes a place before anything is reserved; false when all are taken.</summary>
    public bool TryTakePlace(bool behind = false)
    {
        lock (_gate)
        {
            return !_closed && LaneOf(behind).TryTake();
        }
    }

    /// <summary>Gives back a place that was not used, or whose job is done.</summary>
    public void ReturnPlace(bool behind = false)
    {
        lock (_gate)
        {
            LaneOf(behind).Taken--;
            if (!behind && _late.Count > 0 && _paid.TryTake())
            {
                Add(_late.Dequeue());
            }
        }
    }

    /// <summary>The caller holds a place of the job's lane.</summary>
    public void Enqueue(Job job)
    {
        lock (_gate)
        {
            Add(job);
        }
    }

    /// <summary>Paid work of an earlier life: it takes a place as soon as there is one, before new
    /// orders do.</summary>
    public void EnqueueLate(Job job)
    {
        lock (_gate)
        {
            if (_paid.TryTake())
            {
                Add(job);
            }
            else
            {
                _late.Enqueue(job);
            }
        }
    }

    /// <summary>Waits for a job, if it may; false when there is none: after a wait, because the
    /// queue is closed.</summary>
    public bool TryDequeue([NotNullWhen(true)] out Job? job, bool wait = true)
    {
        lock (_gate)
        {
            while (_paid.Count + _behind.Count == 0)
            {
                if (_closed || !wait)
                {
                    job = null;
                    return false;
                }

                Monitor.Wait(_gate);
            }

            _turn = (_turn + 1) % BehindTurn;
            bool behind = _behind.Count > 0 && (_paid.Count == 0 || _turn == 0);
            job = LaneOf(behind).Next();
            return true;
        }
    }

    /// <summary>No new places; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private Lane LaneOf(bool behind) => behind ? _behind : _paid;

    private void Add(Job job)
    {
        LaneOf(job.IsBehind).Add(job);
        Monitor.Pulse(_gate);
    }
}
