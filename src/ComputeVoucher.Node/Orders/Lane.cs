using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// Jobs in the order in which they would end if all channels were served at once, each at a rate
/// of the units that it has locked (self-clocked fair queueing, Golestani 1994). Not thread safe.
/// </summary>
/// <param name="capacity">Places.</param>
internal sealed class Lane(int capacity)
{
    private readonly PriorityQueue<Job, (UInt128 End, long Arrival)> _jobs = new();
    private readonly Dictionary<Bytes32, (UInt128 End, int Waiting)> _channels = [];
    private UInt128 _now;
    private long _arrivals;

    /// <summary>Jobs that wait.</summary>
    public int Count => _jobs.Count;

    /// <summary>Places that are taken: by jobs that wait or run, and by who will bring one.
    /// </summary>
    public int Taken { get; set; }

    public bool TryTake()
    {
        if (Taken >= capacity)
        {
            return false;
        }

        Taken++;
        return true;
    }

    public void Add(Job job)
    {
        (UInt128 end, int waiting) = _channels.GetValueOrDefault(job.Channel);
        end = UInt128.Max(_now, end) + job.Share;
        _channels[job.Channel] = (end, waiting + 1);
        _jobs.Enqueue(job, (end, _arrivals++));
    }

    /// <summary>One waits.</summary>
    public Job Next()
    {
        _jobs.TryDequeue(out Job? job, out (UInt128 End, long Arrival) at);
        _now = at.End;
        (UInt128 end, int waiting) = _channels[job!.Channel];
        if (waiting == 1)
        {
            // Its last end is now: whoever comes back begins where all others are.
            _channels.Remove(job.Channel);
        }
        else
        {
            _channels[job.Channel] = (end, waiting - 1);
        }

        return job;
    }
}
