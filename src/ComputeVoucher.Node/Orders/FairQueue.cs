using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// Orders that wait for a worker: bounded, and taken channel by channel in turn, so that a client
/// with a thousand orders delays one with a single order by one order.
/// </summary>
internal sealed class FairQueue
{
    private readonly Dictionary<Bytes32, Queue<Job>> _byChannel = [];
    private readonly LinkedList<Bytes32> _turns = [];
    private readonly object _gate = new();
    private readonly int _capacity;
    private int _count;
    private int _taken;
    private bool _closed;

    public FairQueue(int capacity) => _capacity = capacity;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Takes a place before anything is reserved; false when all are taken.</summary>
    public bool TryTakePlace()
    {
        lock (_gate)
        {
            if (_closed || _taken >= _capacity)
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    /// <summary>Gives back a place that was not used, or whose job is done.</summary>
    public void ReturnPlace()
    {
        lock (_gate)
        {
            _taken--;
        }
    }

    /// <summary>The caller holds a place.</summary>
    public void Enqueue(in Bytes32 channel, Job job)
    {
        lock (_gate)
        {
            if (!_byChannel.TryGetValue(channel, out Queue<Job>? jobs))
            {
                jobs = new Queue<Job>();
                _byChannel[channel] = jobs;
                _turns.AddLast(channel);
            }

            jobs.Enqueue(job);
            _count++;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for a job, if it may; false when there is none: after a wait, because the
    /// queue is closed.</summary>
    public bool TryDequeue([NotNullWhen(true)] out Job? job, bool wait = true)
    {
        lock (_gate)
        {
            while (_turns.First is null)
            {
                if (_closed || !wait)
                {
                    job = null;
                    return false;
                }

                Monitor.Wait(_gate);
            }

            Bytes32 channel = _turns.First.Value;
            _turns.RemoveFirst();
            Queue<Job> jobs = _byChannel[channel];
            job = jobs.Dequeue();
            _count--;
            if (jobs.Count > 0)
            {
                _turns.AddLast(channel);
            }
            else
            {
                _byChannel.Remove(channel);
            }

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
}
